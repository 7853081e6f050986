package directory

import (
	"slices"
	"strings"
	"unicode"

	"handover/handler/core/fault"
)

// Limits of roles, ours.
const (
	maxRoles           = 100
	maxRoleName        = 64 // bytes
	maxPermissions     = 200
	maxPermission      = 128 // bytes
	maxMappings        = 1000
	maxLockReason      = 256 // bytes
	exampleRole        = "Sales"
	examplePermissions = `["quotes.read", "quotes.write"]`
)

func (t *Tenant) hasRole(name string) bool {
	return slices.ContainsFunc(t.Roles, func(r Role) bool { return r.Name == name })
}

func (t *Tenant) roleNames() string {
	names := make([]string, len(t.Roles))
	for i, r := range t.Roles {
		names[i] = r.Name
	}
	if len(names) == 0 {
		return "none yet"
	}
	return strings.Join(names, ", ")
}

// CheckRole refuses the name of a role that the tenant does not have, for the
// field that names it.
func (t *Tenant) CheckRole(field, name string) error {
	if t.hasRole(name) {
		return nil
	}
	return fault.New(fault.InvalidValue, "%s must be one of the tenant's roles (%s), for example %q; set a new role first", field, t.roleNames(), t.exampleRole())
}

func (t *Tenant) exampleRole() string {
	if len(t.Roles) > 0 {
		return t.Roles[0].Name
	}
	return exampleRole
}

// SetRole adds a role, or gives the one of the same name other permissions.
func (t *Tenant) SetRole(r Role) {
	i := slices.IndexFunc(t.Roles, func(other Role) bool { return other.Name == r.Name })
	if i < 0 {
		t.Roles = append(t.Roles, r)
		return
	}
	t.Roles[i] = r
}

// RemoveRole takes a role out that neither a mapping nor the default role names.
func (t *Tenant) RemoveRole(name string) error {
	switch {
	case !t.hasRole(name):
		return fault.New(fault.NotFound, "the tenant has no role of this name; its roles are %s", t.roleNames())
	case t.DefaultRole == name:
		return fault.New(fault.Conflict, "the role %q is the tenant's default role; name another default role first", name)
	case slices.ContainsFunc(t.Mappings, func(m RoleMapping) bool { return m.Role == name }):
		return fault.New(fault.Conflict, "groups are mapped to the role %q; unmap them first", name)
	}
	t.Roles = slices.DeleteFunc(t.Roles, func(r Role) bool { return r.Name == name })
	return nil
}

// Map gives the members of a group a role. A position from 1 on says where among
// the mappings; 0 leaves a mapping where it is and puts a new one last.
func (t *Tenant) Map(group ID, role string, position int) error {
	if position < 0 || position > maxMappings {
		return fault.New(fault.InvalidValue, "position must be from 1, the first, to %d, or left out, for example 1", maxMappings)
	}
	i := slices.IndexFunc(t.Mappings, func(m RoleMapping) bool { return m.Group == group })
	if i >= 0 {
		t.Mappings = slices.Delete(t.Mappings, i, i+1)
	}
	switch {
	case position > 0:
		i = position - 1
	case i < 0:
		i = len(t.Mappings)
	}
	t.Mappings = slices.Insert(t.Mappings, min(i, len(t.Mappings)), RoleMapping{Group: group, Role: role})
	return nil
}

// Unmap takes a group's mapping out.
func (t *Tenant) Unmap(group ID) error {
	i := slices.IndexFunc(t.Mappings, func(m RoleMapping) bool { return m.Group == group })
	if i < 0 {
		return fault.New(fault.NotFound, "the group %s is not mapped to a role", group)
	}
	t.Mappings = slices.Delete(t.Mappings, i, i+1)
	return nil
}

func checkRoles(s *Settings, countries []string) error {
	if len(s.Roles) > maxRoles {
		return fault.New(fault.InvalidValue, "roles must be at most %d, for example [{\"name\": %q}]", maxRoles, exampleRole)
	}
	for _, r := range s.Roles {
		if err := r.check(); err != nil {
			return err
		}
	}
	if err := checkMappings(s, countries); err != nil {
		return err
	}
	return checkDefaultRole(s, countries)
}

func (r *Role) check() error {
	if strings.TrimSpace(r.Name) != r.Name || r.Name == "" || len(r.Name) > maxRoleName || strings.ContainsFunc(r.Name, unicode.IsControl) {
		return fault.New(fault.InvalidValue, "the name of a role must be 1 to %d bytes without spaces around it, for example %q", maxRoleName, exampleRole)
	}
	if strings.EqualFold(r.Name, DisabledRole) {
		return fault.New(fault.InvalidValue, "%q is the role of every disabled user and cannot be set; choose another name, for example %q", DisabledRole, exampleRole)
	}
	isWrong := func(p string) bool {
		return p == "" || len(p) > maxPermission || strings.ContainsFunc(p, unicode.IsControl)
	}
	if len(r.Permissions) > maxPermissions || slices.ContainsFunc(r.Permissions, isWrong) {
		return fault.New(fault.InvalidValue, "permissions must be at most %d texts of 1 to %d bytes, for example %s", maxPermissions, maxPermission, examplePermissions)
	}
	return nil
}

func checkMappings(s *Settings, _ []string) error {
	if len(s.Mappings) > maxMappings {
		return fault.New(fault.InvalidValue, "mappings must be at most %d; unmap groups that no longer need a role", maxMappings)
	}
	for _, m := range s.Mappings {
		if err := s.CheckRole("role", m.Role); err != nil {
			return err
		}
	}
	return nil
}

func checkDefaultRole(s *Settings, _ []string) error {
	if len(s.DefaultRole) > maxRoleName {
		return fault.New(fault.InvalidValue, "defaultRole must be at most %d bytes, for example %q", maxRoleName, exampleRole)
	}
	if s.DefaultRole == "" {
		return nil
	}
	return s.CheckRole("defaultRole", s.DefaultRole)
}

// Check refuses a lock that the tenant cannot have.
func (l *RoleLock) Check(t *Tenant) error {
	if strings.TrimSpace(l.Reason) == "" || len(l.Reason) > maxLockReason {
		return fault.New(fault.InvalidValue, "reason must be 1 to %d bytes, for example \"stands in for the head of sales\"", maxLockReason)
	}
	return t.CheckRole("role", l.Role)
}
