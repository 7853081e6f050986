package notify_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/notify"
)

const tenantID = "acme"

// outbox is a tenant in memory, with the notices that have not arrived and an
// application that takes them, or does not.
type outbox struct {
	mu         sync.Mutex
	version    int
	tenant     directory.Tenant
	leaves     map[directory.ID]directory.Leave
	taken      map[string]int
	notices    map[string]directory.Notice
	activities []directory.Activity

	// posted is what the application was told, try by try.
	posted []directory.Event
	// answer is what the application says to it.
	answer func(directory.Event) error
	failed atomic.Int64
	// idle runs each time that nothing is due.
	idle func()
	// broken is what the storage says to everything.
	broken error
}

func newOutbox() *outbox {
	return &outbox{
		tenant: directory.Tenant{ID: tenantID, Webhook: directory.WebhookSetting{URL: "https://crm.example.com/events", Hidden: "k"}},
		leaves: map[directory.ID]directory.Leave{}, notices: map[string]directory.Notice{},
		answer: func(directory.Event) error { return nil },
	}
}

func (o *outbox) service() *notify.Service {
	return &notify.Service{
		Notices: o, Leaves: o, Tenants: o, Journal: o, Webhook: o, Now: time.Now,
		Failed: func(string, directory.Notice, error) { o.failed.Add(1) },
	}
}

func key(n *directory.Notice) string { return fmt.Sprint(n.Due.UnixNano(), n.Leave, n.Attempt) }

// write is what a leave's move commits.
func (o *outbox) write(number byte, state directory.LeaveState) directory.ID {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := directory.ID{15: number}
	leave := directory.Leave{ID: id, Leaver: directory.Person{ID: directory.ID{14: number}, UserName: "eve"}, State: state, Attempt: 1, Changed: time.Now()}
	o.leaves[id] = leave
	n := directory.NoticeOf(leave)
	o.put(n)
	return id
}

func (o *outbox) put(n directory.Notice) directory.Notice {
	o.version++
	n.ETag = fmt.Sprint(o.version)
	o.notices[key(&n)] = n
	return n
}

func (o *outbox) DueNotices(_ context.Context, _ string, until time.Time, limit int) (due []directory.Notice, err error) {
	defer func() {
		if len(due) == 0 && o.idle != nil {
			o.idle()
		}
	}()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.notices {
		if !n.Due.After(until) {
			due = append(due, n)
		}
	}
	slices.SortFunc(due, func(a, b directory.Notice) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Leave[15], b.Leave[15]))
	})
	return due[:min(limit, len(due))], o.broken
}

func (o *outbox) CommitNotice(_ context.Context, _ string, c directory.NoticeChange) (directory.Notice, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.notices[key(&c.Before)].ETag != c.Before.ETag {
		return directory.Notice{}, fault.New(fault.RowChanged, "changed")
	}
	delete(o.notices, key(&c.Before))
	if !c.Activity.IsZero() {
		o.activities = append(o.activities, c.Activity)
	}
	if c.After == nil {
		return directory.Notice{}, nil
	}
	return o.put(*c.After), nil
}

func (o *outbox) Leave(_ context.Context, _ string, id directory.ID) (directory.Leave, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if leave, ok := o.leaves[id]; ok {
		return leave, nil
	}
	return directory.Leave{}, fault.New(fault.NotFound, "no such leave")
}

func (o *outbox) Tenant(context.Context, string) (directory.Tenant, error) { return o.tenant, nil }

func (o *outbox) Taken(_ context.Context, _ string, _, leaver directory.ID) (map[string]int, error) {
	if leaver != o.leaves[directory.ID{15: leaver[14]}].Leaver.ID {
		return nil, fault.New(fault.NotFound, "not the leaver")
	}
	return o.taken, nil
}

func (o *outbox) Post(_ context.Context, _ directory.WebhookSetting, e directory.Event) error {
	o.mu.Lock()
	o.posted = append(o.posted, e)
	o.mu.Unlock()
	return o.answer(e)
}

func (o *outbox) deliver(t *testing.T, s *notify.Service) {
	t.Helper()
	if err := s.Deliver(t.Context(), tenantID); err != nil {
		t.Fatal(err)
	}
}

// ends are the lines of the history.
func (o *outbox) ends() (lines []string) {
	for _, a := range o.activities {
		lines = append(lines, string(a.Kind)+" "+a.Detail+" "+string(a.Fault))
	}
	return lines
}
