package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/connector"
	"handover/handler/adapter/local"
	"handover/handler/adapter/store"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

// The test of examples/records-app: the program itself, over TLS, misbehaving as
// its flags say, dying and being started again, while Handover moves the records
// of a leaver.

const (
	recordsKey = "key-of-the-records-app"
	appOpen    = 200
	appClosed  = 3
)

func TestRecordsApp(t *testing.T) {
	program := buildRecordsApp(t)
	tests := []struct {
		name  string
		flags []string
		// forgetful makes Handover lose each second answer before it is journalled,
		// as a kill at that moment does.
		forgetful bool
	}{
		{"it does its work", nil, false},
		{"it fails", []string{"--fail-every=3"}, false},
		{"it is slow", []string{"--slow=50ms"}, false},
		{"it lists records twice", []string{"--twice"}, false},
		{"it dies after the move and before the answer", []string{"--die-every=3"}, false},
		{"it limits the rate", []string{"--limit-every=2"}, false},
		{"Handover dies after the answer and before the journal", nil, true},
		{"all of it", []string{"--fail-every=5", "--slow=5ms", "--twice", "--die-every=7", "--limit-every=4"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, startRecordsApp(t, program, test.flags), test.forgetful)
			o.eveLeaves()
			o.drive()
			o.checkEnd()
		})
	}
}

// office is a tenant whose records the application keeps.
type office struct {
	*testing.T
	app      *recordsApp
	store    *store.Store
	service  *reassign.Service
	now      time.Time
	messages []directory.Message
	ann, eve directory.User
	leave    directory.ID
}

// Send keeps a message until the test delivers it.
func (o *office) Send(_ context.Context, m directory.Message) error {
	o.messages = append(o.messages, m)
	return nil
}

func newOffice(t *testing.T, app *recordsApp, forgetful bool) *office {
	t.Helper()
	o := &office{T: t, app: app, now: time.Now()}
	now := func() time.Time { return o.now }
	file, err := local.Open(filepath.Join(t.TempDir(), dataFile), local.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	o.store = store.New(store.Config{Directory: file.Table(directoryTable), Records: file.Table(recordsTable), Now: now, Random: rand.Reader})
	transport := connector.Transport([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	transport.TLSClientConfig = &tls.Config{RootCAs: app.roots}
	var journal directory.JournalWriter = o.store
	if forgetful {
		journal = &forgetfulJournal{JournalWriter: o.store}
	}
	application := connector.New(connector.Config{
		Journal: journal, Transport: transport, Now: now,
		Reveal: func(_, hidden string) (string, bool) { return hidden, true },
	})
	o.service = &reassign.Service{
		Users: o.store, Leaves: o.store, Notices: o.store, Tenants: o.store, Journal: o.store, Queue: o,
		Connector: connectors{tenants: o.store, builtIn: o.store, application: application},
		Now:       now, Random: rand.Reader, Process: "test", Limits: reassign.LimitsWithin(10 * time.Minute),
	}
	o.people()
	return o
}

// forgetfulJournal fails before each second chunk is written.
type forgetfulJournal struct {
	directory.JournalWriter
	calls int
}

func (j *forgetfulJournal) AppendChunk(ctx context.Context, tenant string, chunk directory.Chunk) error {
	if j.calls++; j.calls%2 == 0 {
		return fault.New(fault.Unavailable, "killed")
	}
	return j.JournalWriter.AppendChunk(ctx, tenant, chunk)
}

// people opens the tenant, with Ann as its Master Admin, and gives Eve records.
func (o *office) people() {
	o.Helper()
	_, err := o.store.CreateTenant(o.Context(), directory.Tenant{
		ID: "acme", Name: "Acme", Country: "US", Domains: []string{"*"}, MasterAdmin: "ann",
		Connector: directory.ConnectorSetting{Kind: directory.HTTPConnector, URL: o.app.url, Auth: directory.AuthAPIKey, Hidden: recordsKey},
	}, directory.Unlimited, directory.Activity{})
	if err != nil {
		o.Fatal(err)
	}
	o.ann, o.eve = o.user("ann"), o.user("eve")
	for i := range appOpen + appClosed {
		record := map[string]any{"owner": o.eve.ID, "title": "Offer", "open": i >= appClosed}
		o.app.ask(http.MethodPut, fmt.Sprintf("/records/quote/Q-%d", i), record, &struct{}{})
	}
}

func (o *office) user(name string) directory.User {
	o.Helper()
	id, err := directory.NewID(directory.SortUser, o.now, rand.Reader)
	if err != nil {
		o.Fatal(err)
	}
	after := directory.User{ID: id, UserName: name, Active: true, Version: 1, Created: o.now, Modified: o.now, Document: []byte(`{}`)}
	made, err := o.store.CommitUser(o.Context(), "acme", directory.UserChange{After: &after})
	if err != nil {
		o.Fatal(err)
	}
	return made
}

func (o *office) eveLeaves() {
	o.Helper()
	id, err := directory.NewID(directory.SortUser, o.now, rand.Reader)
	if err != nil {
		o.Fatal(err)
	}
	leave := directory.OpenLeave(id, o.eve.Person(), o.now)
	after := o.eve
	after.Active, after.Leave, after.LeaveState = false, leave.ID, leave.State
	if _, err := o.store.CommitUser(o.Context(), "acme", directory.UserChange{Before: &o.eve, After: &after, Leave: &leave}); err != nil {
		o.Fatal(err)
	}
	o.leave = id
	if err := o.service.Send(o.Context(), "acme", id); err != nil {
		o.Fatal(err)
	}
}

// drive delivers each message twice and sweeps, an hour later each time, until
// the leave is at an end.
func (o *office) drive() {
	o.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); o.now = o.now.Add(time.Hour) {
		for len(o.messages) > 0 {
			m := o.messages[0]
			o.messages = o.messages[1:]
			for range 2 {
				o.app.await()
				if _, err := o.service.Work(o.Context(), m); err != nil {
					o.Log("work:", err)
				}
			}
		}
		leave, err := o.store.Leave(o.Context(), "acme", o.leave)
		if err != nil {
			o.Fatal(err)
		}
		if leave.State.Final() || leave.State == directory.Parked {
			return
		}
		if _, err := o.service.Sweep(o.Context()); err != nil {
			o.Log("sweep:", err)
		}
	}
}

// checkEnd wants every open record with the recipient and in the journal, once.
func (o *office) checkEnd() {
	o.Helper()
	leave, err := o.store.Leave(o.Context(), "acme", o.leave)
	if err != nil || leave.State != directory.Done {
		o.Fatalf("the leave is %s (%s: %s), %v", leave.State, leave.Code, leave.Reason, err)
	}
	o.app.await()
	open, _ := o.app.owned(o.ann.ID)
	if left, closed := o.app.owned(o.eve.ID); open != appOpen || left != 0 || closed != appClosed {
		o.Errorf("ann has %d open records, eve %d open and %d closed", open, left, closed)
	}
	chunks, err := o.store.Chunks(o.Context(), "acme", o.leave)
	if err != nil {
		o.Fatal(err)
	}
	times := map[string]int{}
	for _, chunk := range chunks {
		for _, r := range chunk.Moved {
			times[r.ID]++
		}
	}
	want := map[string]int{}
	for i := range appOpen {
		want[fmt.Sprint("Q-", i+appClosed)] = 1
	}
	if diff := cmp.Diff(want, times); diff != "" {
		o.Errorf("the journal (-wanted +written): %s", diff)
	}
}
