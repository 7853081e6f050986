package provision_test

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// memory is the users and groups of one tenant behind the ports, as the store
// promises them. It counts its calls.
type memory struct {
	mu      sync.Mutex
	users   []directory.User
	groups  []directory.Group
	members map[directory.ID][]directory.ID
	cap     int64
	calls   int
	commits []directory.Activity
	// meanwhile runs before each commit: what others do at that moment.
	meanwhile func()
	failure   error
}

func newMemory() *memory {
	return &memory{members: map[directory.ID][]directory.ID{}, cap: directory.Unlimited}
}

var (
	_ directory.Users  = (*memory)(nil)
	_ directory.Groups = (*memory)(nil)
)

// enter counts a call and holds the memory until the returned function.
func (m *memory) enter() func() {
	m.mu.Lock()
	m.calls++
	return m.mu.Unlock
}

// took is how many calls there were since it was asked last.
func (m *memory) took() int {
	defer m.enter()()
	n := m.calls - 1
	m.calls = 0
	return n
}

// remove takes a user away behind the back of the service.
func (m *memory) remove(userName string) {
	defer m.enter()()
	m.calls--
	m.users = slices.DeleteFunc(m.users, func(u directory.User) bool { return u.UserName == userName })
}

func only[T any](all []T, match func(*T) bool) []T {
	var found []T
	for i := range all {
		if match(&all[i]) {
			found = append(found, all[i])
		}
	}
	return found
}

func one[T any](all []T, match func(*T) bool) (T, error) {
	if found := only(all, match); len(found) > 0 {
		return found[0], nil
	}
	var none T
	return none, fault.New(fault.NotFound, "not here")
}

func (m *memory) User(_ context.Context, _ string, id directory.ID) (directory.User, error) {
	defer m.enter()()
	if m.failure != nil {
		return directory.User{}, m.failure
	}
	return one(m.users, func(u *directory.User) bool { return u.ID == id })
}

func (m *memory) UserByName(_ context.Context, _, name string) (directory.User, error) {
	defer m.enter()()
	return one(m.users, func(u *directory.User) bool { return strings.EqualFold(u.UserName, name) })
}

func (m *memory) UsersByExternalID(_ context.Context, _, id string) ([]directory.User, error) {
	defer m.enter()()
	return only(m.users, func(u *directory.User) bool { return u.ExternalID == id }), nil
}

func (m *memory) UsersByWorkEmail(_ context.Context, _, address string) ([]directory.User, error) {
	defer m.enter()()
	return only(m.users, func(u *directory.User) bool { return strings.EqualFold(u.WorkEmail, address) }), nil
}

func behind[T any](all []T, id func(*T) directory.ID, after directory.ID, limit int) []T {
	found := only(all, func(t *T) bool { x := id(t); return slices.Compare(x[:], after[:]) > 0 })
	return found[:min(limit, len(found))]
}

func skip[T any](all []T, id func(*T) directory.ID, after directory.ID, n int) (directory.ID, bool, error) {
	found := behind(all, id, after, n)
	if len(found) < n {
		return directory.ID{}, false, nil
	}
	return id(&found[n-1]), true, nil
}

func userID(u *directory.User) directory.ID   { return u.ID }
func groupID(g *directory.Group) directory.ID { return g.ID }

func (m *memory) ListUsers(_ context.Context, _ string, after directory.ID, limit int) ([]directory.User, error) {
	defer m.enter()()
	return behind(m.users, userID, after, limit), nil
}

func (m *memory) UsersByNamePrefix(context.Context, string, string, int) ([]directory.User, bool, error) {
	return nil, false, nil
}

// SelectUsers selects nothing and gives all: whoever asks must look again.
func (m *memory) SelectUsers(ctx context.Context, tenant string, after directory.ID, _ directory.Selection) iter.Seq2[[]directory.User, error] {
	return func(yield func([]directory.User, error) bool) {
		for more := true; more; {
			page, err := m.ListUsers(ctx, tenant, after, 1000)
			if more = len(page) == 1000; more {
				after = page[999].ID
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (m *memory) SkipUsers(_ context.Context, _ string, after directory.ID, n int) (directory.ID, bool, error) {
	defer m.enter()()
	return skip(m.users, userID, after, n)
}

func (m *memory) Counters(context.Context, string) (directory.Counters, error) {
	defer m.enter()()
	return directory.Counters{Users: int64(len(m.users)), Active: m.active(), Groups: int64(len(m.groups)), Cap: m.cap}, nil
}

func (m *memory) active() int64 {
	return int64(len(only(m.users, func(u *directory.User) bool { return u.Active })))
}

func (m *memory) CommitUser(_ context.Context, _ string, change directory.UserChange) (directory.User, error) {
	if m.meanwhile != nil {
		m.meanwhile()
	}
	defer m.enter()()
	at := -1
	if change.Before != nil {
		at = slices.IndexFunc(m.users, func(u directory.User) bool { return u.ID == change.Before.ID && u.ETag == change.Before.ETag })
		if at < 0 {
			return directory.User{}, fault.New(fault.RowChanged, "changed")
		}
	}
	if after := change.After; after != nil {
		taken := func(u directory.User) bool { return u.ID != after.ID && strings.EqualFold(u.UserName, after.UserName) }
		if slices.ContainsFunc(m.users, taken) {
			return directory.User{}, fault.New(fault.Uniqueness, "userName is taken")
		}
		if m.cap >= 0 && change.ActiveDelta() > 0 && m.active() >= m.cap {
			return directory.User{}, fault.New(fault.UserCapReached, "full")
		}
		after.ETag = m.tag()
	}
	m.commits = append(m.commits, change.Activity)
	if m.users = put(m.users, at, change.After); change.After == nil {
		return directory.User{}, nil
	}
	return *change.After, nil
}

func (m *memory) tag() string { return strconv.Itoa(len(m.commits) + 1) }

// put replaces the item at an index, appends it (-1), or deletes it (nil).
func put[T any](all []T, at int, item *T) []T {
	all = slices.Clone(all)
	switch {
	case item == nil:
		return slices.Delete(all, at, at+1)
	case at < 0:
		return append(all, *item)
	}
	all[at] = *item
	return all
}

func (m *memory) Group(_ context.Context, _ string, id directory.ID) (directory.Group, error) {
	defer m.enter()()
	return one(m.groups, func(g *directory.Group) bool { return g.ID == id })
}

func (m *memory) GroupAndMembers(_ context.Context, _ string, id directory.ID) (directory.Group, []directory.ID, error) {
	defer m.enter()()
	g, err := one(m.groups, func(g *directory.Group) bool { return g.ID == id })
	return g, m.members[id], err
}

func (m *memory) GroupsByName(_ context.Context, _, name string) ([]directory.Group, error) {
	defer m.enter()()
	return only(m.groups, func(g *directory.Group) bool { return strings.EqualFold(g.DisplayName, name) }), nil
}

func (m *memory) ListGroups(_ context.Context, _ string, after directory.ID, limit int) ([]directory.Group, error) {
	defer m.enter()()
	return behind(m.groups, groupID, after, limit), nil
}

func (m *memory) SkipGroups(_ context.Context, _ string, after directory.ID, n int) (directory.ID, bool, error) {
	defer m.enter()()
	return skip(m.groups, groupID, after, n)
}

func (m *memory) HasMember(_ context.Context, _ string, group, member directory.ID) (bool, error) {
	defer m.enter()()
	return slices.Contains(m.members[group], member), nil
}

func (m *memory) GroupsOf(_ context.Context, _ string, member directory.ID) ([]directory.ID, error) {
	defer m.enter()()
	holding := only(m.groups, func(g *directory.Group) bool { return slices.Contains(m.members[g.ID], member) })
	ids := make([]directory.ID, len(holding))
	for i := range holding {
		ids[i] = holding[i].ID
	}
	return ids, nil
}

func (m *memory) CommitGroup(_ context.Context, _ string, change directory.GroupChange) (directory.Group, error) {
	if m.meanwhile != nil {
		m.meanwhile()
	}
	defer m.enter()()
	at := -1
	if change.Before != nil {
		at = slices.IndexFunc(m.groups, func(g directory.Group) bool { return g.ID == change.Before.ID && g.ETag == change.Before.ETag })
		if at < 0 {
			return directory.Group{}, fault.New(fault.RowChanged, "changed")
		}
	}
	if change.After == nil {
		m.commits, m.groups = append(m.commits, change.Activity), put(m.groups, at, nil)
		return directory.Group{}, nil
	}
	after := *change.After
	old := m.members[after.ID]
	members := apply(old, change.Members)
	for _, id := range members {
		if id.Sort() == directory.SortUser && !slices.ContainsFunc(m.users, func(u directory.User) bool { return u.ID == id }) {
			return directory.Group{}, fault.New(fault.InvalidValue, "members: there is no user %s", id)
		}
	}
	if change.Before != nil && slices.Equal(old, members) && string(change.Before.Document) == string(after.Document) {
		return *change.Before, nil
	}
	after.ETag, after.Members = m.tag(), len(members)
	m.commits, m.members[after.ID] = append(m.commits, change.Activity), members
	m.groups = put(m.groups, at, &after)
	return after, nil
}

// apply is what a change makes of a list of members, in order of ids.
func apply(members []directory.ID, change directory.MemberChange) []directory.ID {
	kept := slices.DeleteFunc(slices.Clone(members), func(id directory.ID) bool {
		return change.Clear || slices.Contains(change.Remove, id)
	})
	kept = append(kept, change.Add...)
	slices.SortFunc(kept, func(a, b directory.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(kept)
}
