package local

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Writes are synced, and nobody can ask for anything else.
func TestSyncIsOn(t *testing.T) {
	file, err := Open(filepath.Join(t.TempDir(), "handover.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if file.db.NoSync || file.db.NoGrowSync {
		t.Errorf("NoSync is %v, NoGrowSync is %v", file.db.NoSync, file.db.NoGrowSync)
	}
	for i := range reflect.TypeFor[Options]().NumField() {
		if name := reflect.TypeFor[Options]().Field(i).Name; strings.Contains(name, "Sync") || reflect.TypeFor[Options]().Field(i).Type.Kind() != reflect.Func {
			t.Errorf("option %s may switch syncing off", name)
		}
	}
}
