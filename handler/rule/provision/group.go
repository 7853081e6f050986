package provision

import (
	"context"
	"fmt"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// Group is a group as the directory sees it.
type Group struct {
	directory.Group
	// MemberIDs are the members, where they were asked for.
	MemberIDs []directory.ID
}

// CreateGroup adds a group with the members that the resource names:
// fault.Uniqueness for a displayName in use, fault.InvalidValue for a member
// that does not exist.
func (s *Service) CreateGroup(ctx context.Context, c Caller, r *scim.Resource) (Group, error) {
	now := s.Now().UTC()
	id, err := directory.NewID(directory.SortGroup, now, s.Random)
	if err != nil {
		return Group{}, err
	}
	members, err := memberIDs(id, r)
	if err != nil {
		return Group{}, err
	}
	created := groupOf(directory.Group{ID: id, Version: 1, Created: now, Modified: now}, r)
	stored, err := decide(ctx, s, id, func() (directory.Group, error) {
		return s.Groups.CommitGroup(ctx, c.Tenant.ID, directory.GroupChange{
			After: &created, Members: directory.MemberChange{Add: members},
			Activity: directory.Activity{At: now, Kind: directory.GroupCreated, Actor: c.Actor, Target: id},
		})
	})
	if err != nil {
		return Group{}, fmt.Errorf("provision: create group: %w", err)
	}
	return Group{Group: stored, MemberIDs: members}, nil
}

// Group reads one group, with its members if they are wanted.
func (s *Service) Group(ctx context.Context, c Caller, id directory.ID, members bool) (found Group, err error) {
	if id.Sort() != directory.SortGroup {
		return Group{}, noGroup(id)
	}
	if members {
		found.Group, found.MemberIDs, err = s.Groups.GroupAndMembers(ctx, c.Tenant.ID, id)
	} else {
		found.Group, err = s.Groups.Group(ctx, c.Tenant.ID, id)
	}
	switch {
	case fault.Is(err, fault.NotFound):
		return Group{}, noGroup(id)
	case err != nil:
		return Group{}, fmt.Errorf("provision: read group: %w", err)
	}
	return found, nil
}

func noGroup(id directory.ID) error {
	return fault.New(fault.NotFound, "there is no group with the id %s", id)
}

// edit is what a request makes of a group: its attributes, and what happens to
// its members.
type edit func(*scim.Resource) (*scim.Resource, directory.MemberChange, error)

// PatchGroup applies a patch to a group and its members. What changes nothing
// writes nothing and keeps the version.
func (s *Service) PatchGroup(ctx context.Context, c Caller, id directory.ID, p *scim.Patch, allowed Precondition) (Group, error) {
	members, err := foldMembers(id, p.MemberChanges())
	if err != nil {
		return Group{}, err
	}
	edit := func(r *scim.Resource) (*scim.Resource, directory.MemberChange, error) {
		_, err := p.Apply(r)
		return r, members, err
	}
	if allowed == nil && p.MembersAlone() {
		return s.changeMembers(ctx, c, id, edit)
	}
	return s.changeGroup(ctx, c, id, allowed, edit)
}

// changeMembers changes nothing but members, whatever version the group has by
// then: it takes no turn, for the store joins those that come at the same time.
func (s *Service) changeMembers(ctx context.Context, c Caller, id directory.ID, edit edit) (Group, error) {
	stored, err := untilCurrent(func() (directory.Group, error) {
		before, err := s.Group(ctx, c, id, false)
		if err != nil {
			return directory.Group{}, err
		}
		change, err := s.decideGroup(c, &before.Group, edit)
		if err != nil || change == nil {
			return before.Group, err
		}
		change.Rebase = true
		return s.Groups.CommitGroup(ctx, c.Tenant.ID, *change)
	})
	if err != nil {
		return Group{}, fmt.Errorf("provision: change members: %w", err)
	}
	return Group{Group: stored}, nil
}

// ReplaceGroup puts a resource in the place of a group's attributes and
// members.
func (s *Service) ReplaceGroup(ctx context.Context, c Caller, id directory.ID, r *scim.Resource, allowed Precondition) (Group, error) {
	ids, err := memberIDs(id, r)
	if err != nil {
		return Group{}, err
	}
	members := directory.MemberChange{Clear: true, Add: ids}
	return s.changeGroup(ctx, c, id, allowed, func(old *scim.Resource) (*scim.Resource, directory.MemberChange, error) {
		return r, members, r.Replaces(old)
	})
}

func (s *Service) changeGroup(ctx context.Context, c Caller, id directory.ID, allowed Precondition, edit edit) (Group, error) {
	stored, err := decide(ctx, s, id, func() (directory.Group, error) {
		before, err := s.Group(ctx, c, id, false)
		if err != nil {
			return directory.Group{}, err
		}
		if err := allowed.check(before.Version); err != nil {
			return directory.Group{}, err
		}
		change, err := s.decideGroup(c, &before.Group, edit)
		if err != nil || change == nil {
			return before.Group, err
		}
		return s.Groups.CommitGroup(ctx, c.Tenant.ID, *change)
	})
	if err != nil {
		return Group{}, fmt.Errorf("provision: change group: %w", err)
	}
	return Group{Group: stored}, nil
}

// decideGroup is the change that an edit makes to a group, nil for none.
// Whether the members change is for the store to find out.
func (s *Service) decideGroup(c Caller, before *directory.Group, edit edit) (*directory.GroupChange, error) {
	model, err := s.Model(c.Tenant)
	if err != nil {
		return nil, err
	}
	old, err := model.Group().Load(before.Document)
	if err != nil {
		return nil, fmt.Errorf("the stored group %s: %w", before.ID, err)
	}
	twin := *old // an edit puts other attributes in their place and leaves these alone
	edited, members, err := edit(&twin)
	if err != nil {
		return nil, err
	}
	if edited.Equal(old) && members.IsZero() {
		return nil, nil
	}
	now := s.Now().UTC()
	after := groupOf(*before, edited)
	after.Version, after.Modified = before.Version+1, now
	return &directory.GroupChange{Before: before, After: &after, Members: members, Activity: directory.Activity{
		At: now, Kind: directory.GroupChanged, Actor: c.Actor, Target: before.ID,
		Detail: changedInGroup(old, edited, &members),
	}}, nil
}

// DeleteGroup removes a group; its members lose the membership and nothing else.
func (s *Service) DeleteGroup(ctx context.Context, c Caller, id directory.ID, allowed Precondition) error {
	_, err := decide(ctx, s, id, func() (directory.Group, error) {
		before, err := s.Group(ctx, c, id, false)
		if err != nil {
			return directory.Group{}, err
		}
		if err := allowed.check(before.Version); err != nil {
			return directory.Group{}, err
		}
		return s.Groups.CommitGroup(ctx, c.Tenant.ID, directory.GroupChange{Before: &before.Group, Activity: directory.Activity{
			At: s.Now().UTC(), Kind: directory.GroupDeleted, Actor: c.Actor, Target: id,
		}})
	})
	if err != nil {
		return fmt.Errorf("provision: delete group: %w", err)
	}
	return nil
}

// groupOf is a group with the attributes of a resource.
func groupOf(g directory.Group, r *scim.Resource) directory.Group {
	g.DisplayName, g.ExternalID, g.Document = r.DisplayName(), r.ExternalID(), r.Document()
	return g
}

func changedInGroup(before, after *scim.Resource, members *directory.MemberChange) string {
	names := after.Changed(before)
	if !members.IsZero() {
		names = append(names, "members")
	}
	return detail(names)
}
