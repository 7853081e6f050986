package admin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/rule/admin"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// zeros is randomness that a test can foresee.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// office is a service over a memory, and what it told of changes.
type office struct {
	*admin.Service
	memory  directorytest.Memory
	changed []string
}

func newOffice(memory directorytest.Memory) *office {
	o := &office{memory: memory}
	o.Service = &admin.Service{
		Tenants: memory, Purges: memory, Users: memory, Groups: memory, Leaves: memory, Journal: memory, Countries: []string{"US", "CA"},
		Now: func() time.Time { return noon.Add(123456 * time.Nanosecond) }, Random: zeros{},
		Changed: func(tenant string) { o.changed = append(o.changed, tenant) },
	}
	return o
}

func acme() directorytest.Memory {
	return directorytest.Memory{"acme": {Settings: directory.Tenant{ID: "acme", Name: "Acme Inc"}}}
}

func newTenant(change func(*directory.Tenant)) directory.Tenant {
	t := directory.Tenant{ID: "acme", Name: "Acme Inc", Country: "US", Domains: []string{"ACME.com"}, MasterAdmin: "ann@acme.com"}
	change(&t)
	return t
}

func TestCreateTenant(t *testing.T) {
	o := newOffice(directorytest.Memory{})
	got, err := o.CreateTenant(t.Context(), "operator", newTenant(func(*directory.Tenant) {}), 50)
	if err != nil {
		t.Fatal(err)
	}
	want := admin.Overview{
		Tenant: directory.Tenant{
			ID: "acme", Name: "Acme Inc", Country: "US", Domains: []string{"acme.com"}, MasterAdmin: "ann@acme.com",
			RetentionDays: 365, Created: noon, Modified: noon,
		},
		Counters: directory.Counters{Cap: 50},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tenant (-want +got):\n%s", diff)
	}
	activity := []directory.Activity{{At: noon, Kind: directory.TenantCreated, Actor: "operator"}}
	if diff := cmp.Diff(activity, o.memory["acme"].Activity); diff != "" {
		t.Errorf("activity (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"acme"}, o.changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if _, err := o.CreateTenant(t.Context(), "operator", got.Tenant, directory.Unlimited); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same id again: %v", err)
	}
}

func TestCreateTenantRefuses(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*directory.Tenant)
		userCap int64
		want    string
	}{
		{"a bad id", func(t *directory.Tenant) { t.ID = "Acme" }, 0, `id must be 1 to 64 of a-z, 0-9 and "-", for example "acme"`},
		{"no domain", func(t *directory.Tenant) { t.Domains = nil }, 0, `domains must name at least one verified domain, for example "acme.com", or "*" for no check`},
		{"a cap below none", func(*directory.Tenant) {}, -2, "userCap must be 0 or more, or left out for no cap, for example 50"},
		{"a long Master Admin", func(t *directory.Tenant) { t.MasterAdmin = strings.Repeat("a", 257) }, 0, `masterAdmin must be a userName of at most 256 bytes, for example "ann@acme.com"`},
		{"many deputies", func(t *directory.Tenant) { t.Deputies = make([]string, 17) }, 0, `deputies must be at most 16 userNames, for example ["bob@acme.com"]`},
		{"an empty deputy", func(t *directory.Tenant) { t.Deputies = []string{""} }, 0, `deputies must be userNames of 1 to 256 bytes, for example ["bob@acme.com"]`},
		{"a long role", func(t *directory.Tenant) { t.DefaultRole = strings.Repeat("r", 65) }, 0, `defaultRole must be at most 64 bytes, for example "Sales"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := newOffice(directorytest.Memory{})
			_, err := o.CreateTenant(t.Context(), "operator", newTenant(test.change), test.userCap)
			if f := fault.Of(err); f == nil || f.Code != fault.InvalidValue || f.Message != test.want {
				t.Errorf("error is %v, want %q", err, test.want)
			}
			if len(o.memory) != 0 {
				t.Error("the tenant was made all the same")
			}
		})
	}
}

func TestListTenants(t *testing.T) {
	memory := directorytest.Memory{}
	for _, id := range []string{"a", "b", "c"} {
		memory[id] = &directorytest.Content{Settings: directory.Tenant{ID: id}}
	}
	o := newOffice(memory)
	var pages []string
	after, more := "", true
	for more {
		list, next, err := o.ListTenants(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		page := ""
		for _, tenant := range list {
			page += tenant.ID
		}
		pages = append(pages, page)
		after, more = next, next != ""
	}
	if diff := cmp.Diff([]string{"ab", "c"}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if _, next, _ := o.ListTenants(t.Context(), "", 3); next != "" {
		t.Errorf("a page that holds the end continues at %q", next)
	}
}

func TestIssueAndRevokeCredential(t *testing.T) {
	o := newOffice(acme())
	c, text, err := o.IssueCredential(t.Context(), "operator", "acme", credential.ScimToken, "entra", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if c.Label != "entra" || !c.Created.Equal(noon) || !c.Expires.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("credential is %+v", c)
	}
	shown, ok := credential.Parse(text)
	if !ok || !shown.Opens(c, noon) || shown.Opens(c, noon.Add(24*time.Hour)) {
		t.Errorf("the text %q does not open what is kept, for a day", text)
	}
	activity := []directory.Activity{{At: noon, Kind: directory.CredentialIssued, Actor: "operator", Detail: c.ID}}
	if diff := cmp.Diff(activity, o.memory["acme"].Activity); diff != "" {
		t.Errorf("activity (-want +got):\n%s", diff)
	}
	list, err := o.ListCredentials(t.Context(), "acme")
	if diff := cmp.Diff([]credential.Credential{c}, list); err != nil || diff != "" {
		t.Errorf("list: %v (-want +got):\n%s", err, diff)
	}
	if err := o.RevokeCredential(t.Context(), "operator", "acme", c.ID); err != nil {
		t.Fatal(err)
	}
	last := o.memory["acme"].Activity[1]
	if want := (directory.Activity{At: noon, Kind: directory.CredentialRevoked, Actor: "operator", Detail: c.ID}); last != want {
		t.Errorf("activity is %+v", last)
	}
	if list, err := o.ListCredentials(t.Context(), "acme"); err != nil || len(list) != 0 {
		t.Errorf("after revocation: %v, %v", list, err)
	}
	if diff := cmp.Diff([]string{"acme", "acme"}, o.changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

func TestACredentialWithoutEnd(t *testing.T) {
	c, _, err := newOffice(acme()).IssueCredential(t.Context(), "operator", "acme", credential.AppKey, "", 0)
	if err != nil || !c.Expires.IsZero() {
		t.Errorf("expires %v, %v", c.Expires, err)
	}
}

func TestIssueCredentialRefuses(t *testing.T) {
	tests := []struct {
		name, tenant, label string
		lifetime            time.Duration
		want                fault.Code
	}{
		{"a long label", "acme", strings.Repeat("l", 65), 0, fault.InvalidValue},
		{"an end in the past", "acme", "", -time.Second, fault.InvalidValue},
		{"an end too far off", "acme", "", 3651 * 24 * time.Hour, fault.InvalidValue},
		{"no such tenant", "globex", "", 0, fault.NotFound},
		{"no tenant id", "~", "", 0, fault.NotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := newOffice(acme())
			_, text, err := o.IssueCredential(t.Context(), "operator", test.tenant, credential.AppKey, test.label, test.lifetime)
			if !fault.Is(err, test.want) || text != "" {
				t.Errorf("text %q, error %v, want %s", text, err, test.want)
			}
			if len(o.memory["acme"].Credentials) != 0 {
				t.Error("something was issued all the same")
			}
		})
	}
}

func TestRevokeCredentialThatIsNotThere(t *testing.T) {
	for _, id := range []string{"0000000000000000", "", "../t", "00000000000000AB"} {
		if err := newOffice(acme()).RevokeCredential(t.Context(), "operator", "acme", id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// lost is a store whose answer to a revocation was lost on the way.
type lost struct{ directorytest.Memory }

func (lost) RevokeCredential(context.Context, string, string, directory.Activity) error {
	return fault.New(fault.StorageUnknown, "no answer")
}

func TestChangedIsToldWhenTheOutcomeIsUnknown(t *testing.T) {
	o := newOffice(acme())
	o.Tenants = lost{o.memory}
	err := o.RevokeCredential(t.Context(), "operator", "acme", "0000000000000000")
	if !fault.Is(err, fault.StorageUnknown) || len(o.changed) != 1 {
		t.Errorf("error %v, changed %v", err, o.changed)
	}
}

func TestLeaves(t *testing.T) {
	memory := acme()
	for i := range byte(3) {
		leave := directory.OpenLeave(directory.ID{i + 1}, directory.Person{UserName: "bob"}, noon)
		memory["acme"].Leaves = append(memory["acme"].Leaves, leave)
		memory["acme"].Journal = append(memory["acme"].Journal, directory.Chunk{Leave: leave.ID, Number: 1})
	}
	o := newOffice(memory)
	list, next, err := o.ListLeaves(t.Context(), "acme", directory.ID{}, 2, nil)
	if err != nil || len(list) != 2 || list[0].ID != (directory.ID{3}) || next != (directory.ID{2}) {
		t.Errorf("first page: %v, next %v, %v", list, next, err)
	}
	list, next, err = o.ListLeaves(t.Context(), "acme", next, 2, nil)
	if err != nil || len(list) != 1 || list[0].ID != (directory.ID{1}) || !next.IsZero() {
		t.Errorf("last page: %v, next %v, %v", list, next, err)
	}
	leave, chunks, err := o.Leave(t.Context(), "acme", directory.ID{2})
	if err != nil || leave.ID != (directory.ID{2}) || len(chunks) != 1 || chunks[0].Leave != leave.ID {
		t.Errorf("leave %v with %v, %v", leave, chunks, err)
	}
}

// TestChosenLeaves looks for every thousandth of 6,500 leaves: a page ends where
// it has enough, or has looked through 5,000.
func TestChosenLeaves(t *testing.T) {
	memory := acme()
	for i := range 6500 {
		leave := directory.OpenLeave(directory.ID{byte(i / 256), byte(i), 1}, directory.Person{UserName: "bob"}, noon)
		if i%1000 == 0 {
			leave.State = directory.Parked
		}
		memory["acme"].Leaves = append(memory["acme"].Leaves, leave)
	}
	o := newOffice(memory)
	parked := func(l *directory.Leave) bool { return l.State == directory.Parked }
	for _, limit := range []int{1, 3, 100} {
		var found, pages int
		for next := (directory.ID{}); pages == 0 || !next.IsZero(); pages++ {
			var list []directory.Leave
			var err error
			if list, next, err = o.ListLeaves(t.Context(), "acme", next, limit, parked); err != nil || len(list) > limit {
				t.Fatalf("limit %d: a page of %d, %v", limit, len(list), err)
			}
			found += len(list)
		}
		if want := map[int]int{1: 7, 3: 3, 100: 2}[limit]; found != 7 || pages != want {
			t.Errorf("limit %d: %d found on %d pages, wanted 7 on %d", limit, found, pages, want)
		}
	}
}

func TestNothingOfATenantThatIsNotThere(t *testing.T) {
	o := newOffice(acme())
	for _, tenant := range []string{"globex", "~", ""} {
		_, show := o.Tenant(t.Context(), tenant)
		_, credentials := o.ListCredentials(t.Context(), tenant)
		_, _, leaves := o.ListLeaves(t.Context(), tenant, directory.ID{}, 1, nil)
		_, _, leave := o.Leave(t.Context(), tenant, directory.ID{1})
		for i, err := range []error{show, credentials, leaves, leave} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("tenant %q, call %d: %v", tenant, i, err)
			}
		}
	}
}

func TestRandomnessThatFails(t *testing.T) {
	o := newOffice(acme())
	o.Random = brokenReader{}
	if _, _, err := o.IssueCredential(t.Context(), "operator", "acme", credential.AppKey, "", 0); !fault.Is(err, fault.Internal) {
		t.Errorf("error is %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("no randomness") }
