package store_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func TestTenantKeepsItsSettings(t *testing.T) {
	w := newWorld(t)
	many := make([]directory.RoleMapping, 800) // more JSON than one column takes
	for i := range many {
		many[i] = directory.RoleMapping{Group: w.id(directory.SortGroup), Role: "Sales"}
	}
	want := directory.Tenant{
		ID: "big", Name: "Big", Country: "CA", Domains: []string{"big.com", "*.big.com"}, MasterAdmin: "ann@big.com",
		Deputies: []string{"bob@big.com"}, DefaultRole: "Guest", Roles: []directory.Role{{Name: "Sales", Permissions: []string{"quote.write"}}},
		Mappings: many, ScimOff: true, Strict: true, Created: clock, Modified: clock.Add(time.Second),
	}
	created, err := w.CreateTenant(t.Context(), want, 7, did(directory.TenantCreated))
	if err != nil {
		t.Fatal(err)
	}
	read, err := w.Tenant(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(created, read); diff != "" {
		t.Errorf("created and read differ: %s", diff)
	}
	if diff := cmp.Diff(want, read, cmpopts.IgnoreFields(directory.Tenant{}, "ETag")); diff != "" {
		t.Errorf("wanted and read differ: %s", diff)
	}
	if c, err := w.Counters(t.Context(), "big"); err != nil || c != (directory.Counters{Cap: 7}) {
		t.Errorf("counters %+v, %v", c, err)
	}
	if _, err := w.CreateTenant(t.Context(), want, 7, directory.Activity{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("created twice: %v", err)
	}
}

func TestTenantThatIsNone(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"none", "~", "", "No/Tenant"} {
		if _, err := w.Tenant(t.Context(), id); !fault.Is(err, fault.NotFound) {
			t.Errorf("Tenant(%q): %v", id, err)
		}
	}
	u := w.user("ann")
	if _, err := w.CommitUser(t.Context(), "none", directory.UserChange{After: &u}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a user of no tenant: %v", err)
	}
}

func TestListTenantsSkipsHalfMadeOnes(t *testing.T) {
	synctest.Test(t, listSkips)
}

func listSkips(t *testing.T) {
	w := worldOn(t, tabletest.ShortPages(newMemory(), 3), newMemory())
	dying := w.openOn(killed(w.directory, 2, false), w.records)
	half := directory.Tenant{ID: "b-half", Name: "Half"}
	if _, err := dying.CreateTenant(t.Context(), half, -1, directory.Activity{}); err == nil {
		t.Fatal("the creation survived")
	}
	for i := range 9 {
		if _, err := w.CreateTenant(t.Context(), directory.Tenant{ID: fmt.Sprint("c-", i), Name: "C"}, -1, directory.Activity{}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"acme", "c-0", "c-1", "c-2", "c-3", "c-4", "c-5", "c-6", "c-7", "c-8"}
	if diff := cmp.Diff(want, tenantIDs(w, 4)); diff != "" {
		t.Error(diff)
	}
	if _, err := w.CreateTenant(t.Context(), half, -1, directory.Activity{}); err != nil {
		t.Errorf("creating again: %v", err)
	}
	if got := tenantIDs(w, 100); len(got) != 11 || got[1] != "b-half" {
		t.Errorf("list: %q", got)
	}
}

func tenantIDs(w *world, page int) (ids []string) {
	after := ""
	for {
		tenants, err := w.ListTenants(w.Context(), after, page)
		if err != nil {
			w.Fatal(err)
		}
		for i := range tenants {
			ids = append(ids, tenants[i].ID)
			after = tenants[i].ID
		}
		if len(tenants) < page {
			return ids
		}
	}
}

func TestCredentials(t *testing.T) {
	w := newWorld(t)
	one, text, err := credential.Issue(credential.ScimToken, "entra", clock, clock.AddDate(1, 0, 0), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddCredential(t.Context(), tenant, one, did(directory.CredentialIssued)); err != nil {
		t.Fatal(err)
	}
	if err := w.AddCredential(t.Context(), tenant, one, directory.Activity{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("added twice: %v", err)
	}
	read, err := w.Credential(t.Context(), tenant, one.ID)
	if diff := cmp.Diff(one, read); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	shown, _ := credential.Parse(text)
	if !shown.Opens(read, clock) {
		t.Error("the stored credential does not know its secret")
	}
	if list, err := w.Credentials(t.Context(), tenant); err != nil || len(list) != 1 {
		t.Errorf("list %v, %v", list, err)
	}
	for _, id := range []string{"", "no/id", "0000"} {
		if _, err := w.Credential(t.Context(), tenant, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("Credential(%q): %v", id, err)
		}
	}
	if err := w.RevokeCredential(t.Context(), tenant, one.ID, did(directory.CredentialRevoked)); err != nil {
		t.Error(err)
	}
	if err := w.RevokeCredential(t.Context(), tenant, one.ID, did(directory.CredentialRevoked)); !fault.Is(err, fault.NotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestActivitiesNewestFirst(t *testing.T) {
	w := worldOn(t, tabletest.ShortPages(newMemory(), 5), newMemory())
	var want []directory.Activity
	for i := range 10 {
		u := w.user(fmt.Sprint("user-", i))
		a := directory.Activity{At: clock.Add(time.Duration(i) * time.Second), Kind: directory.UserCreated, Actor: "k", Target: u.ID, Detail: "userName"}
		if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{After: &u, Activity: a}); err != nil {
			t.Fatal(err)
		}
		want = append([]directory.Activity{a}, want...)
	}
	got, err := w.Activities(t.Context(), tenant, directory.ActivityQuery{Limit: 7})
	if diff := cmp.Diff(want[:7], got.Lines); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestHints(t *testing.T) {
	w := newWorld(t)
	disable := func(name string) {
		u := w.create(w.user(name))
		after := u
		after.Active = false
		leave := directory.OpenLeave(w.id(directory.SortUser), u.Person(), w.now)
		if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{Before: &u, After: &after, Leave: &leave}); err != nil {
			t.Fatal(err)
		}
	}
	work := func() []directory.Work {
		list, err := w.TenantsWithWork(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := work(); len(list) != 0 {
		t.Errorf("work before there is any: %v", list)
	}
	disable("ann")
	first := work()
	if len(first) != 1 || first[0].Tenant != tenant {
		t.Fatalf("work: %v", first)
	}
	disable("bob")
	if again := work(); again[0].ETag != first[0].ETag {
		t.Error("the hint was written twice in a minute")
	}
	if err := w.Rest(t.Context(), first[0]); err != nil || len(work()) != 1 {
		t.Errorf("a young hint was forgotten, %v", err)
	}
	w.now = w.now.Add(2 * time.Minute)
	disable("cid")
	if err := w.Rest(t.Context(), first[0]); err != nil || len(work()) != 1 {
		t.Errorf("a renewed hint was forgotten, %v", err)
	}
	renewed := work()[0]
	w.now = w.now.Add(2 * time.Minute)
	if err := w.Rest(t.Context(), renewed); err != nil || len(work()) != 0 {
		t.Errorf("the hint was not forgotten, %v", err)
	}
}
