package reassign_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// connectorFunc is a connector in one function.
type connectorFunc func(directory.Move) (directory.Moved, error)

func (f connectorFunc) Move(_ context.Context, m directory.Move) (directory.Moved, error) {
	return f(m)
}

// TestApplication is what only an application of somebody else's does.
func TestApplication(t *testing.T) {
	for _, empty := range []bool{true, false} {
		inBubble(t, fmt.Sprint("a cursor that never ends, with empty answers ", empty), func(t *testing.T, s *scene) {
			s.Limits.Chunks = 50
			numbers := map[int]bool{}
			s.Connector = connectorFunc(func(m directory.Move) (directory.Moved, error) {
				numbers[m.Number] = true
				moved := directory.Moved{Cursor: "more"}
				if !empty {
					moved.Records = []directory.MovedRecord{{Type: "quote", ID: "1"}}
				}
				return moved, nil
			})
			s.eveLeaves(t)
			drainOnce(t, s)
			if leave := wantState(t, s.ledger, s.leaveID, directory.Parked); leave.Code != fault.ConnectorEndless {
				t.Errorf("%s", leave.Code)
			}
			if len(numbers) != 50 {
				t.Errorf("%d numbers for 50 calls", len(numbers))
			}
		})
	}
	inBubble(t, "a key that expired parks nobody", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.trouble = fault.New(fault.ConnectorRefused, "the key is wrong").WithRetryAfter(30 * time.Minute)
		for range s.Limits.Failures + 5 {
			drainOnce(t, s)
			leave := wantState(t, s.ledger, s.leaveID, directory.Waiting)
			if wait := time.Until(leave.Due); wait != 30*time.Minute || leave.Code != fault.ConnectorRefused {
				t.Fatalf("%s, waits %v", leave.Code, wait)
			}
			time.Sleep(30 * time.Minute)
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.trouble = nil
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
	inBubble(t, "an answer given again went to somebody who has left since", func(t *testing.T, s *scene) {
		s.remove(s.cid)
		s.eveLeaves(t)
		asked := false
		s.Connector = connectorFunc(func(m directory.Move) (directory.Moved, error) {
			moved, err := s.ledger.Move(t.Context(), m)
			if !asked {
				asked, moved.To = true, s.cid
			}
			return moved, err
		})
		drain(t, s.Service, s.ledger)
		if len(s.leaves) != 2 {
			t.Errorf("%d leaves, wanted one for the earlier recipient, too", len(s.leaves))
		}
	})
}

// drainOnce works on the one message that there is.
func drainOnce(t *testing.T, s *scene) {
	t.Helper()
	m, ok := s.next()
	if !ok {
		t.Fatal("there is no message")
	}
	if _, err := s.Work(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}
