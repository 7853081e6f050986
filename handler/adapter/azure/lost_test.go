package azure_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"handover/handler/core/fault"
)

// The store finds out by the mark of its write what became of a transaction
// whose answer was lost: nothing happens twice, and nothing is reported wrong.
func TestStoreOverLostAnswers(t *testing.T) {
	var losses atomic.Int64
	transport := &losing{lose: func(req *http.Request) bool {
		return strings.HasSuffix(req.URL.Path, "$batch") && losses.Add(-1) >= 0
	}}
	d := newDesk(t, transport)
	lossy := func(what string, run func() error) {
		losses.Store(1)
		if err := run(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	lossy("create user", func() error { return d.create("ann") })
	lossy("create user again", func() error { return wanted(d.create("ann"), fault.Uniqueness) })
	ann := d.user("bob")
	lossy("change user", func() error { return d.patchUser(ann, "title", `"CEO"`, false) })
	lossy("deactivate", func() error { return d.patchUser(ann, "active", "false", false) })
	lossy("create group", func() error { return d.createGroup("sales", ann) })
	lossy("delete user", func() error { return d.DeleteUser(t.Context(), d.Caller, ann, nil) })
	if err := d.find("", 1, 100, 1); err != nil {
		t.Error(err)
	}
	counters, err := d.store.Counters(t.Context(), d.Tenant.ID)
	if err != nil || counters.Users != 1 || counters.Active != 1 || counters.Groups != 1 {
		t.Errorf("counters are %+v, error %v", counters, err)
	}
}
