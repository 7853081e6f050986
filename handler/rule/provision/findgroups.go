package provision

import (
	"context"
	"slices"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// FindGroups answers a search for groups. id, displayName and members.value are
// looked up by an index; any other filter reads all groups, up to MaxScanned of
// them.
func (s *Service) FindGroups(ctx context.Context, c Caller, q Search) (Page[Group], error) {
	model, err := s.Model(c.Tenant)
	if err != nil {
		return Page[Group]{}, err
	}
	kind := model.Group()
	f := finder[Group]{Service: s, tenant: c.Tenant.ID, Search: q, shelf: shelf[Group]{
		name: "groups", kind: kind, list: s.listGroups, skip: s.Groups.SkipGroups,
		total:      func(n directory.Counters) int64 { return n.Groups },
		id:         func(g *Group) directory.ID { return g.ID },
		candidates: s.groupCandidates(c),
		matches:    s.groupMatches(c, kind),
		key: func(order *scim.Sort, g *Group) (string, error) {
			r, err := kind.Load(g.Document)
			if err != nil {
				return "", err
			}
			return order.Key(r, g.Envelope("")), nil
		},
	}}
	page, err := f.find(ctx)
	if err != nil || !q.References {
		return page, err
	}
	members := 0
	for i := range page.Found {
		if members += page.Found[i].Members; members > MaxListedMembers {
			return Page[Group]{}, fault.New(fault.TooMany, "the groups on this page have more than %d members; "+
				"send excludedAttributes=members, or a smaller count", MaxListedMembers)
		}
	}
	return page, each(ctx, s, page.Found, func(ctx context.Context, g *Group) error {
		if g.Members == 0 {
			return nil
		}
		row, members, err := s.Groups.GroupAndMembers(ctx, c.Tenant.ID, g.ID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err == nil {
			g.Group, g.MemberIDs = row, members
		}
		return err
	})
}

func (s *Service) listGroups(ctx context.Context, tenant string, after directory.ID, limit int) ([]Group, error) {
	return asGroups(s.Groups.ListGroups(ctx, tenant, after, limit))
}

func asGroups(rows []directory.Group, err error) ([]Group, error) {
	groups := make([]Group, len(rows))
	for i := range rows {
		groups[i].Group = rows[i]
	}
	return groups, err
}

// groupCandidates looks into the index that the filter allows.
func (s *Service) groupCandidates(c Caller) func(context.Context, *scim.Filter) ([]Group, bool, error) {
	return func(ctx context.Context, f *scim.Filter) (found []Group, indexed bool, err error) {
		if text, ok := f.EqualTo("id"); ok {
			if id, ok := directory.ParseID(text); ok {
				found, err = s.groupWith(ctx, c, id, f)
			}
		} else if name, ok := f.EqualTo("displayName"); ok {
			found, err = asGroups(s.Groups.GroupsByName(ctx, c.Tenant.ID, name))
		} else if member, ok := f.EqualTo("members.value"); ok {
			found, err = s.groupsOf(ctx, c, member)
		} else if mentions(f, "members") > 0 {
			return nil, false, fault.New(fault.TooMany, "the filter would have to read the members of every group; narrow it with \"and\" to an indexed attribute: %s", indexedAttributes)
		} else {
			return nil, false, nil
		}
		return found, true, err
	}
}

// groupWith reads a group, and beside it whether the one member is in that the
// filter asks for.
func (s *Service) groupWith(ctx context.Context, c Caller, id directory.ID, f *scim.Filter) (found []Group, err error) {
	member, asked := f.EqualTo("members.value")
	if !asked || id.Sort() != directory.SortGroup {
		return s.oneGroup(ctx, c, id)
	}
	var in []directory.ID
	err = s.reads(ctx, func(ctx context.Context) (err error) {
		found, err = s.oneGroup(ctx, c, id)
		return err
	}, func(ctx context.Context) (err error) {
		in, err = s.memberIn(ctx, c, id, member)
		return err
	})
	if len(in) == 0 || len(found) == 0 {
		return nil, err
	}
	found[0].MemberIDs = in
	return found, err
}

func (s *Service) oneGroup(ctx context.Context, c Caller, id directory.ID) ([]Group, error) {
	g, err := s.Group(ctx, c, id, false)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return []Group{g}, err
}

// groupsOf reads the groups that hold a user or group.
func (s *Service) groupsOf(ctx context.Context, c Caller, member string) ([]Group, error) {
	id, ok := directory.ParseID(member)
	if !ok {
		return nil, nil
	}
	ids, err := s.Groups.GroupsOf(ctx, c.Tenant.ID, id)
	if err != nil {
		return nil, err
	}
	groups := make([]Group, len(ids))
	for i := range ids {
		groups[i].ID = ids[i]
	}
	err = each(ctx, s, groups, func(ctx context.Context, g *Group) (err error) {
		g.Group, err = s.Groups.Group(ctx, c.Tenant.ID, g.ID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
	return slices.DeleteFunc(groups, func(g Group) bool { return g.Version == 0 }), err
}

// groupMatches evaluates a filter on what SCIM shows of a group. Where the only
// question about members is whether one is in, the others are not read.
func (s *Service) groupMatches(c Caller, kind *scim.ResourceType) func(context.Context, *scim.Filter, *Group) (bool, error) {
	return func(ctx context.Context, f *scim.Filter, g *Group) (bool, error) {
		r, err := kind.Load(g.Document)
		if err != nil {
			return false, err
		}
		shown := *g
		g.MemberIDs = nil
		asked, one := f.EqualTo("members.value")
		switch n := mentions(f, "members"); {
		case n == 1 && one && len(shown.MemberIDs) == 0:
			shown.MemberIDs, err = s.memberIn(ctx, c, g.ID, asked)
		case n > 1 || !one && n == 1:
			_, shown.MemberIDs, err = s.Groups.GroupAndMembers(ctx, c.Tenant.ID, g.ID)
		}
		return err == nil && f.Match(kind, r, shown.Envelope("")), err
	}
}

// memberIn is a list of the member if the group holds it.
func (s *Service) memberIn(ctx context.Context, c Caller, group directory.ID, member string) ([]directory.ID, error) {
	id, ok := directory.ParseID(member)
	if !ok {
		return nil, nil
	}
	in, err := s.Groups.HasMember(ctx, c.Tenant.ID, group, id)
	if !in {
		return nil, err
	}
	return []directory.ID{id}, err
}
