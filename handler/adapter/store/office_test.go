package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/rule/reassign"
)

// office is a tenant whose Master Admin receives what leavers own: the rules of
// leaves over the store, as the program wires them.
type office struct {
	*world
	ann      directory.User
	messages chan directory.Message
	// lose decides which messages never arrive.
	lose func(directory.Message) bool
}

// newOffice has the tenant's settings name the Master Admin.
func newOffice(w *world) *office {
	before, err := w.Tenant(w.Context(), tenant)
	if err == nil {
		after := before
		after.MasterAdmin = "ann"
		_, err = w.ChangeTenant(w.Context(), directory.TenantChange{Before: before, After: after})
	}
	if err != nil {
		w.Fatal(err)
	}
	return &office{
		world: w, ann: w.create(w.user("ann")), messages: make(chan directory.Message, 1000),
		lose: func(directory.Message) bool { return false },
	}
}

// Send implements directory.Queue.
func (o *office) Send(_ context.Context, m directory.Message) error {
	if !o.lose(m) {
		o.messages <- m
	}
	return nil
}

// process is one more process at work on the leaves.
func (o *office) process(name string, dir, rec table.Table, now func() time.Time) *reassign.Service {
	s := store.New(store.Config{Directory: dir, Records: rec, Now: now, Random: rand.Reader})
	return &reassign.Service{
		Users: s, Leaves: s, Notices: s, Tenants: s, Connector: s, Journal: s, Queue: o,
		Now: now, Random: rand.Reader, Process: name, Limits: reassign.LimitsWithin(10 * time.Minute),
	}
}

// owner is a user with open records.
func (o *office) owner(name string, records int) directory.User {
	o.Helper()
	u := o.create(o.user(name))
	for n := range records {
		o.put(directory.Record{Type: "quote", ID: fmt.Sprintf("%s-%05d", name, n), Owner: u.ID, Title: "Big deal", Status: directory.RecordOpen})
	}
	return u
}

// disable commits a deactivation and returns its leave.
func (o *office) disable(u directory.User, now time.Time) directory.Leave {
	o.Helper()
	leave := directory.OpenLeave(o.id(directory.SortUser), u.Person(), now)
	disabled := u
	disabled.Active, disabled.Leave, disabled.LeaveState = false, leave.ID, leave.State
	if _, err := o.CommitUser(o.Context(), tenant, directory.UserChange{Before: &u, After: &disabled, Leave: &leave}); err != nil {
		o.Fatal(err)
	}
	return leave
}

// work sends a leave and carries it out.
func (o *office) work(p *reassign.Service, leave directory.ID) {
	o.Helper()
	if err := p.Send(o.Context(), tenant, leave); err != nil {
		o.Fatal(err)
	}
	select {
	case m := <-o.messages:
		if _, err := p.Work(o.Context(), m); err != nil {
			o.Fatal(err)
		}
	default:
		o.Fatal("no message was sent")
	}
}

// openOf counts somebody's open records.
func (o *office) openOf(owner directory.ID) int {
	o.Helper()
	count, after := 0, ""
	for {
		page, next, err := o.OwnedRecords(o.Context(), tenant, owner, directory.RecordOpen, after, 500)
		if err != nil {
			o.Fatal(err)
		}
		if count += len(page); next == "" {
			return count
		}
		after = next
	}
}

// wantDone wants a leave to be done, its journal to hold that many records, none
// of them twice, and the leave to count them right.
func (o *office) wantDone(id directory.ID, records int) directory.Leave {
	o.Helper()
	leave, err := o.Leave(o.Context(), tenant, id)
	if err != nil || leave.State != directory.Done || leave.Moved != records {
		o.Errorf("the leave is %s, moved %d (%s), wanted done and %d; %v", leave.State, leave.Moved, leave.Reason, records, err)
	}
	chunks, err := o.Chunks(o.Context(), tenant, id)
	if err != nil {
		o.Fatal(err)
	}
	journalled := map[string]bool{}
	for _, c := range chunks {
		for _, m := range c.Moved {
			if name := m.Type + "/" + m.ID; journalled[name] {
				o.Errorf("the journal has %s twice", name)
			} else {
				journalled[name] = true
			}
		}
	}
	if len(journalled) != records {
		o.Errorf("the journal has %d records, wanted %d", len(journalled), records)
	}
	return leave
}
