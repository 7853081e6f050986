package records

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Access is a user and what the user may do, as it was at one moment.
type Access struct {
	User directory.User
	directory.Grant
	// AsOf is a time before the first read that led to the answer.
	AsOf time.Time
}

// AccessOf is what the user with a userName may do; fault.NotFound for a
// stranger.
func (s *Service) AccessOf(ctx context.Context, tenant directory.Tenant, userName string) (Access, error) {
	return s.one(ctx, tenant, func(ctx context.Context) (directory.User, []directory.ID, error) {
		return s.Members.UserAndGroupsByName(ctx, tenant.ID, userName)
	})
}

// User is one user of the tenant and what the user may do.
func (s *Service) User(ctx context.Context, tenant directory.Tenant, id directory.ID) (Access, error) {
	return s.one(ctx, tenant, func(ctx context.Context) (directory.User, []directory.ID, error) {
		return s.Members.UserAndGroups(ctx, tenant.ID, id)
	})
}

func (s *Service) one(ctx context.Context, tenant directory.Tenant, read func(context.Context) (directory.User, []directory.ID, error)) (Access, error) {
	asOf := s.Now()
	var user directory.User
	var groups []directory.ID
	settled, err := s.beside(ctx, tenant.ID, func(ctx context.Context) (err error) {
		user, groups, err = read(ctx)
		return err
	})
	if err != nil {
		return Access{}, fmt.Errorf("records: read user and groups: %w", err)
	}
	return s.access(ctx, tenant, user, groups, settled, asOf)
}

// parallel is how many users of a page are looked at side by side, where that
// needs reads.
const parallel = 8

// ListUsers returns up to limit users in order of creation, after an id, with
// what each may do; next continues the list and is zero at its end.
func (s *Service) ListUsers(ctx context.Context, tenant directory.Tenant, after directory.ID, limit int) (list []Access, next directory.ID, err error) {
	asOf := s.Now()
	users, err := s.Users.ListUsers(ctx, tenant.ID, after, limit+1)
	if err != nil {
		return nil, directory.ID{}, fmt.Errorf("records: list users: %w", err)
	}
	if len(users) > limit {
		users = users[:limit]
		next = users[limit-1].ID
	}
	if len(users) == 0 {
		return nil, directory.ID{}, nil
	}
	var groups map[directory.ID][]directory.ID
	settled, err := s.beside(ctx, tenant.ID, func(ctx context.Context) (err error) {
		groups, err = s.Members.GroupsOfUsers(ctx, tenant.ID, users[0].ID, users[len(users)-1].ID)
		return err
	})
	if err != nil {
		return nil, directory.ID{}, fmt.Errorf("records: read groups: %w", err)
	}
	list = make([]Access, len(users))
	each, ctx := errgroup.WithContext(ctx)
	each.SetLimit(parallel)
	for i, user := range users {
		each.Go(func() (err error) {
			list[i], err = s.access(ctx, tenant, user, groups[user.ID], settled, asOf)
			return err
		})
	}
	if err := each.Wait(); err != nil {
		return nil, directory.ID{}, err
	}
	return list, next, nil
}

func (s *Service) access(ctx context.Context, tenant directory.Tenant, user directory.User, groups []directory.ID, settled bool, asOf time.Time) (Access, error) {
	grant, err := s.grant(ctx, tenant, user, groups, settled)
	if err != nil {
		return Access{}, err
	}
	return Access{User: user, Grant: grant, AsOf: asOf.UTC().Truncate(time.Millisecond)}, nil
}

// grant finds the effective role. Where a change of members was cut off, the rows
// that list a user's groups may hold one too many: then a group that grants is
// asked itself, and one that denies no longer counts.
func (s *Service) grant(ctx context.Context, tenant directory.Tenant, user directory.User, groups []directory.ID, settled bool) (directory.Grant, error) {
	for {
		grant := directory.EffectiveRole(&tenant, &user, func(group directory.ID) bool { return slices.Contains(groups, group) })
		if settled || grant.Source != directory.RoleOfMapping {
			return grant, nil
		}
		holds, err := s.Members.HasMember(ctx, tenant.ID, grant.Group, user.ID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return directory.Grant{}, fmt.Errorf("records: ask group: %w", err)
		}
		if holds {
			return grant, nil
		}
		groups = slices.DeleteFunc(groups, func(group directory.ID) bool { return group == grant.Group })
	}
}
