package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// TestLostAnswers loses the answer of the one transaction of each change, which
// must not surface as a conflict or happen twice.
func TestLostAnswers(t *testing.T) {
	tests := []struct {
		name string
		run  func(w *world, u *directory.User, g *directory.Group) (etag string, err error)
	}{
		{"create user", func(w *world, _ *directory.User, _ *directory.Group) (string, error) {
			u := w.user("bob")
			u, err := w.CommitUser(w.Context(), tenant, directory.UserChange{After: &u})
			return u.ETag, err
		}},
		{"change user", func(w *world, u *directory.User, _ *directory.Group) (string, error) {
			after := *u
			after.UserName = "anna"
			after, err := w.CommitUser(w.Context(), tenant, directory.UserChange{Before: u, After: &after})
			return after.ETag, err
		}},
		{"disable user", func(w *world, u *directory.User, _ *directory.Group) (string, error) {
			after := *u
			after.Active = false
			after, err := w.CommitUser(w.Context(), tenant, directory.UserChange{Before: u, After: &after})
			return after.ETag, err
		}},
		{"delete user", func(w *world, u *directory.User, _ *directory.Group) (string, error) {
			_, err := w.CommitUser(w.Context(), tenant, directory.UserChange{Before: u})
			return "gone", err
		}},
		{"create group", func(w *world, u *directory.User, _ *directory.Group) (string, error) {
			return w.group("Board", u.ID).ETag, nil
		}},
		{"add member", func(w *world, u *directory.User, g *directory.Group) (string, error) {
			changed, err := w.changeMembers(*g, directory.MemberChange{Add: []directory.ID{u.ID}})
			return changed.ETag, err
		}},
		{"delete group", func(w *world, _ *directory.User, g *directory.Group) (string, error) {
			_, err := w.CommitGroup(w.Context(), tenant, directory.GroupChange{Before: g})
			return "gone", err
		}},
		{"touch", func(w *world, u *directory.User, _ *directory.Group) (string, error) {
			return "none", w.Touch(w.Context(), tenant, *u)
		}},
		{"put record", func(w *world, u *directory.User, _ *directory.Group) (string, error) {
			r := directory.Record{Type: "quote", ID: "1", Owner: u.ID, Status: directory.RecordOpen}
			return "none", w.PutRecord(w.Context(), tenant, r)
		}},
	}
	for _, test := range tests {
		for name, outcome := range map[string]tabletest.Outcome{"before": tabletest.FailBefore, "after": tabletest.FailAfter} {
			t.Run(test.name+" "+name, func(t *testing.T) {
				w := newWorld(t)
				u, g := w.create(w.user("ann")), w.group("Sales")
				w.Store = w.openOn(
					tabletest.Faulty(w.directory, tabletest.Nth(tabletest.Transact, 1, outcome)),
					tabletest.Faulty(w.records, tabletest.Nth(tabletest.Transact, 1, outcome)),
				)
				etag, err := test.run(w, &u, &g)
				if err != nil || etag == "" {
					t.Errorf("ETag %q, %v", etag, err)
				}
				w.sound()
			})
		}
	}
}

// A storage that never answers is given up on, after growing pauses.
func TestSilentStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		u := w.create(w.user("ann"))
		silent := func(c tabletest.Call) tabletest.Outcome {
			if c.Method == tabletest.Transact {
				return tabletest.FailBefore
			}
			return tabletest.Pass
		}
		s := w.openOn(tabletest.Faulty(w.directory, silent), w.records)
		renamed, disabled := u, u
		renamed.UserName, disabled.Active = "anna", false
		for _, after := range []directory.User{renamed, disabled} {
			w.directory.Take()
			if _, err := s.CommitUser(t.Context(), tenant, directory.UserChange{Before: &u, After: &after}); !fault.Is(err, fault.StorageUnknown) {
				t.Errorf("CommitUser: %v", err)
			}
		}
	})
}

// A caller who goes away does not take the batch of the others with him.
func TestCallerGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.create(w.user("warm"))
		waiting, proceed := make(chan bool), make(chan bool)
		s := w.openOn(tabletest.Faulty(w.directory, func(c tabletest.Call) tabletest.Outcome {
			if c.Method == tabletest.Transact && c.Number == 1 {
				waiting <- true
				<-proceed
			}
			return tabletest.Pass
		}), w.records)
		first, second := w.user("first"), w.user("second")
		done := make(chan error)
		go func() {
			_, err := s.CommitUser(t.Context(), tenant, directory.UserChange{After: &first})
			done <- err
		}()
		<-waiting
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := s.CommitUser(ctx, tenant, directory.UserChange{After: &second})
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller who left got %v", err)
		}
		proceed <- true
		if err := <-done; err != nil {
			t.Errorf("the caller who stayed got %v", err)
		}
		if _, err := w.UserByName(t.Context(), tenant, "second"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the withdrawn change happened: %v", err)
		}
		w.sound()
	})
}
