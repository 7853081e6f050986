package records_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/rule/records"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func user(n byte, name string, active bool) directory.User {
	return directory.User{ID: directory.ID{6: 0x70, 15: n}, UserName: name, Active: active}
}

var (
	ann  = user(1, "ann@acme.com", true)
	bob  = user(2, "bob@acme.com", true)
	cid  = user(3, "cid@acme.com", false)
	gone = user(9, "", false).ID
)

// desk is a service over a memory, and the owners whose leaves it asked for.
type desk struct {
	*records.Service
	memory  directorytest.Memory
	ensured []directory.Person
}

func newDesk() *desk {
	d := &desk{memory: directorytest.Memory{"acme": {
		Settings: directory.Tenant{ID: "acme"},
		Users:    []directory.User{ann, bob, cid},
	}}}
	d.Service = &records.Service{
		Users: d.memory, Members: d.memory, Records: d.memory,
		Recipient: func(context.Context, string, directory.ID) (directory.User, error) { return ann, nil },
		EnsureLeave: func(_ context.Context, tenant string, owner directory.Person) error {
			d.ensured = append(d.ensured, owner)
			return nil
		},
		Now: func() time.Time { return noon },
	}
	return d
}

func quote(owner directory.ID) directory.Record {
	return directory.Record{Type: "quote", ID: "Q-1", Owner: owner, Title: "Offer", Status: "open"}
}

func TestPut(t *testing.T) {
	d := newDesk()
	for _, owner := range []directory.ID{bob.ID, ann.ID} {
		if err := d.Put(t.Context(), "acme", quote(owner)); err != nil {
			t.Fatal(err)
		}
		got, err := d.Get(t.Context(), "acme", "quote", "Q-1")
		if diff := cmp.Diff(quote(owner), got); err != nil || diff != "" {
			t.Errorf("%v, record (-want +got):\n%s", err, diff)
		}
	}
	if len(d.ensured) != 0 {
		t.Errorf("a leave for an active owner: %v", d.ensured)
	}
}

func TestPutRefuses(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*directory.Record)
		code    fault.Code
		message string
	}{
		{
			"a bad type", func(r *directory.Record) { r.Type = "Quote" }, fault.InvalidValue,
			`type must be 1 to 32 of a-z, 0-9 and "-" and begin with a letter, for example "quote"`,
		},
		{
			"an id with a control character", func(r *directory.Record) { r.ID = "Q\n1" }, fault.InvalidValue,
			`id must be 1 to 128 bytes of UTF-8 without control characters, for example "Q-1001"`,
		},
		{
			"an id that is not UTF-8", func(r *directory.Record) { r.ID = "Q\xff" }, fault.InvalidValue,
			`id must be 1 to 128 bytes of UTF-8 without control characters, for example "Q-1001"`,
		},
		{
			"a long title", func(r *directory.Record) { r.Title = strings.Repeat("t", 1025) }, fault.InvalidValue,
			`title must be at most 1024 bytes, for example "Offer for 20 licences"`,
		},
		{
			"no status", func(r *directory.Record) { r.Status = "" }, fault.InvalidValue,
			`status must be "open" or "closed"`,
		},
		{
			"no owner", func(r *directory.Record) { r.Owner = directory.ID{} }, fault.InvalidValue,
			`owner must be the id of a user of this tenant, for example "01970c3e-8f00-7000-8000-000000000000"`,
		},
		{
			"an owner that is a group", func(r *directory.Record) { r.Owner = directory.ID{6: 0x80} }, fault.InvalidValue,
			`owner must be the id of a user of this tenant, for example "01970c3e-8f00-7000-8000-000000000000"`,
		},
		{
			"a stranger", func(r *directory.Record) { r.Owner = gone }, fault.InvalidValue,
			"owner: no user of this tenant has the id 00000000-0000-7000-0000-000000000009; take one from GET users",
		},
		{
			"a disabled owner", func(r *directory.Record) { r.Owner = cid.ID }, fault.OwnerDisabled,
			"owner: the user 00000000-0000-7000-0000-000000000003 is disabled; the records go to ann@acme.com, id 00000000-0000-7000-0000-000000000001; put the record with that owner",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, r := newDesk(), quote(bob.ID)
			test.change(&r)
			f := fault.Of(d.Put(t.Context(), "acme", r))
			if f == nil || f.Code != test.code {
				t.Fatalf("fault is %v, want %s", f, test.code)
			}
			if diff := cmp.Diff(test.message, f.Message); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if len(d.memory["acme"].Records) != 0 || len(d.ensured) != 0 {
				t.Errorf("kept %v, leaves for %v", d.memory["acme"].Records, d.ensured)
			}
		})
	}
}

func TestAClosedRecordMayStayWithALeaver(t *testing.T) {
	d, r := newDesk(), quote(cid.ID)
	r.Status = directory.RecordClosed
	if err := d.Put(t.Context(), "acme", r); err != nil {
		t.Fatal(err)
	}
	if len(d.memory["acme"].Records) != 1 || len(d.ensured) != 0 {
		t.Errorf("kept %v, leaves for %v", d.memory["acme"].Records, d.ensured)
	}
}

func TestPutForADisabledOwnerWithoutRecipient(t *testing.T) {
	d := newDesk()
	d.Recipient = func(context.Context, string, directory.ID) (directory.User, error) {
		return directory.User{}, fault.New(fault.NoRecipient, "nobody")
	}
	f := fault.Of(d.Put(t.Context(), "acme", quote(cid.ID)))
	want := "owner: the user 00000000-0000-7000-0000-000000000003 is disabled, and nobody receives the records yet; put the record with an active user as owner"
	if f == nil || f.Code != fault.OwnerDisabled || f.Message != want {
		t.Errorf("fault is %v", f)
	}
	busy := fault.New(fault.StorageBusy, "busy")
	d.Recipient = func(context.Context, string, directory.ID) (directory.User, error) { return directory.User{}, busy }
	if err := d.Put(t.Context(), "acme", quote(cid.ID)); !fault.Is(err, fault.StorageBusy) {
		t.Errorf("a busy store answers %v", err)
	}
}

// race lets something happen right after a record's commit.
type race struct {
	directorytest.Memory
	after func()
}

func (r race) PutRecord(ctx context.Context, tenant string, record directory.Record) error {
	err := r.Memory.PutRecord(ctx, tenant, record)
	r.after()
	return err
}

func TestAnOwnerWhoLeavesDuringThePut(t *testing.T) {
	tests := []struct {
		name  string
		leave func(*directorytest.Content)
	}{
		{"disabled", func(c *directorytest.Content) { c.Users[1].Active = false }},
		{"deleted", func(c *directorytest.Content) { c.Users = c.Users[:1] }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk()
			d.Records = race{d.memory, func() { test.leave(d.memory["acme"]) }}
			if err := d.Put(t.Context(), "acme", quote(bob.ID)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]directory.Person{bob.Person()}, d.ensured); diff != "" {
				t.Errorf("leaves (-want +got):\n%s", diff)
			}
		})
	}
}

// TestATryThatFailedHalfWay puts a record whose owner leaves before the service
// can look again, and a leave that cannot be opened at once: the next try finds
// the owner disabled, and opens the leave all the same.
func TestATryThatFailedHalfWay(t *testing.T) {
	d := newDesk()
	d.Records = race{d.memory, func() { d.memory["acme"].Users[1].Active = false }}
	ensure := d.EnsureLeave
	d.EnsureLeave = func(context.Context, string, directory.Person) error {
		return fault.New(fault.StorageBusy, "busy")
	}
	if err := d.Put(t.Context(), "acme", quote(bob.ID)); !fault.Is(err, fault.StorageBusy) {
		t.Fatalf("the first try: %v", err)
	}
	d.EnsureLeave = ensure
	if err := d.Put(t.Context(), "acme", quote(bob.ID)); !fault.Is(err, fault.OwnerDisabled) {
		t.Fatalf("the second try: %v", err)
	}
	if diff := cmp.Diff([]directory.Person{bob.Person()}, d.ensured); diff != "" {
		t.Errorf("leaves (-want +got):\n%s", diff)
	}
}

func TestRecordsThatAreNotThere(t *testing.T) {
	d := newDesk()
	d.memory["acme"].Records = []directory.Record{quote(bob.ID)}
	tests := []struct{ name, tenant, kind, id string }{
		{"another id", "acme", "quote", "Q-2"},
		{"another type", "acme", "document", "Q-1"},
		{"another tenant", "globex", "quote", "Q-1"},
		{"no type", "acme", "Quote!", "Q-1"},
		{"no id", "acme", "quote", strings.Repeat("q", 129)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := d.Get(t.Context(), test.tenant, test.kind, test.id); !fault.Is(err, fault.NotFound) {
				t.Errorf("get: %v", err)
			}
			if err := d.Delete(t.Context(), test.tenant, test.kind, test.id); !fault.Is(err, fault.NotFound) {
				t.Errorf("delete: %v", err)
			}
		})
	}
	if err := d.Delete(t.Context(), "acme", "quote", "Q-1"); err != nil || len(d.memory["acme"].Records) != 0 {
		t.Errorf("delete what is there: %v", err)
	}
}

func TestListOwned(t *testing.T) {
	d := newDesk()
	closed := quote(bob.ID)
	closed.ID, closed.Status = "Q-0", "closed"
	second := quote(bob.ID)
	second.ID = "Q-2"
	d.memory["acme"].Records = []directory.Record{closed, quote(bob.ID), second}
	list, next, err := d.ListOwned(t.Context(), "acme", bob.ID, "open", "", 1)
	if diff := cmp.Diff([]directory.Record{quote(bob.ID)}, list); err != nil || diff != "" {
		t.Fatalf("%v, first page (-want +got):\n%s", err, diff)
	}
	list, next, err = d.ListOwned(t.Context(), "acme", bob.ID, "open", next, 1)
	if diff := cmp.Diff([]directory.Record{second}, list); err != nil || diff != "" || next != "" {
		t.Errorf("%v, next %q, last page (-want +got):\n%s", err, next, diff)
	}
	if _, _, err := d.ListOwned(t.Context(), "acme", bob.ID, "all", "", 1); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("an unknown status: %v", err)
	}
}
