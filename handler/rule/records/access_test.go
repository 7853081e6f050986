package records_test

import (
	"context"
	"testing"

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

func (failing) GroupsOf(context.Context, string, directory.ID) ([]directory.ID, error) {
	return nil, fault.New(fault.StorageBusy, "busy")
}

func TestNobodyIsGrantedARoleThatCouldNotBeRead(t *testing.T) {
	d := newDesk()
	d.Groups = failing{d.memory}
	if _, err := d.AccessOf(t.Context(), roles(), "ann@acme.com"); !fault.Is(err, fault.StorageBusy) {
		t.Errorf("one user: %v", err)
	}
	if _, _, err := d.ListUsers(t.Context(), roles(), directory.ID{}, 10); !fault.Is(err, fault.StorageBusy) {
		t.Errorf("a page: %v", err)
	}
	if _, err := d.AccessOf(t.Context(), directory.Tenant{ID: "acme"}, "ann@acme.com"); err != nil {
		t.Errorf("without mappings no group is read: %v", err)
	}
}
