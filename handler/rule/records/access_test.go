package records_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/rule/records"
)

var (
	sales   = directory.ID{6: 0x80, 15: 1}
	support = directory.ID{6: 0x80, 15: 2}
)

// roles is a tenant that maps two groups, sales before support.
func roles() directory.Tenant {
	return directory.Tenant{
		ID: "acme", DefaultRole: "Reader",
		Roles:    []directory.Role{{Name: "Sales", Permissions: []string{"quotes.write"}}},
		Mappings: []directory.RoleMapping{{Group: sales, Role: "Sales"}, {Group: support, Role: "Support"}},
	}
}

func TestAccessOf(t *testing.T) {
	type members = map[directory.ID][]directory.ID
	tests := []struct {
		name, userName  string
		members, claims members
		want            records.Access
	}{
		{
			"no group", "ann@acme.com", nil, nil,
			records.Access{User: ann, Grant: directory.Grant{Role: "Reader", Source: directory.RoleOfTenant}},
		},
		{
			"in any letter case", "ANN@acme.com",
			members{sales: {ann.ID}},
			nil,
			records.Access{User: ann, Grant: directory.Grant{Role: "Sales", Permissions: []string{"quotes.write"}, Source: directory.RoleOfMapping, Group: sales}},
		},
		{
			"the first mapping of two", "ann@acme.com",
			members{sales: {ann.ID}, support: {ann.ID}},
			nil,
			records.Access{User: ann, Grant: directory.Grant{Role: "Sales", Permissions: []string{"quotes.write"}, Source: directory.RoleOfMapping, Group: sales}},
		},
		{
			"a row outlived the membership", "ann@acme.com",
			members{support: {ann.ID}},
			members{ann.ID: {sales, support}},
			records.Access{User: ann, Grant: directory.Grant{Role: "Support", Source: directory.RoleOfMapping, Group: support}},
		},
		{
			"all rows outlived their memberships", "ann@acme.com", nil,
			members{ann.ID: {sales, support}},
			records.Access{User: ann, Grant: directory.Grant{Role: "Reader", Source: directory.RoleOfTenant}},
		},
		{
			"disabled, in a group", "cid@acme.com",
			members{sales: {cid.ID}},
			nil,
			records.Access{User: cid, Grant: directory.Grant{Role: "Disabled", Source: directory.RoleOfDisabled}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk()
			d.memory["acme"].Members, d.memory["acme"].Claims = test.members, test.claims
			got, err := d.AccessOf(t.Context(), roles(), test.userName)
			test.want.AsOf = noon
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v, access (-want +got):\n%s", err, diff)
			}
			byID, err := d.User(t.Context(), roles(), test.want.User.ID)
			if diff := cmp.Diff(test.want, byID); err != nil || diff != "" {
				t.Errorf("%v, access by id (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestALockedRoleStays(t *testing.T) {
	d := newDesk()
	d.memory["acme"].Members = map[directory.ID][]directory.ID{support: {ann.ID}}
	d.memory["acme"].Users[0].Lock = directory.RoleLock{Role: "Sales", Reason: "stands in", By: "operator", At: noon}
	got, err := d.AccessOf(t.Context(), roles(), "ann@acme.com")
	want := directory.Grant{Role: "Sales", Permissions: []string{"quotes.write"}, Source: directory.RoleOfLock}
	if diff := cmp.Diff(want, got.Grant); err != nil || diff != "" {
		t.Errorf("%v, grant (-want +got):\n%s", err, diff)
	}
}

// TestACutOffRemovalIsNoticedWithinFiveSeconds lets a row outlive a membership
// after the process has seen that all was settled.
func TestACutOffRemovalIsNoticedWithinFiveSeconds(t *testing.T) {
	d := newDesk()
	now := noon
	d.Now = func() time.Time { return now }
	d.memory["acme"].Members = map[directory.ID][]directory.ID{sales: {ann.ID}}
	role := func() string {
		a, err := d.AccessOf(t.Context(), roles(), "ann@acme.com")
		if err != nil {
			t.Fatal(err)
		}
		return a.Role
	}
	if got := role(); got != "Sales" {
		t.Fatalf("role %s before the removal", got)
	}
	d.memory["acme"].Claims = map[directory.ID][]directory.ID{ann.ID: {sales}}
	d.memory["acme"].Members = nil
	now = noon.Add(5 * time.Second)
	if got := role(); got != "Reader" {
		t.Errorf("role %s, 5 seconds after a removal that was cut off", got)
	}
}

func TestAccessOfAStranger(t *testing.T) {
	d := newDesk()
	if _, err := d.AccessOf(t.Context(), roles(), "eve@acme.com"); !fault.Is(err, fault.NotFound) {
		t.Errorf("by name: %v", err)
	}
	if _, err := d.User(t.Context(), roles(), gone); !fault.Is(err, fault.NotFound) {
		t.Errorf("by id: %v", err)
	}
}

func TestListUsers(t *testing.T) {
	d := newDesk()
	d.memory["acme"].Members = map[directory.ID][]directory.ID{support: {bob.ID}}
	list, next, err := d.ListUsers(t.Context(), roles(), directory.ID{}, 2)
	if err != nil || len(list) != 2 || next != bob.ID {
		t.Fatalf("first page: %v, next %v, %v", list, next, err)
	}
	rest, next, err := d.ListUsers(t.Context(), roles(), next, 2)
	if err != nil || !next.IsZero() {
		t.Fatalf("last page: %v, next %v, %v", rest, next, err)
	}
	got := map[string]string{}
	for _, a := range append(list, rest...) {
		got[a.User.UserName] = a.Role
	}
	want := map[string]string{"ann@acme.com": "Reader", "bob@acme.com": "Support", "cid@acme.com": "Disabled"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

// failing is groups that cannot be read.
type failing struct{ directorytest.Memory }

func busy() error { return fault.New(fault.StorageBusy, "busy") }

func (failing) UserAndGroupsByName(context.Context, string, string) (directory.User, []directory.ID, error) {
	return directory.User{}, nil, busy()
}

func (failing) GroupsOfUsers(context.Context, string, directory.ID, directory.ID) (map[directory.ID][]directory.ID, error) {
	return nil, busy()
}

// doubtful is a store that cannot say whether memberships are settled.
type doubtful struct{ directorytest.Memory }

func (doubtful) Unsettled(context.Context, string) (bool, error) { return false, busy() }

func TestNobodyIsGrantedARoleThatCouldNotBeRead(t *testing.T) {
	d := newDesk()
	for _, members := range []directory.Memberships{failing{d.memory}, doubtful{d.memory}} {
		d.Members = members
		if _, err := d.AccessOf(t.Context(), roles(), "ann@acme.com"); !fault.Is(err, fault.StorageBusy) {
			t.Errorf("one user: %v", err)
		}
		if _, _, err := d.ListUsers(t.Context(), roles(), directory.ID{}, 10); !fault.Is(err, fault.StorageBusy) {
			t.Errorf("a page: %v", err)
		}
	}
}
