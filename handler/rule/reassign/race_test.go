package reassign_test

import (
	"sync"
	"testing"
	"time"

	"handover/handler/core/directory"
)

// enableIf is a reactivation that commits if the row is still as it was read.
func (l *ledger) enableIf(read directory.User) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	user := l.users[read.ID]
	if user.ETag != read.ETag {
		return false
	}
	user.Active, user.ETag = true, l.etag()
	l.users[read.ID] = user
	return true
}

// TestClaimAgainstReactivation lets both go for the same version of the user's
// row, ten thousand times: exactly one wins, and what happens is the winner's.
func TestClaimAgainstReactivation(t *testing.T) {
	const races = 10_000
	reactivations := 0
	for i := range races {
		s := newScene()
		s.leaveID = s.disable(s.eve, 1, time.Now())
		if err := s.Service.Send(t.Context(), tenantID, s.leaveID); err != nil {
			t.Fatal(err)
		}
		m, _ := s.next()
		read, start := s.users[s.eve], make(chan struct{})
		var both sync.WaitGroup
		var reactivated bool
		both.Go(func() {
			<-start
			// The two commit at about the same time in one of these.
			for range i % 64 {
				_, _ = s.User(t.Context(), tenantID, s.ann)
			}
			reactivated = s.enableIf(read)
		})
		both.Go(func() {
			<-start
			if _, err := s.Work(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
		close(start)
		both.Wait()
		want, moved := directory.Done, 10
		if reactivated {
			want, moved = directory.Cancelled, 0
			reactivations++
		}
		if leave := wantState(t, s.ledger, s.leaveID, want); leave.Moved != moved || s.openOf(s.ann) != moved {
			t.Fatalf("race %d, reactivated %t: %d moved, ann has %d", i, reactivated, leave.Moved, s.openOf(s.ann))
		}
	}
	if reactivations == 0 || reactivations == races {
		t.Errorf("%d of %d races were won by the reactivation: they were none", reactivations, races)
	}
	t.Logf("the reactivation won %d of %d", reactivations, races)
}

// TestStandstill has a process stand still before a move for longer than its
// claim. The user comes back meanwhile, and another process ends the leave: when
// the first goes on, it must move nothing any more.
func TestStandstill(t *testing.T) {
	inBubble(t, "before the first chunk", func(t *testing.T, s *scene) { s.standStill(t, 0) })
	inBubble(t, "before the second", func(t *testing.T, s *scene) { s.standStill(t, 1) })
}

func (s *scene) standStill(t *testing.T, after int) {
	t.Helper()
	s.eveLeaves(t)
	moves, other := 0, newService(s.ledger, "p2")
	s.before = func() {
		if moves++; moves != after+1 {
			return
		}
		time.Sleep(s.Limits.Lease + time.Second)
		s.enable(s.eve)
		if _, err := other.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	}
	drainOnce(t, s)
	leave := wantState(t, s.ledger, s.leaveID, directory.Stopped)
	if moved := 3 * after; leave.Moved != moved || s.openOf(s.ann) != moved || s.openOf(s.eve) != 10-moved {
		t.Errorf("moved %d, ann has %d, eve %d", leave.Moved, s.openOf(s.ann), s.openOf(s.eve))
	}
}
