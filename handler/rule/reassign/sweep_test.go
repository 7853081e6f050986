package reassign_test

import (
	"context"
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

// unread is a journal that is not to be read.
type unread struct {
	*ledger
	*testing.T
}

func (u unread) Progress(context.Context, string, directory.ID) (p directory.Progress, _ error) {
	u.T.Error("the journal is read before anything can stand in it")
	return p, nil
}

// TestFirstAttemptReadsNoJournal spares each leave a range read.
func TestFirstAttemptReadsNoJournal(t *testing.T) {
	inBubble(t, "", func(t *testing.T, s *scene) {
		s.Journal = unread{s.ledger, t}
		s.eveLeaves(t)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
}

// TestMessagesThatNobodyTakes sends one again after a minute, and then each time
// after twice as long, up to the five minutes of a claim: where the queue is only
// long, messages must not make it longer still.
func TestMessagesThatNobodyTakes(t *testing.T) {
	inBubble(t, "for half an hour", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		began, sent := time.Now(), []int{}
		for range 30 {
			time.Sleep(time.Minute)
			before := len(s.messages)
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(s.messages) > before {
				sent = append(sent, int(time.Since(began).Minutes()))
			}
		}
		if diff := cmp.Diff([]int{1, 3, 7, 12, 17, 22, 27}, sent); diff != "" {
			t.Errorf("minutes after which a message was sent (-want +got):\n%s", diff)
		}
		drain(t, s.Service, s.ledger)
		if wantState(t, s.ledger, s.leaveID, directory.Done); s.openOf(s.ann) != 10 {
			t.Errorf("ann has %d", s.openOf(s.ann))
		}
	})
}
