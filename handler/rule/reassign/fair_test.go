package reassign_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/core/directory"
	"handover/handler/rule/reassign"
)

// TestLargeLeaveGivesWay sends a leave of ten minutes and then fifty small ones.
// The large one yields when its time is up, and its next message stands behind
// theirs: however few the workers, nobody waits longer than that.
func TestLargeLeaveGivesWay(t *testing.T) {
	tests := []struct {
		name    string
		workers int
		// within is when the last of the small ones is done: 2 seconds each, after the
		// time of one attempt where there is nobody else to work.
		within time.Duration
	}{
		{"one worker", 1, 4*time.Minute + 50*2*time.Second},
		{"two workers", 2, 50 * 2 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene()
				s.before = func() { time.Sleep(time.Second) }
				s.own(s.eve, 3*600)
				s.eveLeaves(t)
				small := fiftyLeave(t, s)
				began := time.Now()
				var working sync.WaitGroup
				for i := range test.workers {
					working.Go(func() { workAll(t, newService(s.ledger, fmt.Sprint("p", i)), s.ledger) })
				}
				working.Wait()
				large := wantState(t, s.ledger, s.leaveID, directory.Done)
				for _, id := range small {
					leave := wantState(t, s.ledger, id, directory.Done)
					if took := leave.Changed.Sub(began); took > test.within+5*time.Second || !leave.Changed.Before(large.Changed) {
						t.Errorf("a small leave took %v, the large one %v", took, large.Changed.Sub(began))
					}
				}
				if large.Attempt < 3 || s.openOf(s.ann) != 3*600+10+50 {
					t.Errorf("the large leave took %d attempts; ann has %d records", large.Attempt, s.openOf(s.ann))
				}
			})
		})
	}
}

// fiftyLeave disables fifty users with one record each.
func fiftyLeave(t *testing.T, s *scene) (leaves []directory.ID) {
	t.Helper()
	for i := range byte(50) {
		user := s.add(10+i, fmt.Sprint("user", i))
		s.own(user, 1)
		leaves = append(leaves, s.disable(user, 10+i, time.Now()))
		if err := s.Service.Send(t.Context(), tenantID, leaves[i]); err != nil {
			t.Fatal(err)
		}
	}
	return leaves
}

// workAll takes messages until every leave is at an end.
func workAll(t *testing.T, s *reassign.Service, l *ledger) {
	for !l.allEnded() {
		m, ok := l.next()
		if !ok {
			time.Sleep(time.Second)
			continue
		}
		if _, err := s.Work(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
}

// allEnded tells whether no leave is left to do.
func (l *ledger) allEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, leave := range l.leaves {
		if !leave.State.Final() {
			return false
		}
	}
	return true
}
