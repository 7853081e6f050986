package provision_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/core/directory"
	"handover/handler/rule/provision"
)

// slowRows takes a second for the row of a user, and notes what was answered.
type slowRows struct {
	*memory
	lock     sync.Mutex
	answered []string
}

func (s *slowRows) answer(what string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.answered = append(s.answered, what)
}

func (s *slowRows) User(ctx context.Context, tenant string, id directory.ID) (directory.User, error) {
	time.Sleep(time.Second)
	defer s.answer("row")
	return s.memory.User(ctx, tenant, id)
}

func (s *slowRows) GroupsOf(ctx context.Context, tenant string, member directory.ID) ([]directory.ID, error) {
	defer s.answer("groups")
	return s.memory.GroupsOf(ctx, tenant, member)
}

// TestReadsOfANearStore come after one another; those of one behind a network
// are made at the same time.
func TestReadsOfANearStore(t *testing.T) {
	for _, test := range []struct {
		name string
		near bool
		want []string
	}{
		{"near", true, []string{"row", "groups"}},
		{"behind a network", false, []string{"groups", "row"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				ann := d.user(t, "ann@acme.com")
				rows := &slowRows{memory: d.store}
				s := provision.New(provision.Config{Users: rows, Groups: rows, Near: test.near, Now: d.now, Random: rand.NewChaCha8([32]byte{1})})
				if found, err := s.User(t.Context(), d.Caller, ann.ID, true); err != nil || found.ID != ann.ID {
					t.Fatal(found.ID, err)
				}
				if !slices.Equal(rows.answered, test.want) {
					t.Errorf("answered %v, wanted %v", rows.answered, test.want)
				}
			})
		})
	}
}
