package reassign_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

// eveIsBack lets Eve leave, her ten records go, and Eve come back.
func (s *scene) eveIsBack(t *testing.T) {
	t.Helper()
	s.eveLeaves(t)
	drain(t, s.Service, s.ledger)
	wantState(t, s.ledger, s.leaveID, directory.Done)
	s.enable(s.eve)
}

func (s *scene) change(id string, change func(*directory.Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[id]
	change(&r)
	s.records[id] = r
}

// wantBack hands back and compares how many records returned and which did not.
func (s *scene) wantBack(t *testing.T, returned int, kept ...string) {
	t.Helper()
	back, err := s.HandBack(t.Context(), "operator", tenantID, s.leaveID)
	if err != nil {
		t.Fatal(err)
	}
	var stayed []string
	for _, r := range back.Kept {
		stayed = append(stayed, r.ID)
	}
	if diff := cmp.Diff(kept, stayed); diff != "" || len(back.Returned) != returned || back.Leave.State != directory.HandedBack {
		t.Errorf("%s, %d returned, wanted %d; kept (-want +got):\n%s", back.Leave.State, len(back.Returned), returned, diff)
	}
	wantState(t, s.ledger, s.leaveID, directory.HandedBack)
}

func TestHandBack(t *testing.T) {
	inBubble(t, "all of it, and asked once more", func(t *testing.T, s *scene) {
		s.own(s.ann, 2)
		s.eveIsBack(t)
		s.wantBack(t, 10)
		chunks := len(s.chunks)
		s.wantBack(t, 10)
		if s.openOf(s.eve) != 10 || s.openOf(s.ann) != 2 || len(s.chunks) != chunks {
			t.Errorf("eve %d, ann %d, %d chunks more", s.openOf(s.eve), s.openOf(s.ann), len(s.chunks)-chunks)
		}
	})
	inBubble(t, "of a leave that was stopped: the part that was moved", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.after = func() { s.enable(s.eve) }
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
		s.wantBack(t, 3)
		if s.openOf(s.eve) != 10 {
			t.Errorf("eve has %d", s.openOf(s.eve))
		}
	})
	inBubble(t, "to somebody who left again before the last chunk", func(t *testing.T, s *scene) {
		s.eveIsBack(t)
		other, second := newService(s.ledger, "p2"), directory.ID{}
		s.before = func() {
			s.before = func() {}
			second = s.disable(s.eve, 2, time.Now())
			drain(t, other, s.ledger) // her second leave finds nothing yet
		}
		_, _ = s.HandBack(t.Context(), "operator", tenantID, s.leaveID)
		wantState(t, s.ledger, second, directory.Done)
		drain(t, s.Service, s.ledger)
		if s.openOf(s.eve) != 0 || s.openOf(s.ann) != 10 {
			t.Errorf("eve %d, ann %d", s.openOf(s.eve), s.openOf(s.ann))
		}
	})
	inBubble(t, "what changed meanwhile is listed and left alone", func(t *testing.T, s *scene) {
		s.eveIsBack(t)
		s.change("0001", func(r *directory.Record) { r.Status = directory.RecordClosed })
		s.change("0004", func(r *directory.Record) { r.Owner = s.bob })
		delete(s.records, "0007")
		s.wantBack(t, 7, "0001", "0004", "0007")
		if s.openOf(s.eve) != 7 || s.openOf(s.bob) != 1 {
			t.Errorf("eve %d, bob %d", s.openOf(s.eve), s.openOf(s.bob))
		}
	})
	inBubble(t, "from two who received", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.after = func() {
			s.after = func() {}
			s.tenant.MasterAdmin = "bob"
		}
		drain(t, s.Service, s.ledger)
		s.enable(s.eve)
		s.wantBack(t, 10)
		if s.openOf(s.eve) != 10 || s.openOf(s.ann)+s.openOf(s.bob) != 0 {
			t.Errorf("eve %d, ann %d, bob %d", s.openOf(s.eve), s.openOf(s.ann), s.openOf(s.bob))
		}
	})
	inBubble(t, "whoever received is deleted, and what was not carried on returns", func(t *testing.T, s *scene) {
		s.eveIsBack(t)
		s.remove(s.ann)
		s.wantBack(t, 10)
	})
}

func TestHandBackCutOff(t *testing.T) {
	fromTwo := func(t *testing.T, s *scene) {
		t.Helper()
		s.eveLeaves(t)
		s.after = func() {
			s.after = func() {}
			s.tenant.MasterAdmin = "bob"
		}
		drain(t, s.Service, s.ledger)
		s.enable(s.eve)
	}
	inBubble(t, "killed after the first chunk: stopped by the sweep, and repeated", func(t *testing.T, s *scene) {
		fromTwo(t, s)
		s.after = func() { panic("killed") }
		func() {
			defer func() { _ = recover() }()
			_, _ = s.HandBack(t.Context(), "operator", tenantID, s.leaveID)
		}()
		s.after = func() {}
		wantState(t, s.ledger, s.leaveID, directory.HandingBack)
		if _, err := s.HandBack(t.Context(), "operator", tenantID, s.leaveID); !fault.Is(err, fault.IllegalMove) {
			t.Errorf("a second hand-back while the first has its claim: %v", err)
		}
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
		s.wantBack(t, 10)
	})
	inBubble(t, "killed, and repeated after the claim but before the sweep", func(t *testing.T, s *scene) {
		fromTwo(t, s)
		s.after = func() { panic("killed") }
		func() {
			defer func() { _ = recover() }()
			_, _ = s.HandBack(t.Context(), "operator", tenantID, s.leaveID)
		}()
		s.after = func() {}
		time.Sleep(s.Limits.Lease)
		s.wantBack(t, 10)
	})
	inBubble(t, "the connector fails: stopped at once, and repeated", func(t *testing.T, s *scene) {
		fromTwo(t, s)
		s.after = func() { s.trouble = fault.New(fault.Unavailable, "away") }
		if _, err := s.HandBack(t.Context(), "operator", tenantID, s.leaveID); !fault.Is(err, fault.Unavailable) {
			t.Errorf("wanted the connector's fault, got %v", err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
		s.trouble, s.after = nil, func() {}
		s.wantBack(t, 10)
	})
	inBubble(t, "the caller hangs up: stopped at once", func(t *testing.T, s *scene) {
		fromTwo(t, s)
		ctx, hangUp := context.WithCancel(t.Context())
		s.after = func() {
			hangUp()
			s.trouble = ctx.Err()
		}
		if _, err := s.HandBack(ctx, "operator", tenantID, s.leaveID); err == nil {
			t.Error("no error")
		}
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
	})
	inBubble(t, "it takes longer than a call may: goes on when repeated", func(t *testing.T, s *scene) {
		fromTwo(t, s)
		s.after = func() { time.Sleep(s.Limits.Run) }
		if _, err := s.HandBack(t.Context(), "operator", tenantID, s.leaveID); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%v", err)
		}
		s.after = func() {}
		s.wantBack(t, 10)
	})
	inBubble(t, "the user leaves again while records come back: a leave takes them on", func(t *testing.T, s *scene) {
		fromTwo(t, s)
		s.after = func() {
			s.after = func() {}
			s.disable(s.eve, 2, time.Now())
			drain(t, s.Service, s.ledger)
		}
		s.before = func() {}
		_, err := s.HandBack(t.Context(), "operator", tenantID, s.leaveID)
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%v", err)
		}
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Stopped)
		if s.openOf(s.eve) != 0 {
			t.Errorf("eve, who is disabled, has %d", s.openOf(s.eve))
		}
	})
}

func TestHandBackRefused(t *testing.T) {
	refused := func(t *testing.T, s *scene, code fault.Code) {
		t.Helper()
		before := s.leave(s.leaveID)
		if _, err := s.HandBack(t.Context(), "operator", tenantID, s.leaveID); !fault.Is(err, code) {
			t.Errorf("got %v, wanted %s", err, code)
		}
		if diff := cmp.Diff(before, s.leave(s.leaveID)); diff != "" {
			t.Errorf("the leave changed:\n%s", diff)
		}
	}
	inBubble(t, "the user is still disabled", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		drain(t, s.Service, s.ledger)
		refused(t, s, fault.Conflict)
	})
	inBubble(t, "the user is gone", func(t *testing.T, s *scene) {
		s.eveIsBack(t)
		s.remove(s.eve)
		refused(t, s, fault.Conflict)
	})
	inBubble(t, "the leave has not run", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		refused(t, s, fault.IllegalMove)
	})
	inBubble(t, "the leave was cancelled", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		s.enable(s.eve)
		drain(t, s.Service, s.ledger)
		refused(t, s, fault.IllegalMove)
	})
	inBubble(t, "there is no such leave", func(t *testing.T, s *scene) { refused(t, s, fault.NotFound) })
	inBubble(t, "the tenant is being deleted", func(t *testing.T, s *scene) {
		s.eveIsBack(t)
		s.tenant.Deleting = time.Now()
		refused(t, s, fault.Of(s.tenant.CheckOpen()).Code)
	})
}

func TestReplay(t *testing.T) {
	park := func(t *testing.T, s *scene) {
		t.Helper()
		s.eveLeaves(t)
		s.trouble = fault.New(fault.InvalidValue, "no such type")
		m, _ := s.next()
		if _, err := s.Work(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Parked)
		s.trouble = nil
	}
	replay := func(t *testing.T, s *scene, want directory.LeaveState) {
		t.Helper()
		if leave, err := s.Replay(t.Context(), "operator", tenantID, s.leaveID); err != nil || leave.State != want {
			t.Errorf("%s, %v; wanted %s", leave.State, err, want)
		}
	}
	inBubble(t, "parked: goes on with a clean slate", func(t *testing.T, s *scene) {
		park(t, s)
		replay(t, s, directory.Queued)
		if leave := s.leave(s.leaveID); leave.Failures != 0 || leave.Reason != "" || leave.Attempt != 2 || len(s.messages) != 1 {
			t.Errorf("%+v, %d messages", leave, len(s.messages))
		}
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
	inBubble(t, "blocked: at once, not when the sweep looks next", func(t *testing.T, s *scene) {
		s.tenant.MasterAdmin, s.tenant.Deputies = "dan", nil
		s.eveLeaves(t)
		m, _ := s.next()
		if _, err := s.Work(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		wantState(t, s.ledger, s.leaveID, directory.Blocked)
		s.tenant.MasterAdmin = "bob"
		replay(t, s, directory.Queued)
	})
	inBubble(t, "the queue is away: the sweep sends it", func(t *testing.T, s *scene) {
		park(t, s)
		s.deaf = true
		replay(t, s, directory.Queued)
		s.deaf = false
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Done)
	})
	inBubble(t, "the user is back: cancelled", func(t *testing.T, s *scene) {
		park(t, s)
		s.enable(s.eve)
		replay(t, s, directory.Cancelled)
	})
	inBubble(t, "neither parked nor blocked: refused", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		if _, err := s.Replay(t.Context(), "operator", tenantID, s.leaveID); !fault.Is(err, fault.IllegalMove) {
			t.Error(err)
		}
	})
}

func TestPreview(t *testing.T) {
	preview := func(t *testing.T, s *scene, want reassign.Preview) {
		t.Helper()
		version := s.version
		got, err := s.Preview(t.Context(), tenantID, s.eve)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, preview (-want +got):\n%s", err, diff)
		}
		if s.version != version || len(s.chunks) != 0 {
			t.Error("something was written")
		}
	}
	inBubble(t, "by type, to the Master Admin", func(t *testing.T, s *scene) {
		s.change("0003", func(r *directory.Record) { r.Type = "document" })
		s.change("0005", func(r *directory.Record) { r.Status = directory.RecordClosed })
		preview(t, s, reassign.Preview{
			User: directory.Person{ID: s.eve, UserName: "eve"}, Recipient: directory.Person{ID: s.ann, UserName: "Ann"},
			Types: []reassign.TypeCount{{Type: "document", Records: 1}, {Type: "quote", Records: 8}}, Records: 9,
		})
	})
	inBubble(t, "nobody could receive", func(t *testing.T, s *scene) {
		s.tenant.MasterAdmin, s.tenant.Deputies = "eve", nil
		preview(t, s, reassign.Preview{
			User: directory.Person{ID: s.eve, UserName: "eve"}, Types: []reassign.TypeCount{{Type: "quote", Records: 10}}, Records: 10,
		})
	})
	inBubble(t, "too many to count", func(t *testing.T, s *scene) {
		s.own(s.eve, 400)
		preview(t, s, reassign.Preview{
			User: directory.Person{ID: s.eve, UserName: "eve"}, Recipient: directory.Person{ID: s.ann, UserName: "Ann"},
			Types: []reassign.TypeCount{{Type: "quote", Records: 300}}, Records: 300, AtLeast: true,
		})
	})
	inBubble(t, "of a stranger, and in a tenant that cannot be", func(t *testing.T, s *scene) {
		if _, err := s.Preview(t.Context(), tenantID, directory.ID{15: 99}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
		if _, err := s.Preview(t.Context(), "No Tenant", s.eve); !fault.Is(err, fault.NotFound) {
			t.Errorf("no tenant: %v", err)
		}
	})
}
