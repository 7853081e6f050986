package store_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func TestChangeTenant(t *testing.T) {
	w := newWorld(t)
	before, err := w.Tenant(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	after, most := before, int64(7)
	after.Name, after.Suspended, after.RetentionDays, after.Modified = "Acme Ltd", true, 90, clock.Add(time.Hour)
	after.Entra = directory.EntraBinding{TenantID: "tid", AppIDs: []string{"a", "b"}, Subject: "sub"}
	after.Connector = directory.ConnectorSetting{Kind: directory.HTTPConnector, URL: "https://crm.example.com", Types: []string{"quote"}, Auth: directory.AuthAPIKey, Hidden: "k.x"}
	stored, err := w.ChangeTenant(t.Context(), directory.TenantChange{Before: before, After: after, Cap: &most, Activity: did(directory.TenantChanged)})
	if err != nil {
		t.Fatal(err)
	}
	read, err := w.Tenant(t.Context(), tenant)
	if diff := cmp.Diff(stored, read); err != nil || diff != "" {
		t.Errorf("%v, returned and stored differ: %s", err, diff)
	}
	if diff := cmp.Diff(after, read, cmpopts.IgnoreFields(directory.Tenant{}, "ETag")); diff != "" {
		t.Errorf("wanted and stored differ: %s", diff)
	}
	if c, _ := w.Counters(t.Context(), tenant); c.Cap != 7 {
		t.Errorf("cap %d", c.Cap)
	}
	later := int64(9)
	if _, err := w.ChangeTenant(t.Context(), directory.TenantChange{Before: before, After: after, Cap: &later}); !fault.Is(err, fault.RowChanged) {
		t.Errorf("a change of what is no longer so: %v", err)
	}
	if c, _ := w.Counters(t.Context(), tenant); c.Cap != 7 {
		t.Errorf("the cap of a refused change was written: %d", c.Cap)
	}
}

// TestCapOfAnotherProcess lets a process with a warm counter meet a cap that
// another one has changed.
func TestCapOfAnotherProcess(t *testing.T) {
	w := newWorld(t)
	other := w.open()
	setCap := func(most int64) {
		before, err := other.Tenant(t.Context(), tenant)
		if err == nil {
			_, err = other.ChangeTenant(t.Context(), directory.TenantChange{Before: before, After: before, Cap: &most})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.users(3)
	setCap(2) // below what there is: nobody loses anything
	u := w.user("ann")
	if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{After: &u}); !fault.Is(err, fault.UserCapReached) {
		t.Errorf("over a lowered cap: %v", err)
	}
	if c, _ := w.Counters(t.Context(), tenant); c.Active != 3 {
		t.Errorf("lowering the cap left %d active", c.Active)
	}
	setCap(4)
	if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{After: &u}); err != nil {
		t.Errorf("the next try under a raised cap: %v", err)
	}
}

// TestCapChangesWhileUsersAreCreated wants none of the numbers lost.
func TestCapChangesWhileUsersAreCreated(t *testing.T) {
	w := newWorld(t)
	other := w.open()
	var work sync.WaitGroup
	users := make([]directory.User, 40)
	for i := range users {
		users[i] = w.user(fmt.Sprint("user-", i))
	}
	for i := range users {
		work.Go(func() {
			if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{After: &users[i]}); err != nil {
				t.Error(err)
			}
		})
	}
	for most := range int64(10) {
		before, err := other.Tenant(t.Context(), tenant)
		if err == nil {
			_, err = other.ChangeTenant(t.Context(), directory.TenantChange{Before: before, After: before, Cap: new(most + 100)})
		}
		if err != nil {
			t.Error(err)
		}
	}
	work.Wait()
	if c, err := w.Counters(t.Context(), tenant); err != nil || c != (directory.Counters{Users: 40, Active: 40, Cap: 109}) {
		t.Errorf("counters %+v, %v", c, err)
	}
}

func TestUseIsWrittenOnceAMinuteByAllProcesses(t *testing.T) {
	w := newWorld(t)
	c, _, err := credential.Issue(credential.AppKey, "app", clock, time.Time{}, rand.Reader)
	if err == nil {
		err = w.AddCredential(t.Context(), tenant, c, did(directory.CredentialIssued))
	}
	if err != nil {
		t.Fatal(err)
	}
	w.directory.Take()
	for second := range 121 {
		if second%10 == 0 {
			if err := w.UsedCredential(t.Context(), tenant, c.ID, clock.Add(time.Duration(second)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := w.directory.Take(); got.Transact != 3 {
		t.Errorf("%+v, want 3 writes in two minutes", got)
	}
	read, err := w.Credential(t.Context(), tenant, c.ID)
	if err != nil || !read.LastUsed.Equal(clock.Add(2*time.Minute)) || read.Hash != c.Hash || read.Label != "app" {
		t.Errorf("%+v, %v", read, err)
	}
	if err := w.RevokeCredential(t.Context(), tenant, c.ID, did(directory.CredentialRevoked)); err != nil {
		t.Fatal(err)
	}
	if err := w.UsedCredential(t.Context(), tenant, c.ID, clock.Add(time.Hour)); !fault.Is(err, fault.NotFound) {
		t.Errorf("a use brought it back: %v", err)
	}
}

func TestRoundTripsOfRoles(t *testing.T) {
	w := newWorld(t)
	ids := w.users(100)
	g := w.group("Sales", ids...)
	w.group("Board", ids[0], g.ID)
	ann := w.create(w.user("ann@acme.com"))
	tests := []struct {
		name string
		run  func() error
		want tabletest.Counts
	}{
		{"user and groups", func() error { _, _, err := w.UserAndGroups(t.Context(), tenant, ids[0]); return err }, tabletest.Counts{Get: 1, Query: 1}},
		{"by name", func() error {
			u, _, err := w.UserAndGroupsByName(t.Context(), tenant, "ANN@acme.com")
			if u.ID != ann.ID {
				t.Errorf("found %s", u.UserName)
			}
			return err
		}, tabletest.Counts{Get: 2, Query: 1}},
		{"a page of 100", func() error {
			groups, err := w.GroupsOfUsers(t.Context(), tenant, ids[0], ids[99])
			if len(groups) != 100 || len(groups[ids[0]]) != 2 || len(groups[ids[99]]) != 1 {
				t.Errorf("groups of %d users", len(groups))
			}
			return err
		}, tabletest.Counts{Query: 1}},
		{"settled", func() error {
			unsettled, err := w.Unsettled(t.Context(), tenant)
			if unsettled {
				t.Error("nothing is under way, and it says otherwise")
			}
			return err
		}, tabletest.Counts{Query: 1}},
	}
	for _, test := range tests {
		w.directory.Take()
		if err := test.run(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := w.directory.Take(); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
	if _, _, err := w.UserAndGroupsByName(t.Context(), tenant, "eve@acme.com"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
}

// TestDeletionSurvivesKills carries a deletion out by processes that die after
// every few steps, and wants nothing left of the tenant and all of the other.
func TestDeletionSurvivesKills(t *testing.T) {
	w := worldOn(t, tabletest.ShortPages(newMemory(), 4), tabletest.ShortPages(newMemory(), 4))
	ids := w.users(250)
	w.group("Sales", ids...)
	for i := range 40 {
		r := directory.Record{Type: "quote", ID: fmt.Sprint(i), Owner: ids[0], Title: "Deal", Status: directory.RecordOpen}
		if err := w.PutRecord(t.Context(), tenant, r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.CreateTenant(t.Context(), directory.Tenant{ID: "other", Name: "Other"}, -1, did(directory.TenantCreated)); err != nil {
		t.Fatal(err)
	}
	before, err := w.Tenant(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	marked := before
	marked.Deleting = clock
	if _, err := w.BeginPurge(t.Context(), directory.TenantChange{Before: before, After: marked, Activity: did(directory.TenantDeleting)}); err != nil {
		t.Fatal(err)
	}
	var p directory.Purge
	for kill := 1; !p.Empty; kill++ {
		dying := w.openOn(killed(w.directory, kill%9+3, false), w.records)
		if p, err = w.Purge(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		for err == nil && !p.Empty {
			p, err = dying.PurgeRows(t.Context(), p)
		}
		if kill > 2000 {
			t.Fatal("it does not come to an end")
		}
	}
	if p.Rows == 0 || p.Removed > p.Rows {
		t.Errorf("progress says %d of %d", p.Removed, p.Rows)
	}
	if kept := rowsOf(t, w.directory, tenant); kept != 2 {
		t.Errorf("%d rows before the end, want settings and counters", kept)
	}
	if err := w.EndPurge(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if left := rowsOf(t, w.directory, tenant) + rowsOf(t, w.records, tenant); left != 0 {
		t.Errorf("%d rows are left", left)
	}
	if diff := cmp.Diff([]string{"other"}, tenantIDs(w, 10)); diff != "" {
		t.Errorf("tenants: %s", diff)
	}
	if purges, err := w.Purges(t.Context()); err != nil || len(purges) != 0 {
		t.Errorf("deletions under way: %v, %v", purges, err)
	}
	w.createTenant(-1) // the id is free again
}

func rowsOf(t *testing.T, in table.Table, partition string) (n int) {
	t.Helper()
	for _, err := range table.Rows(t.Context(), in, table.Query{Partition: partition}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
