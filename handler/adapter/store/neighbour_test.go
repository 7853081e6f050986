package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

// neighbour is another tenant on the same tables: it has users with the ids and
// names of the first tenant's, who own records with the same names.
const neighbour = "umbrella"

// neighbours are two tenants whose settings both name Ann as Master Admin and Bob
// as deputy, but the only ones that there are, at first, are the neighbour's.
type neighbours struct {
	*office
	now           time.Time
	process       *reassign.Service
	ann, bob, eve directory.User
	leave         directory.ID
	// untouched are the neighbour's rows with their versions.
	untouched map[string]string
}

func newNeighbours(t *testing.T) *neighbours {
	w := newWorld(t)
	n := &neighbours{office: &office{world: w, messages: make(chan directory.Message, 100), lose: func(directory.Message) bool { return false }}, now: clock}
	before, err := w.Tenant(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	after := before
	after.MasterAdmin, after.Deputies = "ann", []string{"bob"}
	if _, err := w.ChangeTenant(t.Context(), directory.TenantChange{Before: before, After: after}); err != nil {
		t.Fatal(err)
	}
	after.ID = neighbour
	if _, err := w.CreateTenant(t.Context(), after, directory.Unlimited, directory.Activity{}); err != nil {
		t.Fatal(err)
	}
	n.ann, n.bob, n.eve = w.user("ann"), w.user("bob"), w.user("eve")
	for _, u := range []directory.User{n.ann, n.bob, n.eve} {
		n.join(neighbour, u)
		n.own(neighbour, u, 5)
	}
	n.eve = n.join(tenant, n.eve)
	n.own(tenant, n.eve, 40)
	n.process = n.office.process("p1", w.directory, w.records, func() time.Time { return n.now })
	n.untouched = n.rows()
	return n
}

func (n *neighbours) join(in string, u directory.User) directory.User {
	n.Helper()
	joined, err := n.CommitUser(n.Context(), in, directory.UserChange{After: &u})
	if err != nil {
		n.Fatal(err)
	}
	return joined
}

func (n *neighbours) own(in string, owner directory.User, records int) {
	n.Helper()
	for i := range records {
		r := quote(i, owner.ID)
		r.ID = owner.UserName + r.ID
		if err := n.PutRecord(n.Context(), in, r); err != nil {
			n.Fatal(err)
		}
	}
}

// rows reads the versions of all that the neighbour has.
func (n *neighbours) rows() map[string]string {
	n.Helper()
	versions := map[string]string{}
	for name, in := range map[string]table.Table{"directory": n.directory, "records": n.records} {
		for row, err := range table.Rows(n.Context(), in, table.Query{Partition: neighbour}) {
			if err != nil {
				n.Fatal(err)
			}
			versions[name+" "+row.Row] = row.ETag
		}
	}
	return versions
}

// wantApart wants the first tenant's leave in a state, so many of its records
// with Ann and with Eve, and nothing of the neighbour's written.
func (n *neighbours) wantApart(state directory.LeaveState, anns, eves int) {
	n.Helper()
	leave, err := n.Leave(n.Context(), tenant, n.leave)
	if err != nil || leave.State != state {
		n.Errorf("the leave is %s (%s), %v; wanted %s", leave.State, leave.Code, err, state)
	}
	if a, e := n.openOf(n.ann.ID), n.openOf(n.eve.ID); a != anns || e != eves {
		n.Errorf("ann has %d, eve %d; wanted %d and %d", a, e, anns, eves)
	}
	if diff := cmp.Diff(n.untouched, n.rows()); diff != "" {
		n.Errorf("rows of the other tenant (-before +after):\n%s", diff)
	}
	if leaves, err := n.ListLeaves(n.Context(), neighbour, directory.ID{}, 10); err != nil || len(leaves) != 0 {
		n.Errorf("the other tenant has %d leaves, %v", len(leaves), err)
	}
}

// preview wants so many records to be counted for whoever receives them.
func (n *neighbours) preview(recipient directory.Person, records int) {
	n.Helper()
	p, err := n.process.Preview(n.Context(), tenant, n.eve.ID)
	if err != nil || p.Recipient != recipient || p.Records != records {
		n.Errorf("the preview says %d to %q, %v; wanted %d to %q", p.Records, p.Recipient.UserName, err, records, recipient.UserName)
	}
}

// TestNoRecipientInAnotherTenant has everybody who could receive be in the other
// tenant alone: the leave waits for somebody in its own, and neither it nor its
// preview nor its hand-back reads or writes a neighbour's rows.
func TestNoRecipientInAnotherTenant(t *testing.T) {
	n := newNeighbours(t)
	n.preview(directory.Person{}, 40)
	n.leave = n.disable(n.eve, n.now).ID
	n.work(n.process, n.leave)
	n.wantApart(directory.Blocked, 0, 40)
	n.sweepFor(2 * time.Hour)
	n.wantApart(directory.Blocked, 0, 40)
	n.strangers()

	n.join(tenant, n.ann)
	n.preview(n.ann.Person(), 40)
	n.sweepFor(2 * time.Hour)
	n.wantApart(directory.Done, 40, 0)

	n.comesBack()
	back, err := n.process.HandBack(t.Context(), "operator", tenant, n.leave)
	if err != nil || len(back.Returned) != 40 || len(back.Kept) != 0 {
		t.Errorf("%d returned, %d kept, %v", len(back.Returned), len(back.Kept), err)
	}
	n.wantApart(directory.HandedBack, 0, 40)
	n.sound()
}

// sweepFor sweeps each ten minutes, and works on what is sent.
func (n *neighbours) sweepFor(d time.Duration) {
	n.Helper()
	for end := n.now.Add(d); n.now.Before(end); n.now = n.now.Add(10 * time.Minute) {
		if _, err := n.process.Sweep(n.Context()); err != nil {
			n.Fatal(err)
		}
		for len(n.messages) > 0 {
			if _, err := n.process.Work(n.Context(), <-n.messages); err != nil {
				n.Fatal(err)
			}
		}
	}
}

// strangers asks for the leave in the name of the other tenant.
func (n *neighbours) strangers() {
	n.Helper()
	outcome, err := n.process.Work(n.Context(), directory.Message{Tenant: neighbour, Leave: n.leave.String(), Attempt: 1})
	if err != nil || outcome != (reassign.Outcome{}) {
		n.Errorf("a message with the other tenant's name: %+v, %v", outcome, err)
	}
	if _, err := n.process.HandBack(n.Context(), "operator", neighbour, n.leave); !fault.Is(err, fault.NotFound) {
		n.Errorf("hand-back in the other tenant: %v", err)
	}
	if _, err := n.process.Replay(n.Context(), "operator", neighbour, n.leave); !fault.Is(err, fault.NotFound) {
		n.Errorf("replay in the other tenant: %v", err)
	}
}

// comesBack has the directory enable Eve.
func (n *neighbours) comesBack() {
	n.Helper()
	before, err := n.User(n.Context(), tenant, n.eve.ID)
	if err != nil {
		n.Fatal(err)
	}
	after := before
	after.Active = true
	if _, err := n.CommitUser(n.Context(), tenant, directory.UserChange{Before: &before, After: &after}); err != nil {
		n.Fatal(err)
	}
}
