package provision

import (
	"context"
	"iter"
	"slices"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// indexedAttributes is what a sentence names as the way out of a scan.
const indexedAttributes = `id, userName, externalId or emails[type eq "work"].value of users; id, displayName or members.value of groups`

// FindUsers answers a search for users. id, userName, externalId, the work
// e-mail address and groups.value are looked up by an index, and so is the
// beginning of userName; by active and the times of meta the store selects. Any
// other filter reads all users, up to MaxScanned of them.
func (s *Service) FindUsers(ctx context.Context, c Caller, q Search) (Page[User], error) {
	model, err := s.Model(c.Tenant)
	if err != nil {
		return Page[User]{}, err
	}
	kind := model.User()
	f := finder[User]{Service: s, tenant: c.Tenant.ID, Search: q, shelf: shelf[User]{
		name: "users", kind: kind, list: s.listUsers, skip: s.Users.SkipUsers,
		total:      func(n directory.Counters) int64 { return n.Users },
		id:         func(u *User) directory.ID { return u.ID },
		candidates: s.userCandidates(c),
		selected:   s.selectUsers(c),
		matches:    s.userMatches(c, kind),
		key: func(order *scim.Sort, u *User) (string, error) {
			r, err := kind.Load(u.Document)
			if err != nil {
				return "", err
			}
			return order.Key(r, u.Envelope("")), nil
		},
	}}
	page, err := f.find(ctx)
	if err != nil || !q.References {
		return page, err
	}
	return page, each(ctx, s, page.Found, func(ctx context.Context, u *User) (err error) {
		u.Groups, err = s.Groups.GroupsOf(ctx, c.Tenant.ID, u.ID)
		return err
	})
}

func (s *Service) listUsers(ctx context.Context, tenant string, after directory.ID, limit int) ([]User, error) {
	return asUsers(s.Users.ListUsers(ctx, tenant, after, limit))
}

func asUsers(rows []directory.User, err error) ([]User, error) {
	users := make([]User, len(rows))
	for i := range rows {
		users[i].User = rows[i]
	}
	return users, err
}

// oneUser is a list of the user that was read, empty if there is none.
func oneUser(u directory.User, err error) ([]User, error) {
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return []User{{User: u}}, err
}

// userCandidates looks into the index that the filter allows.
func (s *Service) userCandidates(c Caller) func(context.Context, *scim.Filter) ([]User, bool, error) {
	tenant := c.Tenant.ID
	return func(ctx context.Context, f *scim.Filter) (found []User, indexed bool, err error) {
		if text, ok := f.EqualTo("id"); ok {
			if id, ok := directory.ParseID(text); ok && id.Sort() == directory.SortUser {
				found, err = oneUser(s.Users.User(ctx, tenant, id))
			}
		} else if name, ok := f.EqualTo("userName"); ok {
			found, err = oneUser(s.Users.UserByName(ctx, tenant, name))
		} else if external, ok := f.EqualTo("externalId"); ok {
			found, err = asUsers(s.Users.UsersByExternalID(ctx, tenant, external))
		} else if address, ok := f.EqualTo(`emails[type eq "work"].value`); ok {
			found, err = asUsers(s.Users.UsersByWorkEmail(ctx, tenant, address))
		} else if group, ok := f.EqualTo("groups.value"); ok {
			found, err = s.usersOf(ctx, c, group)
		} else if mentions(f, "groups") > 0 {
			return nil, false, fault.New(fault.TooMany, "a filter on groups would have to read the groups of every user; narrow it with \"and\" to an indexed attribute: %s", indexedAttributes)
		} else {
			return s.usersWithPrefix(ctx, tenant, f)
		}
		return found, true, err
	}
}

// usersWithPrefix looks up the beginning of userName. Each user that the index
// names is a read of its own: where they are more than a page, a scan is better.
func (s *Service) usersWithPrefix(ctx context.Context, tenant string, f *scim.Filter) (found []User, indexed bool, err error) {
	prefix, ok := f.StartsWith("userName")
	if !ok {
		return nil, false, nil
	}
	rows, indexed, err := s.Users.UsersByNamePrefix(ctx, tenant, prefix, MaxPageSize)
	found, err = asUsers(rows, err)
	return found, indexed, err
}

// selectUsers lets the store select by the conjuncts that SCIM and the store
// read alike: never by ne, not and or, which also hold for what is absent.
func (s *Service) selectUsers(c Caller) func(context.Context, *scim.Filter, directory.ID) iter.Seq2[[]User, error] {
	return func(ctx context.Context, f *scim.Filter, after directory.ID) iter.Seq2[[]User, error] {
		var by directory.Selection
		by.CreatedFrom, by.CreatedBefore = f.Between("meta.created")
		by.ModifiedFrom, by.ModifiedBefore = f.Between("meta.lastModified")
		if active, ok := f.EqualToBool("active"); ok {
			by.Active = &active
		}
		if by == (directory.Selection{}) {
			return nil
		}
		return func(yield func([]User, error) bool) {
			for rows, err := range s.Users.SelectUsers(ctx, c.Tenant.ID, after, by) {
				if !yield(asUsers(rows, err)) {
					return
				}
			}
		}
	}
}

// usersOf reads the users who are members of a group.
func (s *Service) usersOf(ctx context.Context, c Caller, group string) ([]User, error) {
	id, ok := directory.ParseID(group)
	if !ok || id.Sort() != directory.SortGroup {
		return nil, nil
	}
	_, members, err := s.Groups.GroupAndMembers(ctx, c.Tenant.ID, id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	var users []User
	for _, member := range members {
		if member.Sort() == directory.SortUser {
			users = append(users, User{User: directory.User{ID: member}})
		}
	}
	if len(users) > MaxPageSize {
		return nil, fault.New(fault.TooMany, "the group has more than %d members; narrow the filter with \"and\" to an indexed attribute: %s", MaxPageSize, indexedAttributes)
	}
	if err == nil {
		err = each(ctx, s, users, func(ctx context.Context, u *User) (err error) {
			u.User, err = s.Users.User(ctx, c.Tenant.ID, u.ID)
			if fault.Is(err, fault.NotFound) {
				return nil
			}
			return err
		})
	}
	return slices.DeleteFunc(users, func(u User) bool { return u.Version == 0 }), err
}

// userMatches evaluates a filter on what SCIM shows of a user.
func (s *Service) userMatches(c Caller, kind *scim.ResourceType) func(context.Context, *scim.Filter, *User) (bool, error) {
	return func(ctx context.Context, f *scim.Filter, u *User) (bool, error) {
		r, err := kind.Load(u.Document)
		if err != nil {
			return false, err
		}
		shown := *u
		if mentions(f, "groups") > 0 {
			if shown.Groups, err = s.Groups.GroupsOf(ctx, c.Tenant.ID, u.ID); err != nil {
				return false, err
			}
		}
		return f.Match(kind, r, shown.Envelope("")), nil
	}
}

// mentions counts the places where a filter names an attribute.
func mentions(f *scim.Filter, attribute string) int {
	n := 0
	if strings.EqualFold(f.Name.Attribute, attribute) {
		n++
	}
	for _, term := range f.Terms {
		n += mentions(term, attribute)
	}
	return n
}
