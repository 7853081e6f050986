package store_test

import (
	"crypto/rand"
	"testing"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
)

// tenant is where most tests keep their rows.
const tenant = "acme"

// clock is the time of a test.
var clock = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

// world is a store on two tables of its own, with one tenant.
type world struct {
	testing.TB
	*store.Store
	directory, records *tabletest.Counter
	now                time.Time
	made               int
}

func newWorld(t testing.TB) *world { return worldOn(t, newMemory(), newMemory()) }

func worldOn(t testing.TB, directory, records table.Table) *world {
	w := &world{TB: t, directory: tabletest.Counting(directory), records: tabletest.Counting(records), now: clock}
	w.Store = w.open()
	w.createTenant(-1)
	return w
}

// open makes another store on the same tables, as another process would.
func (w *world) open() *store.Store {
	return w.openOn(w.directory, w.records)
}

func (w *world) openOn(directory, records table.Table) *store.Store {
	return store.New(store.Config{Directory: directory, Records: records, Now: func() time.Time { return w.now }, Random: rand.Reader})
}

func (w *world) createTenant(cap int64) {
	w.Helper()
	_, err := w.CreateTenant(w.Context(), directory.Tenant{ID: tenant, Name: "Acme", Country: "US", Domains: []string{"*"}}, cap, directory.Activity{})
	if err != nil {
		w.Fatal(err)
	}
}

// id makes ids in the order of the calls.
func (w *world) id(sort directory.Sort) directory.ID {
	w.made++
	id, err := directory.NewID(sort, clock.Add(time.Duration(w.made)*time.Millisecond), rand.Reader)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func (w *world) user(name string) directory.User {
	return directory.User{
		ID: w.id(directory.SortUser), UserName: name, Active: true, Version: 1, Created: clock, Modified: clock,
		Document: []byte(`{"userName":"` + name + `"}`),
	}
}

func did(kind directory.ActivityKind) directory.Activity {
	return directory.Activity{At: clock, Kind: kind, Actor: "test"}
}

// create commits a new user.
func (w *world) create(u directory.User) directory.User {
	w.Helper()
	created, err := w.CommitUser(w.Context(), tenant, directory.UserChange{After: &u, Activity: did(directory.UserCreated)})
	if err != nil {
		w.Fatalf("create %s: %v", u.UserName, err)
	}
	return created
}

func (w *world) users(n int) []directory.ID {
	w.Helper()
	ids := make([]directory.ID, n)
	for i := range ids {
		u := w.user("")
		u.UserName = "member-" + u.ID.String()
		ids[i] = w.create(u).ID
	}
	return ids
}

// group commits a new group.
func (w *world) group(name string, members ...directory.ID) directory.Group {
	w.Helper()
	g := directory.Group{ID: w.id(directory.SortGroup), DisplayName: name, Version: 1, Created: clock, Modified: clock, Document: []byte("{}")}
	created, err := w.CommitGroup(w.Context(), tenant, directory.GroupChange{
		After: &g, Members: directory.MemberChange{Add: members}, Activity: did(directory.GroupCreated),
	})
	if err != nil {
		w.Fatalf("create group %s: %v", name, err)
	}
	return created
}

// changeMembers commits a change of members alone.
func (w *world) changeMembers(g directory.Group, m directory.MemberChange) (directory.Group, error) {
	after := g
	after.Version++
	return w.CommitGroup(w.Context(), tenant, directory.GroupChange{Before: &g, After: &after, Members: m, Activity: did(directory.GroupChanged)})
}
