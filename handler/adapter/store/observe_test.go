package store_test

import (
	"context"
	"strings"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// observer reads everything through the ports; the first error stops it.
type observer struct {
	ctx   context.Context
	store *store.Store
	err   error
}

func take[T any](o *observer, value T, err error) T {
	if o.err == nil {
		o.err = err
	}
	return value
}

// observe shows the tenant as the ports do. Of the models it takes only what to
// ask for.
func observe(ctx context.Context, st *store.Store, models ...*model) (state, error) {
	o := &observer{ctx: ctx, store: st}
	s := newState()
	s.Name, s.Counters = take2(o, st.Tenant).Name, take2(o, st.Counters)
	s.Users = o.pages(&s)
	o.groups(&s)
	o.leaves(&s)
	for _, m := range models {
		o.records(&s, m)
	}
	return s, o.err
}

func take2[T any](o *observer, read func(context.Context, string) (T, error)) T {
	value, err := read(o.ctx, tenant)
	return take(o, value, err)
}

// pages lists users three at a time and looks each up by its indexes.
func (o *observer) pages(s *state) []directory.User {
	var users []directory.User
	var after directory.ID
	for o.err == nil {
		page, err := o.store.ListUsers(o.ctx, tenant, after, 3)
		for _, u := range take(o, page, err) {
			o.lookUp(s, &u)
			u.ETag = ""
			users = append(users, u)
		}
		if len(page) < 3 {
			break
		}
		after = page[2].ID
	}
	return users
}

func (o *observer) lookUp(s *state, u *directory.User) {
	one, err := o.store.UserByName(o.ctx, tenant, strings.ToUpper(u.UserName))
	s.ByName[strings.ToLower(u.UserName)] = take(o, one, err).UserName
	if u.ExternalID != "" {
		list, err := o.store.UsersByExternalID(o.ctx, tenant, u.ExternalID)
		s.ByExternal[u.ExternalID] = idsOf(take(o, list, err))
	}
	if u.WorkEmail != "" {
		list, err := o.store.UsersByWorkEmail(o.ctx, tenant, strings.ToUpper(u.WorkEmail))
		s.ByEmail[strings.ToLower(u.WorkEmail)] = idsOf(take(o, list, err))
	}
	o.memberOf(s, u.ID)
	for _, status := range []string{directory.RecordOpen, directory.RecordClosed} {
		owned, _, err := o.store.OwnedRecords(o.ctx, tenant, u.ID, status, "", 1000)
		if owned = take(o, owned, err); owned != nil {
			s.Owned[u.ID.String()+status] = owned
		}
	}
}

func idsOf(users []directory.User) (ids []directory.ID) {
	for i := range users {
		ids = append(ids, users[i].ID)
	}
	return ids
}

func (o *observer) memberOf(s *state, id directory.ID) {
	groups, err := o.store.GroupsOf(o.ctx, tenant, id)
	if groups = take(o, groups, err); groups != nil {
		s.GroupsOf[id.String()] = groups
	}
}

func (o *observer) groups(s *state) {
	groups, err := o.store.ListGroups(o.ctx, tenant, directory.ID{}, 1000)
	for _, listed := range take(o, groups, err) {
		g, members, err := o.store.GroupAndMembers(o.ctx, tenant, listed.ID)
		take(o, g, err)
		if members != nil {
			s.Members[g.ID.String()] = members
			in, err := o.store.HasMember(o.ctx, tenant, g.ID, members[0])
			if !take(o, in, err) {
				s.Members[g.ID.String()] = nil
			}
		}
		byName, err := o.store.GroupsByName(o.ctx, tenant, strings.ToUpper(g.DisplayName))
		if take(o, byName, err); len(byName) == 1 {
			g = byName[0]
		}
		o.memberOf(s, g.ID)
		g.ETag = ""
		s.Groups = append(s.Groups, g)
	}
}

func (o *observer) leaves(s *state) {
	leaves, err := o.store.ListLeaves(o.ctx, tenant, directory.ID{}, 1000)
	for _, l := range take(o, leaves, err) {
		chunks, err := o.store.Chunks(o.ctx, tenant, l.ID)
		if chunks = take(o, chunks, err); chunks != nil {
			s.Chunks[l.ID.String()] = chunks
		}
		one, err := o.store.Leave(o.ctx, tenant, l.ID)
		l = take(o, one, err)
		l.ETag = ""
		s.Leaves = append(s.Leaves, l)
	}
	due, err := o.store.DueLeaves(o.ctx, tenant, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 1000)
	s.Due = take(o, due, err)
}

func (o *observer) records(s *state, m *model) {
	for key, r := range m.records {
		found, err := o.store.Record(o.ctx, tenant, r.Type, r.ID)
		if !fault.Is(err, fault.NotFound) {
			s.Records[key] = take(o, found, err)
		}
	}
}
