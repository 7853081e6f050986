// Package directorytest keeps directories in memory, for the tests of whoever
// reads and writes them through the ports of core/directory.
//
// It holds the reads and simple writes that administration and the business
// application need; what commits changes of users, groups and leaves is not
// here, since only the real store shows whether that is right.
package directorytest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Memory is the directories of all tenants, by id. It is not safe for
// concurrent writes.
type Memory map[string]*Content

// Content is what one tenant holds.
type Content struct {
	Settings    directory.Tenant
	Counters    directory.Counters
	Credentials []credential.Credential
	// Activity is in the order in which it was written.
	Activity []directory.Activity
	// Users, Leaves and Records are in the order of their making.
	Users   []directory.User
	Leaves  []directory.Leave
	Journal []directory.Chunk
	Records []directory.Record
	Groups  []directory.Group
	// Members holds what each group has; Claims, if a user is among its keys,
	// says which groups the user's own rows list instead.
	Members map[directory.ID][]directory.ID
	Claims  map[directory.ID][]directory.ID
	// Removed is how far the deletion of the tenant is.
	Removed directory.Purge
}

var (
	_ directory.Tenants = Memory{}
	_ directory.Records = Memory{}
	_ directory.History = Memory{}
)

func missing(what string) error { return fault.New(fault.NotFound, "there is no such %s", what) }

// of is a tenant's content; an empty one, which keeps nothing, if there is no
// such tenant.
func (m Memory) of(tenant string) *Content {
	if c, ok := m[tenant]; ok {
		return c
	}
	return &Content{}
}

// find returns the first of a list that matches.
func find[T any](list []T, what string, match func(T) bool) (T, error) {
	if i := slices.IndexFunc(list, match); i >= 0 {
		return list[i], nil
	}
	var none T
	return none, missing(what)
}

// Tenant implements directory.Tenants.
func (m Memory) Tenant(_ context.Context, id string) (directory.Tenant, error) {
	if c, ok := m[id]; ok {
		return c.Settings, nil
	}
	return directory.Tenant{}, missing("tenant")
}

// CreateTenant implements directory.Tenants.
func (m Memory) CreateTenant(_ context.Context, t directory.Tenant, userCap int64, a directory.Activity) (directory.Tenant, error) {
	if _, taken := m[t.ID]; taken {
		return directory.Tenant{}, fault.New(fault.Conflict, "the tenant id %q is taken", t.ID)
	}
	m[t.ID] = &Content{Settings: t, Counters: directory.Counters{Cap: userCap}, Activity: []directory.Activity{a}}
	return t, nil
}

// ListTenants implements directory.Tenants.
func (m Memory) ListTenants(_ context.Context, after string, limit int) ([]directory.Tenant, error) {
	var list []directory.Tenant
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if id > after && len(list) < limit {
			list = append(list, m[id].Settings)
		}
	}
	return list, nil
}

// Credential implements directory.Tenants.
func (m Memory) Credential(_ context.Context, tenant, id string) (credential.Credential, error) {
	return find(m.of(tenant).Credentials, "credential", func(c credential.Credential) bool { return c.ID == id })
}

// AddCredential implements directory.Tenants.
func (m Memory) AddCredential(_ context.Context, tenant string, c credential.Credential, a directory.Activity) error {
	content := m.of(tenant)
	content.Credentials = append(content.Credentials, c)
	content.Activity = append(content.Activity, a)
	return nil
}

// Credentials implements directory.Tenants.
func (m Memory) Credentials(_ context.Context, tenant string) ([]credential.Credential, error) {
	return slices.Clone(m.of(tenant).Credentials), nil
}

// RevokeCredential implements directory.Tenants.
func (m Memory) RevokeCredential(ctx context.Context, tenant, id string, a directory.Activity) error {
	if _, err := m.Credential(ctx, tenant, id); err != nil {
		return err
	}
	content := m.of(tenant)
	content.Credentials = slices.DeleteFunc(content.Credentials, func(c credential.Credential) bool { return c.ID == id })
	content.Activity = append(content.Activity, a)
	return nil
}

// Counters is as in directory.Users.
func (m Memory) Counters(_ context.Context, tenant string) (directory.Counters, error) {
	return m.of(tenant).Counters, nil
}

// User is as in directory.Users.
func (m Memory) User(_ context.Context, tenant string, id directory.ID) (directory.User, error) {
	return find(m.of(tenant).Users, "user", func(u directory.User) bool { return u.ID == id })
}

// UserByName is as in directory.Users.
func (m Memory) UserByName(_ context.Context, tenant, userName string) (directory.User, error) {
	return find(m.of(tenant).Users, "user", func(u directory.User) bool { return strings.EqualFold(u.UserName, userName) })
}

// ListUsers is as in directory.Users.
func (m Memory) ListUsers(_ context.Context, tenant string, after directory.ID, limit int) ([]directory.User, error) {
	users := m.of(tenant).Users
	if !after.IsZero() {
		users = users[1+slices.IndexFunc(users, func(u directory.User) bool { return u.ID == after }):]
	}
	return slices.Clone(users[:min(limit, len(users))]), nil
}
