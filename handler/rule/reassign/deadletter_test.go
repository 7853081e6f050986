package reassign_test

import (
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// giveUp lets the queue move the oldest message among the dead letters.
func (s *scene) giveUp(t *testing.T) directory.Message {
	t.Helper()
	m, ok := s.next()
	if !ok {
		t.Fatal("there is no message")
	}
	if err := s.DeadLettered(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func (s *scene) wantNoted(t *testing.T, want int) {
	t.Helper()
	noted := 0
	for _, a := range s.activities {
		if a.Kind == directory.MessageDeadLettered && a.Target == s.leaveID {
			noted++
		}
	}
	if noted != want {
		t.Errorf("%d dead letters in the history, wanted %d: %+v", noted, want, s.activities)
	}
}

func TestDeadLettered(t *testing.T) {
	inBubble(t, "the leave waits, and goes on", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.giveUp(t)
		leave := wantState(t, s.ledger, s.leaveID, directory.Waiting)
		if wait := time.Until(leave.Due); leave.Failures != 1 || leave.Code != fault.Unavailable || wait < 0 || wait > time.Minute {
			t.Errorf("%d failures, %s, due in %v", leave.Failures, leave.Code, wait)
		}
		if s.users[s.eve].LeaveState != directory.Waiting {
			t.Errorf("the user's row says %q", s.users[s.eve].LeaveState)
		}
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
		s.wantNoted(t, 1)
	})
	inBubble(t, "too often, and a person is asked", func(t *testing.T, s *scene) {
		s.Limits.Failures = 3
		s.eveLeaves(t)
		for range 3 {
			s.giveUp(t)
			time.Sleep(time.Hour)
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		leave := wantState(t, s.ledger, s.leaveID, directory.Parked)
		if leave.Reason == "" || leave.Failures != 3 {
			t.Errorf("%+v", leave)
		}
		s.wantNoted(t, 3)
	})
	inBubble(t, "whoever took it last is gone", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		again := s.messages[0]
		s.before = func() { panic("the process dies") }
		func() {
			defer func() { _ = recover() }()
			_, _ = s.Work(t.Context(), again)
		}()
		s.before = func() {}
		time.Sleep(s.Limits.Lease)
		s.giveUp(t)
		wantState(t, s.ledger, s.leaveID, directory.Waiting)
	})
}

// TestDeadLetterOfAnother are dead letters that change nothing but the history.
func TestDeadLetterOfAnother(t *testing.T) {
	inBubble(t, "of work that somebody does at this moment", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		again := s.messages[0]
		s.before = func() {
			before := s.ledger.leave(s.leaveID)
			if err := s.DeadLettered(t.Context(), again); err != nil {
				t.Error(err)
			}
			if after := s.ledger.leave(s.leaveID); after != before {
				t.Errorf("the leave was taken out of the hands it is in: %+v", after)
			}
		}
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
	inBubble(t, "of an attempt that is past", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		time.Sleep(2 * s.Limits.Resend)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.giveUp(t)
		if leave := wantState(t, s.ledger, s.leaveID, directory.Queued); leave.Attempt != 2 {
			t.Errorf("attempt %d", leave.Attempt)
		}
		s.wantNoted(t, 1)
	})
	inBubble(t, "of a leave that is done", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		again := s.messages[0]
		drain(t, s.Service, s.ledger)
		if err := s.DeadLettered(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Done)
		s.wantNoted(t, 1)
	})
	inBubble(t, "of a leave that is nowhere", func(t *testing.T, s *scene) {
		nowhere := directory.ID{0: 1, 15: 9}.String()
		if err := s.DeadLettered(t.Context(), directory.Message{Tenant: tenantID, Leave: nowhere, Attempt: 1}); err != nil {
			t.Error(err)
		}
		err := s.DeadLettered(t.Context(), directory.Message{Tenant: tenantID, Leave: "x"})
		if !fault.Is(err, fault.MessageUnusable) {
			t.Errorf("said %v", err)
		}
	})
}
