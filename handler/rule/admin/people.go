package admin

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// LockRole gives a user a role that stays whatever groups and mappings do, until
// UnlockRole. It is no change of the user that the directory would see.
func (s *Service) LockRole(ctx context.Context, by, tenant string, user directory.ID, role, reason string) (directory.User, error) {
	t, err := s.living(ctx, tenant)
	if err != nil {
		return directory.User{}, fmt.Errorf("admin: lock role: %w", err)
	}
	lock := directory.RoleLock{Role: role, Reason: reason, By: by, At: s.moment()}
	if err := lock.Check(&t); err != nil {
		return directory.User{}, err
	}
	return s.setLock(ctx, tenant, user, lock, directory.Activity{
		At: lock.At, Kind: directory.RoleLocked, Actor: by, Target: user, Detail: role,
	})
}

// UnlockRole takes the lock away; where there is none, nothing happens.
func (s *Service) UnlockRole(ctx context.Context, by, tenant string, user directory.ID) (directory.User, error) {
	if _, err := s.living(ctx, tenant); err != nil {
		return directory.User{}, fmt.Errorf("admin: unlock role: %w", err)
	}
	return s.setLock(ctx, tenant, user, directory.RoleLock{}, directory.Activity{
		At: s.moment(), Kind: directory.RoleUnlocked, Actor: by, Target: user,
	})
}

// setLock writes the user's row under the ETag that it has, so that it never
// takes back what the directory changes at the same time.
func (s *Service) setLock(ctx context.Context, tenant string, id directory.ID, lock directory.RoleLock, activity directory.Activity) (directory.User, error) {
	for try := 1; ; try++ {
		before, err := s.Users.User(ctx, tenant, id)
		if err != nil {
			return directory.User{}, fmt.Errorf("admin: read user: %w", err)
		}
		if before.Lock == lock {
			return before, nil
		}
		after := before
		after.Lock = lock
		stored, err := s.Users.CommitUser(ctx, tenant, directory.UserChange{Before: &before, After: &after, Activity: activity})
		if fault.Is(err, fault.RowChanged) && try < maxTries {
			continue
		}
		if err != nil {
			return directory.User{}, fmt.Errorf("admin: lock role: %w", err)
		}
		return stored, nil
	}
}

// MappedGroup is a group and what its members get from it.
type MappedGroup struct {
	directory.Group
	// Role is "" where the group is not mapped; Position counts the mappings from 1.
	Role     string
	Position int
}

// ListGroups returns up to limit groups in order of creation, after an id, with
// their mappings; next continues the list and is zero at its end. With unmapped,
// a page leaves those out that have one, and may be short.
func (s *Service) ListGroups(ctx context.Context, tenant string, after directory.ID, limit int, unmapped bool) (list []MappedGroup, next directory.ID, err error) {
	t, err := s.tenant(ctx, tenant)
	if err != nil {
		return nil, directory.ID{}, fmt.Errorf("admin: list groups: %w", err)
	}
	groups, err := s.Groups.ListGroups(ctx, tenant, after, limit+1)
	if err != nil {
		return nil, directory.ID{}, fmt.Errorf("admin: list groups: %w", err)
	}
	if len(groups) > limit {
		groups = groups[:limit]
		next = groups[limit-1].ID
	}
	for _, g := range groups {
		mapped := MappedGroup{Group: g}
		if i := slices.IndexFunc(t.Mappings, func(m directory.RoleMapping) bool { return m.Group == g.ID }); i >= 0 {
			mapped.Role, mapped.Position = t.Mappings[i].Role, i+1
		}
		if !unmapped || mapped.Position == 0 {
			list = append(list, mapped)
		}
	}
	return list, next, nil
}

// Mapping is one of a tenant's mappings with the name of its group; "" where the
// group is gone.
type Mapping struct {
	directory.RoleMapping
	GroupName string
}

// Roles returns a tenant with its mappings in their order.
func (s *Service) Roles(ctx context.Context, tenant string) (Overview, []Mapping, error) {
	o, err := s.Tenant(ctx, tenant)
	if err != nil {
		return Overview{}, nil, err
	}
	mappings, err := s.Named(ctx, o.Tenant)
	return o, mappings, err
}

// Named adds the names of the groups to a tenant's mappings.
func (s *Service) Named(ctx context.Context, t directory.Tenant) ([]Mapping, error) {
	list := make([]Mapping, len(t.Mappings))
	names, ctx := errgroup.WithContext(ctx)
	names.SetLimit(parallelReads)
	for i, m := range t.Mappings {
		list[i].RoleMapping = m
		names.Go(func() error {
			g, err := s.Groups.Group(ctx, t.ID, m.Group)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return fmt.Errorf("admin: read group: %w", err)
			}
			list[i].GroupName = g.DisplayName
			return nil
		})
	}
	return list, names.Wait()
}

// parallelReads is how many groups are read side by side.
const parallelReads = 16
