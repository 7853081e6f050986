package provision

import (
	"context"
	"fmt"
	"slices"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// User is a user as the directory sees it.
type User struct {
	directory.User
	// Groups are the groups that hold the user, where they were asked for.
	Groups []directory.ID
}

// CreateUser adds a user: fault.DomainNotVerified, fault.Uniqueness for a
// userName in use, fault.UserCapReached.
func (s *Service) CreateUser(ctx context.Context, c Caller, r *scim.Resource) (User, error) {
	if err := c.Tenant.CheckDomains(r.UserName(), r.Emails()); err != nil {
		return User{}, err
	}
	now := s.Now().UTC()
	id, err := directory.NewID(directory.SortUser, now, s.Random)
	if err != nil {
		return User{}, err
	}
	created := userOf(directory.User{ID: id, Version: 1, Created: now, Modified: now}, r)
	stored, err := decide(ctx, s, id, func() (directory.User, error) {
		return s.Users.CommitUser(ctx, c.Tenant.ID, directory.UserChange{
			After:    &created,
			Activity: directory.Activity{At: now, Kind: directory.UserCreated, Actor: c.Actor, Target: id},
		})
	})
	if err != nil {
		return User{}, fmt.Errorf("provision: create user: %w", err)
	}
	return User{User: stored}, nil
}

// User reads one user, and beside it the groups that hold it if they are
// wanted.
func (s *Service) User(ctx context.Context, c Caller, id directory.ID, groups bool) (User, error) {
	var found User
	err := s.readUser(ctx, c, id, groups, &found)
	return found, err
}

func (s *Service) readUser(ctx context.Context, c Caller, id directory.ID, groups bool, found *User) error {
	if id.Sort() != directory.SortUser {
		return noUser(id)
	}
	row := func(ctx context.Context) (err error) {
		found.User, err = s.Users.User(ctx, c.Tenant.ID, id)
		return err
	}
	var err error
	if groups {
		err = s.reads(ctx, row, func(ctx context.Context) (err error) {
			found.Groups, err = s.Groups.GroupsOf(ctx, c.Tenant.ID, id)
			return err
		})
	} else {
		err = row(ctx)
	}
	switch {
	case fault.Is(err, fault.NotFound):
		return noUser(id)
	case err != nil:
		return fmt.Errorf("provision: read user: %w", err)
	}
	return nil
}

func noUser(id directory.ID) error {
	return fault.New(fault.NotFound, "there is no user with the id %s", id)
}

// PatchUser applies a patch to a user. What changes nothing writes nothing and
// keeps the version.
func (s *Service) PatchUser(ctx context.Context, c Caller, id directory.ID, p *scim.Patch, allowed Precondition, groups bool) (User, error) {
	return s.changeUser(ctx, c, id, allowed, groups, func(r *scim.Resource) (*scim.Resource, error) {
		_, err := p.Apply(r)
		return r, err
	})
}

// ReplaceUser puts a resource in the place of a user's attributes; what it does
// not mention is cleared, but for active, which stays.
func (s *Service) ReplaceUser(ctx context.Context, c Caller, id directory.ID, r *scim.Resource, allowed Precondition, groups bool) (User, error) {
	return s.changeUser(ctx, c, id, allowed, groups, func(old *scim.Resource) (*scim.Resource, error) {
		return r, r.Replaces(old)
	})
}

// changeUser reads a user, lets edit change its attributes and commits. The
// groups do not change with it, so they are read once.
func (s *Service) changeUser(ctx context.Context, c Caller, id directory.ID, allowed Precondition, groups bool, edit func(*scim.Resource) (*scim.Resource, error)) (User, error) {
	var found User
	decided, err := decide(ctx, s, id, func() (decision, error) {
		if err := s.readUser(ctx, c, id, groups, &found); err != nil {
			return decision{}, err
		}
		groups = false
		if err := allowed.check(found.Version); err != nil {
			return decision{}, err
		}
		change, err := s.decideUser(c, &found.User, edit)
		if err != nil || change == nil {
			return decision{user: found.User}, err
		}
		stored, err := s.Users.CommitUser(ctx, c.Tenant.ID, *change)
		return decision{stored, change.Leave}, err
	})
	if err != nil {
		return User{}, fmt.Errorf("provision: change user: %w", err)
	}
	s.announce(ctx, c, decided.leave)
	return User{User: decided.user, Groups: found.Groups}, nil
}

// decision is what a committed change came to.
type decision struct {
	user  directory.User
	leave *directory.Leave
}

// decideUser is the change that an edit makes to a user, nil for none.
func (s *Service) decideUser(c Caller, before *directory.User, edit func(*scim.Resource) (*scim.Resource, error)) (*directory.UserChange, error) {
	model, err := s.Model(c.Tenant)
	if err != nil {
		return nil, err
	}
	old, err := model.User().Load(before.Document)
	if err != nil {
		return nil, fmt.Errorf("the stored user %s: %w", before.ID, err)
	}
	twin := *old // an edit puts other attributes in their place and leaves these alone
	edited, err := edit(&twin)
	if err != nil {
		return nil, err
	}
	if edited.Equal(old) {
		return nil, nil
	}
	after := userOf(*before, edited)
	if err := checkChangedDomains(c.Tenant, old, edited); err != nil {
		return nil, err
	}
	now := s.Now().UTC()
	after.Version, after.Modified = before.Version+1, now
	change := &directory.UserChange{Before: before, After: &after, Activity: directory.Activity{
		At: now, Kind: kindOfChange(before, &after), Actor: c.Actor, Target: before.ID,
		Detail: detail(edited.Changed(old)),
	}}
	return change, s.openLeave(change)
}

// DeleteUser removes a user. If it may own records, a leave begins.
func (s *Service) DeleteUser(ctx context.Context, c Caller, id directory.ID, allowed Precondition) error {
	leave, err := decide(ctx, s, id, func() (*directory.Leave, error) {
		var before User
		if err := s.readUser(ctx, c, id, false, &before); err != nil {
			return nil, err
		}
		if err := allowed.check(before.Version); err != nil {
			return nil, err
		}
		change := directory.UserChange{Before: &before.User, Activity: directory.Activity{
			At: s.Now().UTC(), Kind: directory.UserDeleted, Actor: c.Actor, Target: id,
		}}
		if err := s.openLeave(&change); err != nil {
			return nil, err
		}
		_, err := s.Users.CommitUser(ctx, c.Tenant.ID, change)
		return change.Leave, err
	})
	if err != nil {
		return fmt.Errorf("provision: delete user: %w", err)
	}
	s.announce(ctx, c, leave)
	return nil
}

// openLeave adds the leave that a change begins.
func (s *Service) openLeave(change *directory.UserChange) error {
	if !change.BeginsLeave() {
		return nil
	}
	now := change.Activity.At
	id, err := directory.NewID(directory.SortUser, now, s.Random)
	if err != nil {
		return err
	}
	leave := directory.OpenLeave(id, change.Before.Person(), now)
	change.Leave = &leave
	if change.After != nil {
		change.After.Leave, change.After.LeaveState = leave.ID, leave.State
	}
	return nil
}

func (s *Service) announce(ctx context.Context, c Caller, leave *directory.Leave) {
	if leave != nil && s.LeaveOpened != nil {
		s.LeaveOpened(context.WithoutCancel(ctx), c.Tenant.ID, leave.ID)
	}
}

// userOf is a user with the attributes of a resource.
func userOf(u directory.User, r *scim.Resource) directory.User {
	u.UserName, u.ExternalID, u.WorkEmail = r.UserName(), r.ExternalID(), r.WorkEmail()
	u.Active, u.Document = r.Active(), r.Document()
	return u
}

// checkChangedDomains checks userName and e-mail addresses as far as an edit
// touched them, so that a user whose domain was given up later can still be
// disabled.
func checkChangedDomains(t *directory.Tenant, before, after *scim.Resource) error {
	userName, emails := after.UserName(), after.Emails()
	if userName == before.UserName() {
		userName = ""
	}
	if slices.Equal(emails, before.Emails()) {
		emails = nil
	}
	return t.CheckDomains(userName, emails)
}

func kindOfChange(before, after *directory.User) directory.ActivityKind {
	switch {
	case before.Active && !after.Active:
		return directory.UserDisabled
	case !before.Active && after.Active:
		return directory.UserReactivated
	}
	return directory.UserChanged
}
