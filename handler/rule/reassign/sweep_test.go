package reassign_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
)

// TestSweepCountsWhatIsOpen wants a leave to be counted by its state and age for
// as long as it is open, whether or not it is due.
func TestSweepCountsWhatIsOpen(t *testing.T) {
	sweep := func(t *testing.T, s *scene, want directory.Backlog) {
		t.Helper()
		swept, err := s.Sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, swept.Open); diff != "" {
			t.Errorf("open leaves (-want +got):\n%s", diff)
		}
	}
	one := func(state directory.LeaveState, age directory.Age) directory.Backlog {
		return directory.Backlog{{State: state, Age: age}: 1}
	}
	inBubble(t, "a message that nobody takes", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		sweep(t, s, one(directory.Queued, directory.Fresh))
		time.Sleep(6 * time.Minute)
		sweep(t, s, one(directory.Queued, directory.Minutes))
		drain(t, s.Service, s.ledger)
		sweep(t, s, directory.Backlog{})
	})
	inBubble(t, "nobody can receive", func(t *testing.T, s *scene) {
		for _, id := range []directory.ID{s.ann, s.bob, s.cid} {
			s.disable(id, 0, time.Now())
		}
		s.eveLeaves(t)
		m, _ := s.next()
		if _, err := s.Work(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			swept, err := s.Sweep(t.Context())
			if err != nil || swept.Open.In(directory.Blocked) != 1 {
				t.Errorf("%d blocked, %v; want the one on each sweep", swept.Open.In(directory.Blocked), err)
			}
			time.Sleep(20 * time.Minute)
		}
	})
}
