package store_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// overtaken is a table on which something else happens just before the n-th
// transaction.
func overtaken(inner table.Table, n int, by func()) table.Table {
	return overtakenAt(inner, tabletest.Transact, n, by)
}

func overtakenAt(inner table.Table, method tabletest.Method, n int, by func()) table.Table {
	return tabletest.Faulty(inner, func(c tabletest.Call) tabletest.Outcome {
		if c.Method == method && c.Number == n {
			by()
		}
		return tabletest.Pass
	})
}

// Mend has seen that somebody is no member, and then he becomes one.
func TestMendOvertakenByAddition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newScene(t)
		dying := c.openOn(killed(c.directory, 3, false), c.records)
		if err := c.change(dying, directory.MemberChange{Add: c.ids[70:]}); err == nil {
			t.Fatal("the change survived")
		}
		add := func() {
			g, err := c.Group(t.Context(), tenant, c.group.ID)
			if err == nil {
				_, err = c.changeMembers(g, directory.MemberChange{Add: c.ids[70:100]})
			}
			if err != nil {
				t.Error(err)
			}
		}
		c.Store = c.open()
		mender := c.openOn(overtaken(c.directory, 1, add), c.records)
		if left, err := mender.Mend(t.Context(), tenant, clock.Add(time.Hour)); left != 0 || err != nil {
			t.Errorf("Mend leaves %d, %v", left, err)
		}
		c.mended(100, 100, "overtaken")
	})
}

// The same after a large removal: somebody comes back before his reverse row
// has gone.
func TestRemovalOvertakenByAddition(t *testing.T) {
	c := newScene(t)
	add := func() {
		g, err := c.Group(t.Context(), tenant, c.group.ID)
		if err == nil {
			_, err = c.changeMembers(g, directory.MemberChange{Add: c.ids[:20]})
		}
		if err != nil {
			t.Error(err)
		}
	}
	// The hint, the commit, and then the reverse rows.
	s := c.openOn(overtaken(c.directory, 3, add), c.records)
	if err := c.change(s, directory.MemberChange{Remove: c.ids[:60]}); err != nil {
		t.Error(err)
	}
	c.mended(30, 30, "overtaken")
}

// A group is created with many members while a sweep takes its intent for
// abandoned.
func TestCreationOvertakenByMend(t *testing.T) {
	c := newScene(t)
	g := directory.Group{ID: c.id(directory.SortGroup), DisplayName: "New", Version: 1, Created: clock, Modified: clock}
	mend := func() {
		if left, err := c.Mend(t.Context(), tenant, clock.Add(time.Hour)); left != 0 || err != nil {
			t.Errorf("Mend leaves %d, %v", left, err)
		}
	}
	// The hint, the intent with the first reverse rows, the other ones, the commit.
	s := c.openOn(overtaken(c.directory, 4, mend), c.records)
	_, err := s.CommitGroup(t.Context(), tenant, directory.GroupChange{After: &g, Members: directory.MemberChange{Add: c.ids}})
	if !fault.Is(err, fault.RowChanged) {
		t.Errorf("CommitGroup: %v", err)
	}
	c.mended(70, 70, "overtaken")
}

func TestStaleGroupsAreRefused(t *testing.T) {
	c := newScene(t)
	old := c.group
	changed := old
	changed.Version, changed.ExternalID = 2, "no bucket tells of this"
	if _, err := c.CommitGroup(t.Context(), tenant, directory.GroupChange{Before: &old, After: &changed}); err != nil {
		t.Fatal(err)
	}
	renamed := old
	renamed.DisplayName = "Others"
	alone := old
	tests := []struct {
		name   string
		change directory.GroupChange
	}{
		{"one member", directory.GroupChange{After: &alone, Members: directory.MemberChange{Add: c.ids[100:101]}}},
		{"many members", directory.GroupChange{After: &alone, Members: directory.MemberChange{Add: c.ids[100:]}}},
		{"many members less", directory.GroupChange{After: &alone, Members: directory.MemberChange{Clear: true}}},
		{"another name", directory.GroupChange{After: &renamed}},
		{"another name, rebased", directory.GroupChange{After: &renamed, Rebase: true}},
		{"deletion", directory.GroupChange{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, s := range map[string]*store.Store{"same": c.Store, "another": c.open()} {
				change := test.change
				change.Before = &old
				if _, err := s.CommitGroup(t.Context(), tenant, change); !fault.Is(err, fault.RowChanged) {
					t.Errorf("by the %s process: %v", name, err)
				}
			}
		})
	}
	c.mended(70, 70, "after all")
}

func TestRebaseOnAnotherGroupIsRefused(t *testing.T) {
	c := newScene(t)
	renamed := c.group
	renamed.DisplayName, renamed.Version = "Others", 2
	if _, err := c.CommitGroup(t.Context(), tenant, directory.GroupChange{Before: &c.group, After: &renamed}); err != nil {
		t.Fatal(err)
	}
	after := c.group
	change := directory.GroupChange{Before: &c.group, After: &after, Members: directory.MemberChange{Add: c.ids[100:101]}, Rebase: true}
	if _, err := c.CommitGroup(t.Context(), tenant, change); !fault.Is(err, fault.RowChanged) {
		t.Errorf("CommitGroup: %v", err)
	}
}

// The group's row is read, then its members change, then its buckets are read.
func TestMembersBelongToTheirVersion(t *testing.T) {
	for name, m := range map[string]func(*scene) directory.MemberChange{
		"another one": func(c *scene) directory.MemberChange {
			return directory.MemberChange{Add: c.ids[70:71], Remove: c.ids[:1]}
		},
		"none": func(*scene) directory.MemberChange { return directory.MemberChange{Clear: true} },
	} {
		t.Run(name, func(t *testing.T) {
			c := newScene(t)
			change := func() {
				if _, err := c.changeMembers(c.group, m(c)); err != nil {
					t.Error(err)
				}
			}
			s := c.openOn(overtakenAt(c.directory, tabletest.Query, 1, change), c.records)
			g, members, err := s.GroupAndMembers(t.Context(), tenant, c.group.ID)
			if err != nil || g.Version != 2 || len(members) != g.Members {
				t.Errorf("version %d says %d members and has %d, %v", g.Version, g.Members, len(members), err)
			}
		})
	}
}

// HasMember must not look for a member in the bucket that he has left.
func TestMemberWhoseBucketDivides(t *testing.T) {
	w := newWorld(t)
	ids := w.rawUsers(1100)
	g := w.group("Everyone", ids[:1000]...)
	grow := func() {
		if _, err := w.changeMembers(g, directory.MemberChange{Add: ids[1000:]}); err != nil {
			t.Error(err)
		}
	}
	odd := ids[slices.IndexFunc(ids[:1000], func(id directory.ID) bool { return id[15]&1 == 1 })]
	// The second Get is that of the bucket.
	s := w.openOn(overtakenAt(w.directory, tabletest.Get, 2, grow), w.records)
	if in, err := s.HasMember(t.Context(), tenant, g.ID, odd); !in || err != nil {
		t.Errorf("HasMember says %t, %v", in, err)
	}
}
