package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// doneLeave commits a leave that ends with a notice.
func (w *world) doneLeave(at time.Time) directory.Notice {
	w.Helper()
	opened := directory.OpenLeave(w.id(directory.SortUser), directory.Person{ID: w.id(directory.SortUser), UserName: "eve"}, at)
	before, err := w.CommitLeave(w.Context(), tenant, directory.LeaveChange{After: opened})
	if err != nil {
		w.Fatal(err)
	}
	after, err := before.Through(at, at, directory.Queued, directory.Running, directory.Done)
	if err != nil {
		w.Fatal(err)
	}
	after.Code, after.Reason = fault.NoRecipient, "nobody"
	notice := directory.NoticeOf(after)
	if _, err := w.CommitLeave(w.Context(), tenant, directory.LeaveChange{Before: &before, After: after, Notice: &notice}); err != nil {
		w.Fatal(err)
	}
	return notice
}

// due are the notices due at a time, without their versions.
func (w *world) dueNotices(until time.Time) []directory.Notice {
	w.Helper()
	due, err := w.DueNotices(w.Context(), tenant, until, 100)
	if err != nil {
		w.Fatal(err)
	}
	for i := range due {
		if due[i].ETag == "" {
			w.Errorf("a notice without a version: %+v", due[i])
		}
		due[i].ETag = ""
	}
	return due
}

func TestNotices(t *testing.T) {
	w := newWorld(t)
	second := w.doneLeave(clock.Add(time.Second))
	first := w.doneLeave(clock)
	if diff := cmp.Diff([]directory.Notice{first, second}, w.dueNotices(clock.Add(time.Second))); diff != "" {
		t.Errorf("due (-written +read):\n%s", diff)
	}
	if due := w.dueNotices(clock); len(due) != 1 || due[0].Leave != first.Leave {
		t.Errorf("due at the first's time: %+v", due)
	}
	if due, err := w.DueNotices(t.Context(), tenant, clock.Add(time.Hour), 1); err != nil || len(due) != 1 || due[0].Leave != first.Leave {
		t.Errorf("the first of them: %+v, %v", due, err)
	}
}

// TestNoticeSteps tries a notice, loses a race about it, and ends it.
func TestNoticeSteps(t *testing.T) {
	w := newWorld(t)
	w.doneLeave(clock)
	read, err := w.DueNotices(t.Context(), tenant, clock, 1)
	if err != nil || len(read) != 1 {
		t.Fatal(read, err)
	}
	tried := read[0].Tried(clock, time.Minute)
	stored, err := w.CommitNotice(t.Context(), tenant, directory.NoticeChange{Before: read[0], After: &tried})
	if err != nil || stored.Tries != 1 || stored.ETag == "" {
		t.Fatalf("%+v, %v", stored, err)
	}
	if due := w.dueNotices(clock.Add(59 * time.Second)); len(due) != 0 {
		t.Errorf("due before its time: %+v", due)
	}
	stale := directory.NoticeChange{Before: read[0], Activity: did(directory.NoticeSent)}
	if _, err := w.CommitNotice(t.Context(), tenant, stale); !fault.Is(err, fault.RowChanged) {
		t.Errorf("a step from what is past: %v", err)
	}
	end := directory.NoticeChange{Before: stored, Activity: did(directory.NoticeSent)}
	if _, err := w.CommitNotice(t.Context(), tenant, end); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CommitNotice(t.Context(), tenant, end); !fault.Is(err, fault.RowChanged) {
		t.Errorf("ended twice: %v", err)
	}
	page, err := w.Activities(t.Context(), tenant, directory.ActivityQuery{Kind: directory.NoticeSent, Limit: 10})
	if err != nil || len(page.Lines) != 1 || len(w.dueNotices(clock.Add(time.Hour))) != 0 {
		t.Errorf("%d lines of the history, %v; left: %+v", len(page.Lines), err, w.dueNotices(clock.Add(time.Hour)))
	}
}

// TestNoticeHints: the tenant of a notice is looked at after a restart, though
// its leave is at an end.
func TestNoticeHints(t *testing.T) {
	w := newWorld(t)
	w.doneLeave(clock)
	w.now = clock.Add(time.Hour)
	works := w.works()
	if len(works) != 1 {
		t.Fatal(works)
	}
	if err := w.Rest(t.Context(), works[0]); err != nil {
		t.Fatal(err)
	}
	w.Store = w.open()
	notice := w.dueNotices(w.now)
	read, _ := w.DueNotices(t.Context(), tenant, w.now, 1)
	tried := notice[0].Tried(w.now, time.Minute)
	if _, err := w.CommitNotice(t.Context(), tenant, directory.NoticeChange{Before: read[0], After: &tried}); err != nil {
		t.Fatal(err)
	}
	if works := w.works(); len(works) != 1 {
		t.Errorf("after another try: %v", works)
	}
}

// TestHintOfALastMove: a leave comes to its end when nothing says any more that
// its tenant has work. Only one with a notice leaves work.
func TestHintOfALastMove(t *testing.T) {
	for _, told := range []bool{false, true} {
		w := newWorld(t)
		opened := directory.OpenLeave(w.id(directory.SortUser), directory.Person{ID: w.id(directory.SortUser)}, clock)
		before, err := w.CommitLeave(t.Context(), tenant, directory.LeaveChange{After: opened})
		if err != nil {
			t.Fatal(err)
		}
		w.now = clock.Add(time.Hour)
		for _, work := range w.works() {
			if err := w.Rest(t.Context(), work); err != nil {
				t.Fatal(err)
			}
		}
		after, err := before.Through(w.now, w.now, directory.Queued, directory.Running, directory.Done)
		if err != nil {
			t.Fatal(err)
		}
		change := directory.LeaveChange{Before: &before, After: after}
		if told {
			notice := directory.NoticeOf(after)
			change.Notice = &notice
		}
		if _, err := w.CommitLeave(t.Context(), tenant, change); err != nil {
			t.Fatal(err)
		}
		if works := w.works(); (len(works) == 1) != told {
			t.Errorf("with a notice %v: %d hints", told, len(works))
		}
	}
}

// works are the hints.
func (w *world) works() []directory.Work {
	w.Helper()
	works, err := w.TenantsWithWork(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return works
}

// TestWebhookSetting is kept with the tenant.
func TestWebhookSetting(t *testing.T) {
	w := newWorld(t)
	before, err := w.Tenant(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	after := before
	after.Webhook = directory.WebhookSetting{URL: "https://crm.example.com/events"}.Renewed("a.one", clock).Renewed("a.two", clock)
	if _, err := w.ChangeTenant(t.Context(), directory.TenantChange{Before: before, After: after, Activity: did(directory.TenantChanged)}); err != nil {
		t.Fatal(err)
	}
	read, err := w.Tenant(t.Context(), tenant)
	want := directory.WebhookSetting{URL: "https://crm.example.com/events", Hidden: "a.two", Previous: "a.one", PreviousUntil: clock.Add(24 * time.Hour)}
	if diff := cmp.Diff(want, read.Webhook); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// TestTaken counts what left a user, and not what came back.
func TestTaken(t *testing.T) {
	w := newWorld(t)
	leave, leaver, to := w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser)
	moved := func(number int, from, to directory.ID, records ...string) {
		chunk := directory.Chunk{Leave: leave, Number: number, From: from, To: to, At: clock}
		for _, r := range records {
			recordType, id, _ := strings.Cut(r, "/")
			chunk.Moved = append(chunk.Moved, directory.MovedRecord{Type: recordType, ID: id})
		}
		if err := w.AppendChunk(t.Context(), tenant, chunk); err != nil {
			t.Fatal(err)
		}
	}
	moved(1, leaver, to, "quote/1", "document/1")
	moved(2, leaver, to, "quote/2")
	moved(3, to, leaver, "quote/1")
	got, err := w.Taken(t.Context(), tenant, leave, leaver)
	if diff := cmp.Diff(map[string]int{"quote": 2, "document": 1}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
