package directory

import "slices"

// DisabledRole is the role of every disabled user, whatever the settings say.
const DisabledRole = "Disabled"

// RoleSource tells what gave a user the effective role.
type RoleSource string

// The sources of a role, the strongest first.
const (
	// RoleOfDisabled is that of a disabled user.
	RoleOfDisabled RoleSource = "disabled"
	// RoleOfLock is the role that an operator locked for the user.
	RoleOfLock RoleSource = "lock"
	// RoleOfMapping is that of the first mapping whose group holds the user.
	RoleOfMapping RoleSource = "mapping"
	// RoleOfTenant is the tenant's default role.
	RoleOfTenant RoleSource = "default"
)

// Grant is the effective role of a user, and where it comes from.
type Grant struct {
	// Role may be empty: no mapping matched and the tenant has no default role.
	Role string
	// Permissions are those of the role; a role that the tenant does not list
	// carries none.
	Permissions []string
	Source      RoleSource
	// Group is the one whose mapping decided; zero for any other source.
	Group ID
}

// EffectiveRole decides what a user may do. It asks memberOf for the groups of
// the tenant's mappings in their order, until one holds the user.
func EffectiveRole(t *Tenant, u *User, memberOf func(group ID) bool) Grant {
	if !u.Active {
		return Grant{Role: DisabledRole, Source: RoleOfDisabled}
	}
	if u.Lock.Role != "" {
		return Grant{Role: u.Lock.Role, Permissions: t.permissions(u.Lock.Role), Source: RoleOfLock}
	}
	for _, m := range t.Mappings {
		if memberOf(m.Group) {
			return Grant{Role: m.Role, Permissions: t.permissions(m.Role), Source: RoleOfMapping, Group: m.Group}
		}
	}
	return Grant{Role: t.DefaultRole, Permissions: t.permissions(t.DefaultRole), Source: RoleOfTenant}
}

func (t *Tenant) permissions(role string) []string {
	i := slices.IndexFunc(t.Roles, func(r Role) bool { return r.Name == role })
	if i < 0 {
		return nil
	}
	return t.Roles[i].Permissions
}
