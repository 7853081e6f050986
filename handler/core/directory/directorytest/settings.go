package directorytest

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

var (
	_ directory.Memberships = Memory{}
	_ directory.Purges      = Memory{}
)

// ChangeTenant implements directory.Tenants. The ETag counts the changes.
func (m Memory) ChangeTenant(_ context.Context, change directory.TenantChange) (directory.Tenant, error) {
	content := m.of(change.After.ID)
	if content.Settings.ETag != change.Before.ETag {
		return directory.Tenant{}, fault.New(fault.RowChanged, "the tenant changed meanwhile")
	}
	version, _ := strconv.Atoi(content.Settings.ETag)
	content.Settings = change.After
	content.Settings.ETag = strconv.Itoa(version + 1)
	if change.Cap != nil {
		content.Counters.Cap = *change.Cap
	}
	content.Activity = append(content.Activity, change.Activity)
	return content.Settings, nil
}

// UsedCredential implements directory.Tenants. It keeps nothing: it is called
// beside requests, and a Memory is not safe for concurrent writes.
func (Memory) UsedCredential(context.Context, string, string, time.Time) error { return nil }

// CommitUser is as in directory.Users, for changes of users who exist; the ETag
// counts them.
func (m Memory) CommitUser(_ context.Context, tenant string, change directory.UserChange) (directory.User, error) {
	content := m.of(tenant)
	for i, u := range content.Users {
		if u.ID != change.After.ID {
			continue
		}
		if u.ETag != change.Before.ETag {
			break
		}
		version, _ := strconv.Atoi(u.ETag)
		content.Users[i] = *change.After
		content.Users[i].ETag = strconv.Itoa(version + 1)
		content.Activity = append(content.Activity, change.Activity)
		return content.Users[i], nil
	}
	return directory.User{}, fault.New(fault.RowChanged, "the user changed meanwhile")
}

// Group is as in directory.Groups.
func (m Memory) Group(_ context.Context, tenant string, id directory.ID) (directory.Group, error) {
	return find(m.of(tenant).Groups, "group", func(g directory.Group) bool { return g.ID == id })
}

// ListGroups is as in directory.Groups.
func (m Memory) ListGroups(_ context.Context, tenant string, after directory.ID, limit int) ([]directory.Group, error) {
	groups := m.of(tenant).Groups
	if !after.IsZero() {
		groups = groups[1+slices.IndexFunc(groups, func(g directory.Group) bool { return g.ID == after }):]
	}
	return slices.Clone(groups[:min(limit, len(groups))]), nil
}

// UserAndGroups implements directory.Memberships.
func (m Memory) UserAndGroups(ctx context.Context, tenant string, id directory.ID) (directory.User, []directory.ID, error) {
	u, err := m.User(ctx, tenant, id)
	if err != nil {
		return u, nil, err
	}
	groups, err := m.GroupsOf(ctx, tenant, id)
	return u, groups, err
}

// UserAndGroupsByName implements directory.Memberships.
func (m Memory) UserAndGroupsByName(ctx context.Context, tenant, userName string) (directory.User, []directory.ID, error) {
	u, err := m.UserByName(ctx, tenant, userName)
	if err != nil {
		return u, nil, err
	}
	return m.UserAndGroups(ctx, tenant, u.ID)
}

// GroupsOfUsers implements directory.Memberships.
func (m Memory) GroupsOfUsers(ctx context.Context, tenant string, first, last directory.ID) (map[directory.ID][]directory.ID, error) {
	groups := map[directory.ID][]directory.ID{}
	for _, u := range m.of(tenant).Users {
		if slices.Compare(first[:], u.ID[:]) <= 0 && slices.Compare(u.ID[:], last[:]) <= 0 {
			groups[u.ID], _ = m.GroupsOf(ctx, tenant, u.ID)
		}
	}
	return groups, nil
}

// Unsettled implements directory.Memberships: where somebody's own rows list
// other groups, a change was cut off.
func (m Memory) Unsettled(_ context.Context, tenant string) (bool, error) {
	return len(m.of(tenant).Claims) > 0, nil
}

// BeginPurge implements directory.Purges.
func (m Memory) BeginPurge(ctx context.Context, change directory.TenantChange) (directory.Tenant, error) {
	return m.ChangeTenant(ctx, change)
}

// Purges implements directory.Purges.
func (m Memory) Purges(ctx context.Context) ([]directory.Purge, error) {
	var purges []directory.Purge
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if p, err := m.Purge(ctx, id); err == nil {
			purges = append(purges, p)
		}
	}
	return purges, nil
}

// Purge implements directory.Purges.
func (m Memory) Purge(_ context.Context, tenant string) (directory.Purge, error) {
	content := m.of(tenant)
	if content.Settings.Deleting.IsZero() {
		return directory.Purge{}, missing("deletion")
	}
	p := content.Removed
	p.Tenant, p.Begun = tenant, content.Settings.Deleting
	return p, nil
}

// PurgeRows implements directory.Purges: of users alone, two at a time.
func (m Memory) PurgeRows(_ context.Context, p directory.Purge) (directory.Purge, error) {
	content := m.of(p.Tenant)
	p.Rows = max(p.Rows, p.Removed+int64(len(content.Users)))
	n := min(2, len(content.Users))
	content.Users = content.Users[n:]
	p.Removed, p.Empty = p.Removed+int64(n), n == 0
	content.Removed = p
	return p, nil
}

// ForgetPurge implements directory.Purges.
func (m Memory) ForgetPurge(context.Context, directory.Purge) error { return nil }

// EndPurge implements directory.Purges.
func (m Memory) EndPurge(_ context.Context, p directory.Purge) error {
	delete(m, p.Tenant)
	return nil
}
