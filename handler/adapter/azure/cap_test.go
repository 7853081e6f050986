package azure_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"handover/handler/adapter/store"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// TestCapIsExact creates 64 users at once, through three processes that share
// the tables: exactly as many as the cap allows are there in the end, and every
// other one is refused. Then the cap is raised, and the next tries pass.
func TestCapIsExact(t *testing.T) {
	d := newDesk(t, nil)
	const most, tries = 20, 64
	setCap(t, d, most)
	processes := make([]*store.Store, 3)
	for i := range processes {
		processes[i] = store.New(store.Config{Directory: d.directory, Records: d.records, Now: d.now, Random: rand.Reader})
	}
	var created, refused atomic.Int64
	var work sync.WaitGroup
	for i := range tries {
		work.Go(func() {
			switch err := createOn(t, processes[i%len(processes)], d, i); {
			case err == nil:
				created.Add(1)
			case fault.Is(err, fault.UserCapReached) && fault.UserCapReached.Status() == 403:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	work.Wait()
	if created.Load() != most || refused.Load() != tries-most {
		t.Errorf("%d created and %d refused, want %d and %d", created.Load(), refused.Load(), most, tries-most)
	}
	holds(t, d, most)
	setCap(t, d, most+1)
	for i, p := range processes {
		if err := createOn(t, p, d, tries+i); (err == nil) != (i == 0) {
			t.Errorf("after the cap was raised by one, try %d: %v", i+1, err)
		}
	}
	holds(t, d, most+1)
}

// setCap is what another process does meanwhile.
func setCap(t *testing.T, d *desk, most int64) {
	t.Helper()
	operator := store.New(store.Config{Directory: d.directory, Records: d.records, Now: d.now, Random: rand.Reader})
	before, err := operator.Tenant(t.Context(), d.Tenant.ID)
	d.must(err)
	_, err = operator.ChangeTenant(t.Context(), directory.TenantChange{Before: before, After: before, Cap: &most})
	d.must(err)
}

func createOn(t *testing.T, s *store.Store, d *desk, n int) error {
	id, err := directory.NewID(directory.SortUser, d.now(), rand.Reader)
	if err != nil {
		return err
	}
	_, err = s.CommitUser(t.Context(), d.Tenant.ID, directory.UserChange{
		After:    &directory.User{ID: id, UserName: fmt.Sprint("user-", n), Active: true, Version: 1, Created: d.now(), Modified: d.now(), Document: []byte("{}")},
		Activity: directory.Activity{At: d.now(), Kind: directory.UserCreated, Actor: "entra", Target: id},
	})
	return err
}

// holds counts the rows, and compares them with the counter.
func holds(t *testing.T, d *desk, active int64) {
	t.Helper()
	users, err := d.store.ListUsers(t.Context(), d.Tenant.ID, directory.ID{}, 1000)
	d.must(err)
	counters, err := d.store.Counters(t.Context(), d.Tenant.ID)
	d.must(err)
	if int64(len(users)) != active || counters.Active != active {
		t.Errorf("%d users are there and %d counted, want %d", len(users), counters.Active, active)
	}
}
