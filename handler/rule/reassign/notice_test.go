package reassign_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// watched is a scene whose tenant has a webhook.
func (s *scene) watched() {
	s.tenant.Webhook = directory.WebhookSetting{URL: "https://crm.example.com/events", Hidden: "k.secret"}
}

// wantNotices compares state and code of what was written, and that each of them
// was announced.
func (s *scene) wantNotices(t *testing.T, want ...directory.Notice) {
	t.Helper()
	var got []directory.Notice
	for _, n := range s.notices {
		if n.Leave != s.leaveID || n.Attempt == 0 || n.Due != n.At || n.At.IsZero() {
			t.Errorf("a notice without its leave, attempt or time: %+v", n)
		}
		got = append(got, directory.Notice{State: n.State, Code: n.Code})
	}
	if diff := cmp.Diff(want, got); diff != "" || len(s.told) != len(want) {
		t.Errorf("%d announced; notices (-wanted +written):\n%s", len(s.told), diff)
	}
}

func TestNotices(t *testing.T) {
	inBubble(t, "done", func(t *testing.T, s *scene) {
		s.watched()
		s.eveLeaves(t)
		drainOnce(t, s)
		s.wantNotices(t, directory.Notice{State: directory.Done})
	})
	inBubble(t, "blocked, and then done", func(t *testing.T, s *scene) {
		s.watched()
		s.tenant.MasterAdmin, s.tenant.Deputies = "nobody", nil
		s.eveLeaves(t)
		drainOnce(t, s)
		for range 3 {
			time.Sleep(time.Hour)
			s.sweep(t) // a leave that stays blocked is no news
		}
		s.wantNotices(t, directory.Notice{State: directory.Blocked, Code: fault.NoRecipient})
		s.tenant.MasterAdmin = "ann"
		time.Sleep(2 * time.Hour)
		s.sweep(t)
		drainOnce(t, s)
		s.wantNotices(t, directory.Notice{State: directory.Blocked, Code: fault.NoRecipient}, directory.Notice{State: directory.Done})
	})
	inBubble(t, "parked by the connector", func(t *testing.T, s *scene) {
		s.watched()
		s.trouble = fault.New(fault.ConnectorInvalid, "no")
		s.eveLeaves(t)
		drainOnce(t, s)
		s.wantNotices(t, directory.Notice{State: directory.Parked, Code: fault.ConnectorInvalid})
	})
	inBubble(t, "parked by dead letters", func(t *testing.T, s *scene) {
		s.watched()
		s.Limits.Failures = 1
		s.eveLeaves(t)
		s.giveUp(t)
		s.wantNotices(t, directory.Notice{State: directory.Parked, Code: fault.Unavailable})
	})
	inBubble(t, "a tenant without a webhook", func(t *testing.T, s *scene) {
		s.eveLeaves(t)
		drain(t, s.Service, s.ledger)
		s.wantNotices(t)
	})
	inBubble(t, "a leave that is cancelled", func(t *testing.T, s *scene) {
		s.watched()
		s.eveLeaves(t)
		s.enable(s.eve)
		drain(t, s.Service, s.ledger)
		wantState(t, s.ledger, s.leaveID, directory.Cancelled)
		s.wantNotices(t)
	})
}

// TestHintStaysForNotices: a tenant of which a notice has not arrived is not
// forgotten by the sweep.
func TestHintStaysForNotices(t *testing.T) {
	inBubble(t, "until it has", func(t *testing.T, s *scene) {
		s.watched()
		s.eveLeaves(t)
		drainOnce(t, s)
		s.sweep(t)
		if !s.hinted {
			t.Error("the hint is gone while a notice is on its way")
		}
		s.notices = nil
		s.sweep(t)
		if s.hinted {
			t.Error("the hint stays with nothing to do")
		}
	})
}

func (s *scene) sweep(t *testing.T) {
	t.Helper()
	if _, err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}
