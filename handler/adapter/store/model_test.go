package store_test

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// model is what a tenant should hold, in plain maps.
type model struct {
	users   map[directory.ID]directory.User
	groups  map[directory.ID]directory.Group
	members map[directory.ID]map[directory.ID]bool
	leaves  map[directory.ID]directory.Leave
	records map[string]directory.Record
	chunks  map[directory.ID][]directory.Chunk
	cap     int64
	// name is the tenant's; it changes together with the cap.
	name string
}

func newModel() *model {
	return &model{
		users: map[directory.ID]directory.User{}, groups: map[directory.ID]directory.Group{},
		members: map[directory.ID]map[directory.ID]bool{}, leaves: map[directory.ID]directory.Leave{},
		records: map[string]directory.Record{}, chunks: map[directory.ID][]directory.Chunk{}, cap: -1, name: "Acme",
	}
}

func (m *model) clone() *model {
	c := *m
	c.users, c.groups, c.leaves = maps.Clone(m.users), maps.Clone(m.groups), maps.Clone(m.leaves)
	c.records, c.chunks, c.members = maps.Clone(m.records), maps.Clone(m.chunks), map[directory.ID]map[directory.ID]bool{}
	for id, members := range m.members {
		c.members[id] = maps.Clone(members)
	}
	return &c
}

func (m *model) active() (n int64) {
	for _, u := range m.users {
		if u.Active {
			n++
		}
	}
	return n
}

func (m *model) exists(id directory.ID) bool {
	_, user := m.users[id]
	_, group := m.groups[id]
	return user || group
}

// nameTaken tells whether the user's name is another one's.
func (m *model) nameTaken(u *directory.User) bool {
	for id, other := range m.users {
		if id != u.ID && strings.EqualFold(other.UserName, u.UserName) {
			return true
		}
	}
	return false
}

// commitUser is Store.CommitUser on the model; "" is success. Who wants a name
// that is in use learns that before anything about the cap.
func (m *model) commitUser(c directory.UserChange) fault.Code {
	if c.After != nil && m.nameTaken(c.After) {
		return fault.Uniqueness
	}
	if delta := c.ActiveDelta(); delta > 0 && m.cap >= 0 && m.active()+delta > m.cap {
		return fault.UserCapReached
	}
	if c.After != nil {
		m.users[c.After.ID] = *c.After
	} else {
		delete(m.users, c.Before.ID)
		m.leaveAll(c.Before.ID)
	}
	if c.Leave != nil {
		m.leaves[c.Leave.ID] = *c.Leave
	}
	return ""
}

// leaveAll takes an id out of its groups.
func (m *model) leaveAll(id directory.ID) {
	for group, members := range m.members {
		if members[id] {
			delete(members, id)
			g := m.groups[group]
			g.Version, g.Members, g.Modified = g.Version+1, len(members), clock
			m.groups[group] = g
		}
	}
}

func (m *model) commitGroup(c directory.GroupChange) fault.Code {
	if c.After == nil {
		delete(m.groups, c.Before.ID)
		delete(m.members, c.Before.ID)
		m.leaveAll(c.Before.ID)
		return ""
	}
	was := m.members[c.After.ID]
	is := maps.Clone(was)
	if is == nil || c.Members.Clear {
		is = map[directory.ID]bool{}
	}
	for _, id := range c.Members.Remove {
		delete(is, id)
	}
	for _, id := range c.Members.Add {
		if !was[id] && !m.exists(id) {
			return fault.InvalidValue
		}
		is[id] = true
	}
	for id, g := range m.groups {
		if id != c.After.ID && strings.EqualFold(g.DisplayName, c.After.DisplayName) {
			return fault.Uniqueness
		}
	}
	if c.Before != nil && maps.Equal(was, is) && c.Before.DisplayName == c.After.DisplayName && bytes.Equal(c.Before.Document, c.After.Document) {
		return ""
	}
	g := *c.After
	g.Members = len(is)
	m.groups[g.ID], m.members[g.ID] = g, is
	return ""
}

func (m *model) commitLeave(c directory.LeaveChange) {
	m.leaves[c.After.ID] = c.After
	if c.Leaver != nil {
		u := m.users[c.Leaver.ID]
		u.Leave, u.LeaveState = c.After.ID, c.After.State
		m.users[u.ID] = u
	}
}

// move is Store.Move on the model.
func (m *model) move(mv directory.Move) {
	var moved []directory.MovedRecord
	for _, r := range m.owned(mv.From.ID, directory.RecordOpen) {
		if len(moved) < 30 {
			moved = append(moved, directory.MovedRecord{Type: r.Type, ID: r.ID, Title: r.Title})
			r.Owner = mv.To.ID
			m.records[r.Type+"/"+r.ID] = r
		}
	}
	if len(moved) > 0 {
		chunk := directory.Chunk{Leave: mv.Leave, Number: mv.Number, From: mv.From.ID, To: mv.To.ID, At: mv.At, Moved: moved}
		m.chunks[mv.Leave] = append(slices.Clone(m.chunks[mv.Leave]), chunk)
	}
}

// owned lists an owner's records in the order of the index.
func (m *model) owned(owner directory.ID, status string) []directory.Record {
	var list []directory.Record
	for _, r := range m.records {
		if r.Owner == owner && r.Status == status {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b directory.Record) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
	return list
}

// state is everything that the ports show, in a form that can be compared.
type state struct {
	Name       string
	Users      []directory.User
	Groups     []directory.Group
	Members    map[string][]directory.ID
	GroupsOf   map[string][]directory.ID
	ByName     map[string]string
	ByExternal map[string][]directory.ID
	ByEmail    map[string][]directory.ID
	Counters   directory.Counters
	Leaves     []directory.Leave
	Due        []directory.ID
	Owned      map[string][]directory.Record
	Records    map[string]directory.Record
	Chunks     map[string][]directory.Chunk
}

func newState() state {
	return state{
		Members: map[string][]directory.ID{}, GroupsOf: map[string][]directory.ID{}, ByName: map[string]string{},
		ByExternal: map[string][]directory.ID{}, ByEmail: map[string][]directory.ID{},
		Owned: map[string][]directory.Record{}, Records: map[string]directory.Record{}, Chunks: map[string][]directory.Chunk{},
	}
}

func compareIDs(a, b directory.ID) int { return slices.Compare(a[:], b[:]) }

func sortedIDs[V any](m map[directory.ID]V) []directory.ID {
	return slices.SortedFunc(maps.Keys(m), compareIDs)
}

// state is what the ports should show.
func (m *model) state() state {
	s := newState()
	s.Name = m.name
	s.Counters = directory.Counters{Users: int64(len(m.users)), Active: m.active(), Groups: int64(len(m.groups)), Cap: m.cap}
	for _, id := range sortedIDs(m.users) {
		u := m.users[id]
		u.ETag = ""
		s.Users = append(s.Users, u)
		s.ByName[strings.ToLower(u.UserName)] = u.UserName
		if u.ExternalID != "" {
			s.ByExternal[u.ExternalID] = append(s.ByExternal[u.ExternalID], id)
		}
		if email := strings.ToLower(u.WorkEmail); email != "" {
			s.ByEmail[email] = append(s.ByEmail[email], id)
		}
		for _, status := range []string{directory.RecordOpen, directory.RecordClosed} {
			if owned := m.owned(id, status); owned != nil {
				s.Owned[id.String()+status] = owned
			}
		}
	}
	for _, id := range sortedIDs(m.groups) {
		g := m.groups[id]
		g.ETag = ""
		s.Groups = append(s.Groups, g)
		for _, member := range sortedIDs(m.members[id]) {
			s.Members[id.String()] = append(s.Members[id.String()], member)
			s.GroupsOf[member.String()] = append(s.GroupsOf[member.String()], id)
		}
	}
	m.leaveState(&s)
	maps.Copy(s.Records, m.records)
	return s
}

func (m *model) leaveState(s *state) {
	var due []directory.Leave
	for _, id := range sortedIDs(m.leaves) {
		l := m.leaves[id]
		l.ETag = ""
		s.Leaves = append(s.Leaves, l)
		if !l.State.Final() {
			due = append(due, l)
		}
		if chunks := m.chunks[id]; chunks != nil {
			s.Chunks[id.String()] = chunks
		}
	}
	slices.Reverse(s.Leaves)
	slices.SortFunc(due, func(a, b directory.Leave) int { return cmp.Or(a.Due.Compare(b.Due), compareIDs(a.ID, b.ID)) })
	for _, l := range due {
		s.Due = append(s.Due, l.ID)
	}
}
