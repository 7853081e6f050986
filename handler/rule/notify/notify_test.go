package notify_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func away(directory.Event) error { return fault.New(fault.WebhookRefused, "away") }

func inBubble(t *testing.T, name string, run func(*testing.T, *outbox)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { run(t, newOutbox()) }) })
}

func TestDeliver(t *testing.T) {
	inBubble(t, "a notice arrives once", func(t *testing.T, o *outbox) {
		id := o.write(1, directory.Done)
		o.taken = map[string]int{"quote": 2, "document": 1}
		s := o.service()
		o.deliver(t, s)
		o.deliver(t, s)
		if len(o.posted) != 1 || len(o.notices) != 0 {
			t.Fatalf("%d posted, %d left", len(o.posted), len(o.notices))
		}
		e := o.posted[0]
		if e.Tenant != tenantID || e.Notice.Leave != id || e.Notice.State != directory.Done || e.Leave.ID != id {
			t.Errorf("%+v", e)
		}
		if diff := cmp.Diff(o.taken, e.Moved); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"notice.sent done, try 1 "}, o.ends()); diff != "" {
			t.Error(diff)
		}
	})
	inBubble(t, "many, and all of them", func(t *testing.T, o *outbox) {
		for n := range 250 {
			o.write(byte(n), directory.Blocked)
			time.Sleep(time.Second)
		}
		o.deliver(t, o.service())
		if len(o.posted) != 250 || len(o.notices) != 0 {
			t.Errorf("%d posted, %d left", len(o.posted), len(o.notices))
		}
	})
	inBubble(t, "two processes send each one once", func(t *testing.T, o *outbox) {
		for n := range 100 {
			o.write(byte(n), directory.Done)
		}
		o.answer = func(directory.Event) error { time.Sleep(time.Second); return nil }
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { o.deliver(t, o.service()) })
		}
		both.Wait()
		if len(o.posted) != 100 || len(o.notices) != 0 {
			t.Errorf("%d posted, %d left", len(o.posted), len(o.notices))
		}
	})
	inBubble(t, "what comes while one is under way is looked for", func(t *testing.T, o *outbox) {
		o.write(1, directory.Blocked)
		s := o.service()
		o.answer = func(e directory.Event) error {
			if e.Notice.State == directory.Blocked {
				o.write(2, directory.Done)
				o.deliver(t, s) // returns at once, since the turn is taken
			}
			return nil
		}
		o.deliver(t, s)
		if len(o.posted) != 2 || len(o.notices) != 0 {
			t.Errorf("%d posted, %d left", len(o.posted), len(o.notices))
		}
	})
	inBubble(t, "what comes after the last look is looked for, too", func(t *testing.T, o *outbox) {
		o.write(1, directory.Blocked)
		s := o.service()
		o.idle = func() {
			o.idle = nil
			o.write(2, directory.Done)
			o.deliver(t, s)
		}
		o.deliver(t, s)
		if len(o.posted) != 2 || len(o.notices) != 0 {
			t.Errorf("%d posted, %d left", len(o.posted), len(o.notices))
		}
	})
	inBubble(t, "the storage is away", func(t *testing.T, o *outbox) {
		o.write(1, directory.Done)
		o.broken = fault.New(fault.StorageBusy, "busy")
		s := o.service()
		if err := s.Deliver(t.Context(), tenantID); !fault.Is(err, fault.StorageBusy) {
			t.Errorf("%v", err)
		}
		o.broken = nil
		if o.deliver(t, s); len(o.posted) != 1 {
			t.Error("the turn was never given back")
		}
	})
}

// TestPanics are defects that end neither the process nor the telling.
func TestPanics(t *testing.T) {
	defect := func() { panic("a defect") }
	for name, broken := range map[string]func(*outbox){
		"of the webhook": func(o *outbox) { o.answer = func(directory.Event) error { defect(); return nil } },
		"of the storage": func(o *outbox) { o.idle = defect },
	} {
		inBubble(t, name, func(t *testing.T, o *outbox) {
			o.write(1, directory.Done)
			s := o.service()
			broken(o)
			if err := s.Deliver(t.Context(), tenantID); !fault.Is(err, fault.Internal) {
				t.Errorf("%v", err)
			}
			o.idle, o.answer = nil, func(directory.Event) error { return nil }
			o.write(2, directory.Done)
			o.deliver(t, s)
			if last := o.posted[len(o.posted)-1]; last.Notice.Leave != (directory.ID{15: 2}) {
				t.Errorf("the last that was told is %s", last.Notice.Leave)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	inBubble(t, "growing waits, and then the end", func(t *testing.T, o *outbox) {
		o.write(1, directory.Parked)
		o.answer = away
		s, began := o.service(), time.Now()
		var tries []time.Duration
		for len(o.notices) > 0 {
			before := len(o.posted)
			if o.deliver(t, s); len(o.posted) > before {
				tries = append(tries, time.Since(began))
			}
			time.Sleep(time.Minute)
		}
		m, h := time.Minute, time.Hour
		want := []time.Duration{0, m, 6 * m, 36 * m, 2*h + 36*m, 7*h + 36*m, 17*h + 36*m, 41*h + 36*m}
		if diff := cmp.Diff(want, tries); diff != "" {
			t.Errorf("tries (-wanted +made):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"notice.givenUp parked, try 8 webhookRefused"}, o.ends()); diff != "" || o.failed.Load() != 8 {
			t.Errorf("%d failures told\n%s", o.failed.Load(), diff)
		}
	})
	inBubble(t, "the second try passes, under the same name", func(t *testing.T, o *outbox) {
		o.write(1, directory.Done)
		o.answer = away
		s := o.service()
		o.deliver(t, s)
		o.answer = func(directory.Event) error { return nil }
		o.deliver(t, s) // not due yet
		time.Sleep(time.Minute)
		o.deliver(t, s)
		if len(o.posted) != 2 || o.posted[0].Notice.Leave != o.posted[1].Notice.Leave || o.posted[0].Notice.Attempt != o.posted[1].Notice.Attempt {
			t.Errorf("%d posted: %+v", len(o.posted), o.posted)
		}
		if diff := cmp.Diff([]string{"notice.sent done, try 2 "}, o.ends()); diff != "" {
			t.Error(diff)
		}
	})
	inBubble(t, "one failure keeps the others from losing a try", func(t *testing.T, o *outbox) {
		for n := range 50 {
			o.write(byte(n), directory.Done)
		}
		o.answer = func(directory.Event) error { time.Sleep(time.Second); return away(directory.Event{}) }
		o.deliver(t, o.service())
		tried := 0
		for _, n := range o.notices {
			tried += n.Tries
		}
		if len(o.posted) > 4 || tried != len(o.posted) {
			t.Errorf("%d posted, %d tries counted; wanted at most 4", len(o.posted), tried)
		}
	})
	inBubble(t, "the application says when", func(t *testing.T, o *outbox) {
		o.write(1, directory.Done)
		o.answer = func(directory.Event) error {
			return fault.New(fault.WebhookRefused, "busy").WithRetryAfter(3 * time.Hour)
		}
		o.deliver(t, o.service())
		for _, n := range o.notices {
			if n.Due != time.Now().Add(3*time.Hour) || n.Tries != 1 {
				t.Errorf("due in %v, %d tries", time.Until(n.Due), n.Tries)
			}
		}
	})
	inBubble(t, "a try that was counted, and whose process died", func(t *testing.T, o *outbox) {
		o.write(1, directory.Done)
		for _, n := range o.notices {
			tried := n.Tried(time.Now(), time.Minute)
			if _, err := o.CommitNotice(t.Context(), tenantID, directory.NoticeChange{Before: n, After: &tried}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		o.deliver(t, o.service())
		if len(o.posted) != 1 || len(o.notices) != 0 {
			t.Errorf("%d posted, %d left", len(o.posted), len(o.notices))
		}
	})
}

// TestForgotten are notices that nobody waits for.
func TestForgotten(t *testing.T) {
	inBubble(t, "older than three days", func(t *testing.T, o *outbox) {
		o.write(1, directory.Done)
		time.Sleep(72 * time.Hour)
		o.deliver(t, o.service())
		if diff := cmp.Diff([]string{"notice.givenUp done, try 0 "}, o.ends()); diff != "" || len(o.posted) != 0 || len(o.notices) != 0 {
			t.Errorf("%d posted, %d left\n%s", len(o.posted), len(o.notices), diff)
		}
	})
	inBubble(t, "the webhook was removed", func(t *testing.T, o *outbox) {
		o.write(1, directory.Done)
		o.tenant.Webhook = directory.WebhookSetting{}
		o.deliver(t, o.service())
		if len(o.posted) != 0 || len(o.notices) != 0 || len(o.activities) != 0 {
			t.Errorf("%d posted, %d left, %v", len(o.posted), len(o.notices), o.ends())
		}
	})
	inBubble(t, "the leave is purged", func(t *testing.T, o *outbox) {
		delete(o.leaves, o.write(1, directory.Done))
		o.deliver(t, o.service())
		if len(o.posted) != 0 || len(o.notices) != 0 {
			t.Errorf("%d posted, %d left", len(o.posted), len(o.notices))
		}
	})
	inBubble(t, "the tenant is being deleted", func(t *testing.T, o *outbox) {
		o.write(1, directory.Done)
		o.tenant.Deleting = time.Now()
		if o.deliver(t, o.service()); len(o.posted) != 0 {
			t.Errorf("%d posted", len(o.posted))
		}
	})
}

func TestTry(t *testing.T) {
	o := newOutbox()
	s := o.service()
	if err := s.Try(t.Context(), tenantID); err != nil || len(o.posted) != 1 || !o.posted[0].Notice.Leave.IsZero() {
		t.Errorf("%v, %+v", err, o.posted)
	}
	o.answer = away
	if err := s.Try(t.Context(), tenantID); !fault.Is(err, fault.WebhookRefused) {
		t.Errorf("%v", err)
	}
	o.tenant.Webhook = directory.WebhookSetting{}
	for _, tenant := range []string{tenantID, "No Tenant"} {
		if err := s.Try(t.Context(), tenant); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", tenant, err)
		}
	}
}
