package local

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// Duplicate detection forgets what has left the window.
func TestSendingForgets(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	file, err := Open(filepath.Join(t.TempDir(), "handover.db"), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	queue := file.Queue("leaves", QueueOptions{DuplicateWindow: time.Minute})
	for i := range 100 {
		if err := queue.Send(t.Context(), fmt.Sprint(i%30), nil); err != nil {
			t.Fatal(err)
		}
		now = now.Add(5 * time.Second)
	}
	err = file.db.View(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{seenBucket, orderBucket} {
			if n := subBucket(tx, queue.bucket, name).Stats().KeyN; n != 12 {
				t.Errorf("%s remembers %d ids, want the 12 of the last minute", name, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
