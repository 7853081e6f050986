package reassign_test

import (
	"context"
	"crypto/rand"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

func newService(l *ledger, process string) *reassign.Service {
	return &reassign.Service{
		Users: l, Leaves: l, Notices: l, Tenants: l, Connector: l, Journal: l, Queue: l,
		Now: time.Now, Random: rand.Reader, Process: process, Limits: reassign.LimitsWithin(10 * time.Minute),
		NoticeWritten: func(_ context.Context, _ string, leave directory.ID) { l.told = append(l.told, leave) },
	}
}

// drain works on messages and sweeps until nothing is left to do, letting the
// clock of the bubble run in between.
func drain(t *testing.T, s *reassign.Service, l *ledger) {
	t.Helper()
	for range 2000 {
		if m, ok := l.next(); ok {
			if _, err := s.Work(t.Context(), m); err != nil {
				t.Log("work:", err)
			}
			continue
		}
		if !l.hinted {
			return
		}
		time.Sleep(30 * time.Second)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Log("sweep:", err)
		}
	}
	t.Fatal("the work never ends")
}

func wantState(t *testing.T, l *ledger, leave directory.ID, want directory.LeaveState) directory.Leave {
	t.Helper()
	got := l.leave(leave)
	if got.State != want {
		t.Errorf("the leave is %q (%s %s), wanted %q", got.State, got.Code, got.Reason, want)
	}
	return got
}

// scene is a tenant with a Master Admin, two deputies and a leaver who owns ten
// open records.
type scene struct {
	*ledger
	*reassign.Service
	ann, bob, cid, eve, leaveID directory.ID
}

func newScene() *scene {
	l := newLedger()
	s := &scene{ledger: l, Service: newService(l, "p1")}
	s.ann, s.bob, s.cid, s.eve = l.add(1, "Ann"), l.add(2, "bob"), l.add(3, "cid"), l.add(4, "eve")
	l.own(s.eve, 10)
	return s
}

func (s *scene) eveLeaves(t *testing.T) {
	t.Helper()
	s.leaveID = s.disable(s.eve, 1, time.Now())
	if err := s.Service.Send(t.Context(), tenantID, s.leaveID); err != nil {
		t.Fatal(err)
	}
}

func inBubble(t *testing.T, name string, run func(*testing.T, *scene)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { run(t, newScene()) })
	})
}

func TestLeave(t *testing.T) {
	inBubble(t, "everything open goes to the Master Admin", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		drain(t, s.Service, s.ledger)
		leave := wantState(t, s.ledger, s.leaveID, directory.Done)
		if s.openOf(s.eve) != 0 || s.openOf(s.ann) != 10 || leave.Moved != 10 || len(s.chunks) != 4 {
			t.Errorf("eve %d, ann %d, moved %d, %d chunks", s.openOf(s.eve), s.openOf(s.ann), leave.Moved, len(s.chunks))
		}
		if s.users[s.eve].LeaveState != directory.Done {
			t.Errorf("the user's row says %q", s.users[s.eve].LeaveState)
		}
	})
	inBubble(t, "a message that comes twice does nothing", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		again := s.messages[0]
		drain(t, s.Service, s.ledger)
		outcome, err := s.Work(t.Context(), again)
		if err != nil || outcome != (reassign.Outcome{}) || len(s.chunks) != 4 {
			t.Errorf("%+v, %v, %d chunks", outcome, err, len(s.chunks))
		}
	})
	inBubble(t, "while one works, the second finds the claim", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		again, other := s.messages[0], newService(s.ledger, "p2")
		s.before = func() {
			if outcome, err := other.Work(t.Context(), again); err != nil || outcome.Moved != 0 {
				t.Errorf("the second worker: %+v, %v", outcome, err)
			}
		}
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
	inBubble(t, "the user is deleted", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.remove(s.eve)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
		if s.openOf(s.ann) != 10 {
			t.Errorf("ann has %d", s.openOf(s.ann))
		}
	})
	inBubble(t, "the message is lost", func(t *testing.T, s *scene) {
		s.deaf = true
		s.leaveID = s.disable(s.eve, 1, time.Now())
		if err := s.Service.Send(t.Context(), tenantID, s.leaveID); err == nil {
			t.Error("a queue that is away was not noticed")
		}
		s.deaf = false
		drain(t, s.Service, s.ledger)
		if leave := wantState(t, s.ledger, s.leaveID, directory.Done); leave.Attempt != 2 {
			t.Errorf("attempt %d, wanted 2", leave.Attempt)
		}
	})
	inBubble(t, "a leave that nobody ever sent", func(t *testing.T, s *scene) {
		s.leaveID = s.disable(s.eve, 1, time.Now())
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
}

func TestUserComesBack(t *testing.T) {
	inBubble(t, "before the work begins: cancelled", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.enable(s.eve)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Cancelled)
		if s.openOf(s.eve) != 10 {
			t.Errorf("eve keeps %d of 10", s.openOf(s.eve))
		}
	})
	inBubble(t, "in the middle: stopped after the chunk", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.after = func() { s.enable(s.eve) }
		drain(t, s.Service, s.ledger)
		leave := wantState(t, s.ledger, s.leaveID, directory.Stopped)
		if s.openOf(s.eve) != 7 || leave.Moved != 3 {
			t.Errorf("eve keeps %d, moved %d; wanted 7 and 3", s.openOf(s.eve), leave.Moved)
		}
	})
	inBubble(t, "and leaves again: the second leave carries on", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		var second directory.ID
		s.after = func() {
			s.after = func() {}
			s.enable(s.eve)
			second = s.disable(s.eve, 2, time.Now())
		}
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
		wantState(t, s.ledger, second, directory.Done)
		if s.openOf(s.ann) != 10 {
			t.Errorf("ann has %d of 10", s.openOf(s.ann))
		}
	})
	inBubble(t, "while it waits, with a part moved: stopped", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.after = func() { s.trouble = fault.New(fault.Unavailable, "away") }
		m, _ := s.next()
		if outcome, err := s.Work(t.Context(), m); err != nil || outcome.State != directory.Waiting {
			t.Fatalf("%+v, %v", outcome, err)
		}
		s.enable(s.eve)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
	})
	inBubble(t, "a claim and a reactivation exclude each other", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		m, _ := s.next()
		s.enable(s.eve)
		if outcome, err := s.Work(t.Context(), m); err != nil || outcome.Moved != 0 {
			t.Errorf("%+v, %v", outcome, err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Cancelled)
	})
}

// TestKilledAfterAChunk loses what a process knew beside the journal.
func TestKilledAfterAChunk(t *testing.T) {
	kill := func(t *testing.T, s *scene) {
		t.Helper()
		m, _ := s.next()
		s.after = func() { panic("killed") }
		func() {
			defer func() { _ = recover() }()
			_, _ = s.Work(t.Context(), m)
		}()
		s.after = func() {}
	}
	inBubble(t, "the user comes back after it was sent again: stopped, not cancelled", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		kill(t, s)
		time.Sleep(s.Limits.Lease)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Queued)
		s.enable(s.eve)
		drain(t, s.Service, s.ledger)
		if leave := wantState(t, s.ledger, s.leaveID, directory.Stopped); leave.Moved != 3 || leave.Recipient.ID != s.ann {
			t.Errorf("%d moved to %q", leave.Moved, leave.Recipient.UserName)
		}
	})
	inBubble(t, "it goes on: all that was moved is counted", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		kill(t, s)
		drain(t, s.Service, s.ledger)
		if leave := wantState(t, s.ledger, s.leaveID, directory.Done); leave.Moved != 10 {
			t.Errorf("%d moved", leave.Moved)
		}
	})
	inBubble(t, "whoever received it had left: a leave takes it on", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.before = func() {
			kill := s.after
			s.before, s.after = func() {}, func() {}
			defer func() { s.after = kill }()
			left := s.disable(s.ann, 9, time.Now())
			if _, err := newService(s.ledger, "p2").Work(t.Context(), directory.Message{Tenant: tenantID, Leave: left.String()}); err != nil {
				t.Error(err)
			}
			wantState(t, s.ledger, left, directory.Done)
		}
		kill(t, s)
		s.enable(s.eve)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
		if s.openOf(s.ann) != 0 || s.openOf(s.bob) != 3 {
			t.Errorf("ann, who has left, has %d; bob %d", s.openOf(s.ann), s.openOf(s.bob))
		}
	})
}

func TestRecipient(t *testing.T) {
	inBubble(t, "the Master Admin is disabled: the first active deputy", func(t *testing.T, s *scene) {
		s.disable(s.ann, 9, time.Now())
		s.remove(s.bob)
		s.eveLeaves(t)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
		if s.openOf(s.cid) != 10 {
			t.Errorf("cid has %d", s.openOf(s.cid))
		}
	})
	inBubble(t, "the Master Admin is the leaver", func(t *testing.T, s *scene) {
		s.own(s.ann, 4)
		leave := s.disable(s.ann, 9, time.Now())
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, leave, directory.Done)
		if s.openOf(s.bob) != 4 {
			t.Errorf("bob has %d", s.openOf(s.bob))
		}
	})
	inBubble(t, "nobody is left: blocked, and on by itself once somebody is", func(t *testing.T, s *scene) {
		for _, id := range []directory.ID{s.ann, s.bob, s.cid} {
			s.remove(id)
		}
		s.eveLeaves(t)
		m, _ := s.next()
		if _, err := s.Work(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if leave := wantState(t, s.ledger, s.leaveID, directory.Blocked); leave.Code != fault.NoRecipient || leave.Reason == "" {
			t.Errorf("no reason is given: %+v", leave)
		}
		for range 10 {
			time.Sleep(time.Minute)
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		wantState(t, s.ledger, s.leaveID, directory.Blocked)
		dan := s.add(7, "bob")
		drain(t, s.Service, s.ledger)
		if leave := wantState(t, s.ledger, s.leaveID, directory.Done); leave.Reason != "" {
			t.Errorf("a done leave still says %q", leave.Reason)
		}
		if s.openOf(dan) != 10 {
			t.Errorf("the new deputy has %d", s.openOf(dan))
		}
	})
	inBubble(t, "the recipient leaves while records are on their way", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.after = func() {
			s.after = func() {}
			s.disable(s.ann, 9, time.Now())
			leave := s.leaves[directory.ID{0: 1, 15: 9}]
			leave.State, leave.Due, leave.ETag = directory.Done, time.Time{}, s.etag()
			s.leaves[leave.ID] = leave
			ann := s.users[s.ann]
			ann.LeaveState = directory.Done
			s.users[s.ann] = ann
		}
		drain(t, s.Service, s.ledger)
		if s.openOf(s.ann) != 0 || s.openOf(s.bob) != 10 {
			t.Errorf("ann %d, bob %d; wanted 0 and 10", s.openOf(s.ann), s.openOf(s.bob))
		}
	})
}

func TestTrouble(t *testing.T) {
	inBubble(t, "a fault that passes: waits, with growing delay, and goes on", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.trouble = fault.New(fault.Unavailable, "away").WithRetryAfter(10 * time.Second)
		m, _ := s.next()
		outcome, err := s.Work(t.Context(), m)
		if err != nil || outcome.State != directory.Waiting || outcome.Code != fault.Unavailable {
			t.Fatalf("%+v, %v", outcome, err)
		}
		if wait := time.Until(s.leave(s.leaveID).Due); wait < 10*time.Second {
			t.Errorf("waits %v, less than it was asked for", wait)
		}
		s.trouble = nil
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
	inBubble(t, "a fault for good: parked", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.trouble = fault.New(fault.InvalidValue, "no such type")
		m, _ := s.next()
		if outcome, err := s.Work(t.Context(), m); err != nil || outcome.State != directory.Parked {
			t.Fatalf("%+v, %v", outcome, err)
		}
	})
	inBubble(t, "too many failures: parked", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.trouble = fault.New(fault.Unavailable, "away")
		for s.leave(s.leaveID).State != directory.Parked {
			if m, ok := s.next(); ok {
				if _, err := s.Work(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(5 * time.Minute)
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.leave(s.leaveID).Attempt; got != s.Limits.Failures {
			t.Errorf("parked after %d attempts, wanted %d", got, s.Limits.Failures)
		}
	})
	inBubble(t, "a claim that expired is taken over", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		died := t.Context()
		m, _ := s.next()
		s.before = func() { panic("killed") }
		func() {
			defer func() { _ = recover() }()
			_, _ = s.Work(died, m)
		}()
		s.before = func() {}
		wantState(t, s.ledger, s.leaveID, directory.Running)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Running)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
	inBubble(t, "a process that knows it is alone need not wait for the claim", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		m, _ := s.next()
		s.before = func() { panic("killed") }
		func() {
			defer func() { _ = recover() }()
			_, _ = s.Work(t.Context(), m)
		}()
		s.before = func() {}
		reborn := newService(s.ledger, "p2")
		if _, err := reborn.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Queued)
	})
	inBubble(t, "it yields before its time is up, and goes on", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.after = func() { time.Sleep(3 * time.Minute) }
		drain(t, s.Service, s.ledger)
		leave := wantState(t, s.ledger, s.leaveID, directory.Done)
		if leave.Attempt < 2 || leave.Moved != 10 {
			t.Errorf("%d attempts moved %d", leave.Attempt, leave.Moved)
		}
	})
}

// TestRecordForADisabledOwner gives the leaver a record after the last look at
// the records and before the leave is done.
func TestRecordForADisabledOwner(t *testing.T) {
	inBubble(t, "while the leave runs", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		given := false
		s.after = func() {
			if s.openOf(s.eve) == 0 && !given {
				given = true
				s.own(s.eve, 1)
				if err := s.EnsureLeave(t.Context(), tenantID, directory.Person{ID: s.eve}); err != nil {
					t.Error(err)
				}
			}
		}
		drain(t, s.Service, s.ledger)
		if s.openOf(s.eve) != 0 || s.openOf(s.ann) != 11 {
			t.Errorf("eve %d, ann %d; wanted 0 and 11", s.openOf(s.eve), s.openOf(s.ann))
		}
	})
	inBubble(t, "after the leave was done", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		drain(t, s.Service, s.ledger)
		s.own(s.eve, 1)
		if err := s.EnsureLeave(t.Context(), tenantID, directory.Person{ID: s.eve}); err != nil {
			t.Fatal(err)
		}
		drain(t, s.Service, s.ledger)
		if s.openOf(s.eve) != 0 || len(s.leaves) != 2 {
			t.Errorf("eve %d open, %d leaves; wanted 0 and 2", s.openOf(s.eve), len(s.leaves))
		}
	})
	inBubble(t, "an active owner needs nothing", func(t *testing.T, s *scene) {
		if err := s.EnsureLeave(t.Context(), tenantID, directory.Person{ID: s.eve}); err != nil || len(s.leaves) != 0 {
			t.Errorf("%v, %d leaves", err, len(s.leaves))
		}
	})
}

func TestCourier(t *testing.T) {
	inBubble(t, "sends beside the request", func(t *testing.T, s *scene) {
		courier := reassign.NewCourier(s.Service.Send, func(err error) { t.Error(err) })
		go courier.Run(t.Context())
		s.leaveID = s.disable(s.eve, 1, time.Now())
		courier.Written(t.Context(), tenantID, s.leaveID)
		synctest.Wait()
		wantState(t, s.ledger, s.leaveID, directory.Queued)
	})
	inBubble(t, "goes on after a defect", func(t *testing.T, s *scene) {
		var sent []directory.ID
		var failures []error
		courier := reassign.NewCourier(func(_ context.Context, _ string, leave directory.ID) error {
			if leave == s.bob {
				panic("a defect")
			}
			sent = append(sent, leave)
			return nil
		}, func(err error) { failures = append(failures, err) })
		go courier.Run(t.Context())
		for _, leave := range []directory.ID{s.bob, s.eve} {
			courier.Written(t.Context(), tenantID, leave)
			synctest.Wait()
		}
		if len(sent) != 1 || sent[0] != s.eve || len(failures) != 1 || !fault.Is(failures[0], fault.Internal) {
			t.Errorf("sent %v, failures %v", sent, failures)
		}
	})
}
