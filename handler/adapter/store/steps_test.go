package store_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// pick draws one of the users, or skips.
func pick[V any](rt *rapid.T, label string, from map[directory.ID]V) directory.ID {
	if len(from) == 0 {
		rt.Skip("nothing to pick")
	}
	return rapid.SampledFrom(sortedIDs(from)).Draw(rt, label)
}

func drawAttributes(rt *rapid.T, u *directory.User) {
	if rapid.Bool().Draw(rt, "rename") {
		u.UserName = rapid.SampledFrom([]string{"ann", "ANN", "Bob", "bob", "cid", "dee", "Eve"}).Draw(rt, "userName")
	}
	if rapid.Bool().Draw(rt, "indexes") {
		u.ExternalID = rapid.SampledFrom([]string{"", "x1", "X1", "x2"}).Draw(rt, "externalId")
		u.WorkEmail = rapid.SampledFrom([]string{"", "a@acme.com", "A@acme.com", "b@acme.com"}).Draw(rt, "email")
	}
	if rapid.IntRange(0, 3).Draw(rt, "lock") == 0 {
		u.Lock = directory.RoleLock{Role: "Sales", Reason: "stands in", By: "operator", At: clock}
	}
	if rapid.Bool().Draw(rt, "document") {
		n := rapid.SampledFrom([]int{0, 1, 32_767, 32_768, 70_000}).Draw(rt, "size")
		u.Document = append(bytes.Repeat([]byte("d"), n), "€𝄞"...)
	}
}

func (m *machine) createUser(rt *rapid.T) {
	u := m.user(fmt.Sprintf("user-%d", m.made))
	u.Active = rapid.Bool().Draw(rt, "active")
	drawAttributes(rt, &u)
	m.commitUser(rt, directory.UserChange{After: &u, Activity: did(directory.UserCreated)})
}

func (m *machine) changeUser(rt *rapid.T) {
	before := m.stored(rt, pick(rt, "user", m.model.users))
	after := before
	after.Version++
	after.Active = rapid.Bool().Draw(rt, "active")
	drawAttributes(rt, &after)
	change := directory.UserChange{Before: &before, After: &after, Activity: did(directory.UserChanged)}
	m.withLeave(rt, &change)
	m.commitUser(rt, change)
}

func (m *machine) deleteUser(rt *rapid.T) {
	before := m.stored(rt, pick(rt, "user", m.model.users))
	change := directory.UserChange{Before: &before, Activity: did(directory.UserDeleted)}
	m.withLeave(rt, &change)
	m.commitUser(rt, change)
}

func (m *machine) withLeave(rt *rapid.T, c *directory.UserChange) {
	if c.BeginsLeave() {
		l := directory.OpenLeave(m.id(directory.SortUser), c.Before.Person(), clock)
		c.Leave = &l
		if c.After != nil {
			c.After.Leave, c.After.LeaveState = l.ID, l.State
		}
	}
}

// stored reads a user as a rule would, with its ETag.
func (m *machine) stored(rt *rapid.T, id directory.ID) directory.User {
	u, err := m.User(m.Context(), tenant, id)
	if err != nil {
		rt.Fatalf("read user: %v", err)
	}
	return u
}

func (m *machine) commitUser(rt *rapid.T, c directory.UserChange) {
	m.step(rt, func() error {
		got, err := m.under.CommitUser(m.Context(), tenant, c)
		if err == nil && c.After != nil {
			m.sameUser(rt, got)
		}
		return err
	}, func(after *model) fault.Code { return after.commitUser(c) })
}

// sameUser wants what a commit returned to be what a read returns.
func (m *machine) sameUser(rt *rapid.T, got directory.User) {
	m.failing.Store(false)
	stored := m.stored(rt, got.ID)
	if got.ETag == "" { // known to be committed, but not as which version
		stored.ETag = ""
	}
	if diff := cmp.Diff(stored, got, equal); diff != "" {
		rt.Fatalf("CommitUser returned something else than what is stored:\n%s", diff)
	}
}

func (m *machine) drawIDs(rt *rapid.T, label string) []directory.ID {
	candidates := append(sortedIDs(m.model.users), sortedIDs(m.model.groups)...)
	if len(candidates) == 0 {
		return nil
	}
	n := rapid.SampledFrom([]int{0, 1, 1, 2, 5, 29, 30, 31, 60}).Draw(rt, label)
	ids := make([]directory.ID, 0, n)
	for range n {
		ids = append(ids, rapid.SampledFrom(candidates).Draw(rt, "id"))
	}
	if n == 5 {
		ids = append(ids, m.id(directory.SortUser)) // unknown
	}
	return ids
}

// changeSettings gives the tenant another name and another cap, above or below
// the number of active users.
func (m *machine) changeSettings(rt *rapid.T) {
	before, err := m.Tenant(m.Context(), tenant)
	if err != nil {
		rt.Fatalf("read tenant: %v", err)
	}
	after, most := before, rapid.Int64Range(-1, 5).Draw(rt, "cap")
	after.Name = rapid.StringMatching("[A-Z][a-z]{3}").Draw(rt, "name")
	m.step(rt, func() error {
		_, err := m.under.ChangeTenant(m.Context(), directory.TenantChange{Before: before, After: after, Cap: &most, Activity: did(directory.TenantChanged)})
		return err
	}, func(model *model) fault.Code {
		model.cap, model.name = most, after.Name
		return ""
	})
}

func (m *machine) createGroup(rt *rapid.T) {
	id := m.id(directory.SortGroup)
	g := directory.Group{
		ID: id, DisplayName: rapid.SampledFrom([]string{"Sales", "SALES", "Board", id.String()}).Draw(rt, "displayName"),
		Version: 1, Created: clock, Modified: clock, Document: []byte("{}"),
	}
	m.commitGroup(rt, directory.GroupChange{After: &g, Members: directory.MemberChange{Add: m.drawIDs(rt, "add")}, Activity: did(directory.GroupCreated)})
}

func (m *machine) changeGroup(rt *rapid.T) {
	before := m.storedGroup(rt, pick(rt, "group", m.model.groups))
	after := before
	after.Version++
	if rapid.IntRange(0, 3).Draw(rt, "rename") == 0 {
		after.DisplayName = rapid.SampledFrom([]string{"Sales", "sales", "Board"}).Draw(rt, "displayName")
	}
	if rapid.IntRange(0, 3).Draw(rt, "write") == 0 {
		after.Document = []byte(rapid.SampledFrom([]string{"{}", `{"a":1}`}).Draw(rt, "document"))
	}
	add, removed := m.drawIDs(rt, "add"), map[directory.ID]bool{}
	for _, id := range m.drawIDs(rt, "remove") {
		removed[id] = true
	}
	for _, id := range add {
		delete(removed, id)
	}
	members := directory.MemberChange{Clear: rapid.IntRange(0, 5).Draw(rt, "clear") == 0, Add: add, Remove: sortedIDs(removed)}
	m.commitGroup(rt, directory.GroupChange{Before: &before, After: &after, Members: members, Activity: did(directory.GroupChanged)})
}

func (m *machine) deleteGroup(rt *rapid.T) {
	before := m.storedGroup(rt, pick(rt, "group", m.model.groups))
	m.commitGroup(rt, directory.GroupChange{Before: &before, Activity: did(directory.GroupDeleted)})
}

func (m *machine) storedGroup(rt *rapid.T, id directory.ID) directory.Group {
	g, err := m.Group(m.Context(), tenant, id)
	if err != nil {
		rt.Fatalf("read group: %v", err)
	}
	return g
}

func (m *machine) commitGroup(rt *rapid.T, c directory.GroupChange) {
	m.step(rt, func() error {
		got, err := m.under.CommitGroup(m.Context(), tenant, c)
		if err == nil && c.After != nil {
			m.failing.Store(false)
			stored := m.storedGroup(rt, got.ID)
			if got.ETag == "" {
				stored.ETag = ""
			}
			if diff := cmp.Diff(stored, got, equal); diff != "" {
				rt.Fatalf("CommitGroup returned something else than what is stored:\n%s", diff)
			}
		}
		return err
	}, func(after *model) fault.Code { return after.commitGroup(c) })
}

func (m *machine) moveLeave(rt *rapid.T) {
	before, err := m.Leave(m.Context(), tenant, pick(rt, "leave", m.model.leaves))
	if err != nil {
		rt.Fatal(err)
	}
	due := clock.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "due")) * time.Minute)
	after, err := before.MoveTo(rapid.SampledFrom(directory.LeaveStates()).Draw(rt, "state"), clock, due)
	if err != nil {
		rt.Skip("not a legal move")
	}
	change := directory.LeaveChange{Before: &before, After: after, Activity: did(directory.LeaveMoved)}
	if u, ok := m.model.users[before.Leaver.ID]; ok && before.Owns(&u) {
		leaver := m.stored(rt, u.ID)
		change.Leaver = &leaver
	}
	m.step(rt, func() error {
		_, err := m.under.CommitLeave(m.Context(), tenant, change)
		return err
	}, func(after *model) fault.Code { after.commitLeave(change); return "" })
}

func drawRecord(rt *rapid.T) (recordType, id string) {
	return rapid.SampledFrom([]string{"quote", "quote-x"}).Draw(rt, "type"), fmt.Sprint(rapid.IntRange(10, 60).Draw(rt, "record"))
}

func (m *machine) putRecord(rt *rapid.T) {
	owner := pick(rt, "owner", m.model.users)
	for range rapid.IntRange(1, 20).Draw(rt, "records") {
		recordType, id := drawRecord(rt)
		r := directory.Record{
			Type: recordType, ID: id, Owner: owner, Title: rapid.SampledFrom([]string{"", "Big deal"}).Draw(rt, "title"),
			Status: rapid.SampledFrom([]string{directory.RecordOpen, directory.RecordOpen, directory.RecordClosed}).Draw(rt, "status"),
		}
		m.step(rt, func() error { return m.under.PutRecord(m.Context(), tenant, r) },
			func(after *model) fault.Code { after.records[r.Type+"/"+r.ID] = r; return "" })
	}
}

func (m *machine) deleteRecord(rt *rapid.T) {
	recordType, id := drawRecord(rt)
	m.step(rt, func() error { return m.under.DeleteRecord(m.Context(), tenant, recordType, id) },
		func(after *model) fault.Code {
			if _, ok := after.records[recordType+"/"+id]; !ok {
				return fault.NotFound
			}
			delete(after.records, recordType+"/"+id)
			return ""
		})
}

func (m *machine) moveRecords(rt *rapid.T) {
	from, to := pick(rt, "from", m.model.users), pick(rt, "to", m.model.users)
	leave := pick(rt, "leave", m.model.leaves)
	if from == to {
		rt.Skip("one user")
	}
	progress, err := m.Progress(m.Context(), tenant, leave)
	if err != nil {
		rt.Fatal(err)
	}
	move := directory.Move{
		Tenant: tenant, Leave: leave, Number: progress.Number + 1, At: clock,
		From: directory.Person{ID: from}, To: directory.Person{ID: to},
	}
	left := len(m.model.owned(from, directory.RecordOpen)) - 30
	m.step(rt, func() error {
		moved, err := m.under.Move(m.Context(), move)
		if err == nil && moved.Finished != (left <= 0) {
			rt.Fatalf("Finished = %t with %d left", moved.Finished, left)
		}
		return err
	}, func(after *model) fault.Code { after.move(move); return "" })
}

// staleChanges wants every conditional write on an old version refused.
func (m *machine) staleChanges(rt *rapid.T) {
	u := m.stored(rt, pick(rt, "user", m.model.users))
	if err := m.Touch(m.Context(), tenant, u); err != nil {
		rt.Fatalf("Touch: %v", err)
	}
	after := u
	after.Active = false // the cap, which may be lower by now, is no reason
	for name, change := range map[string]directory.UserChange{"update": {Before: &u, After: &after}, "delete": {Before: &u}} {
		if _, err := m.Store.CommitUser(m.Context(), tenant, change); !fault.Is(err, fault.RowChanged) {
			rt.Fatalf("%s of a stale user: %v", name, err)
		}
	}
	if err := m.Touch(m.Context(), tenant, u); !fault.Is(err, fault.RowChanged) {
		rt.Fatalf("Touch of a stale user: %v", err)
	}
}
