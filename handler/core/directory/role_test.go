package directory_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
)

func TestEffectiveRole(t *testing.T) {
	sales, support := directory.ID{1}, directory.ID{2}
	tenant := directory.Tenant{
		DefaultRole: "Reader",
		Roles: []directory.Role{
			{Name: "Reader", Permissions: []string{"quotes.read"}},
			{Name: "Sales", Permissions: []string{"quotes.read", "quotes.write"}},
		},
		Mappings: []directory.RoleMapping{{Group: sales, Role: "Sales"}, {Group: support, Role: "Support"}},
	}
	bare := directory.Tenant{}
	tests := []struct {
		name   string
		tenant *directory.Tenant
		active bool
		groups []directory.ID
		want   directory.Grant
	}{
		{
			name: "disabled wins over a mapping", tenant: &tenant, groups: []directory.ID{sales},
			want: directory.Grant{Role: "Disabled", Source: directory.RoleOfDisabled},
		},
		{
			name: "a mapping", tenant: &tenant, active: true, groups: []directory.ID{sales},
			want: directory.Grant{Role: "Sales", Permissions: []string{"quotes.read", "quotes.write"}, Source: directory.RoleOfMapping, Group: sales},
		},
		{
			name: "the first mapping, not the first group", tenant: &tenant, active: true, groups: []directory.ID{support, sales},
			want: directory.Grant{Role: "Sales", Permissions: []string{"quotes.read", "quotes.write"}, Source: directory.RoleOfMapping, Group: sales},
		},
		{
			name: "a role that is not listed has no permissions", tenant: &tenant, active: true, groups: []directory.ID{support},
			want: directory.Grant{Role: "Support", Source: directory.RoleOfMapping, Group: support},
		},
		{
			name: "no match is the default", tenant: &tenant, active: true, groups: []directory.ID{{9}},
			want: directory.Grant{Role: "Reader", Permissions: []string{"quotes.read"}, Source: directory.RoleOfTenant},
		},
		{
			name: "no default is no role", tenant: &bare, active: true,
			want: directory.Grant{Source: directory.RoleOfTenant},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			user := directory.User{Active: test.active}
			got := directory.EffectiveRole(test.tenant, &user, func(group directory.ID) bool {
				return slices.Contains(test.groups, group)
			})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("grant (-want +got):\n%s", diff)
			}
		})
	}
}
