package store_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
)

// killed is a table that a process loses: its n-th transaction happens or not,
// and after that nothing does.
func killed(inner table.Table, n int, happens bool) table.Table {
	return killedAt(inner, n, happens, new(bool))
}

// killedAt also sets a flag when that happens.
func killedAt(inner table.Table, n int, happens bool, dead *bool) table.Table {
	return tabletest.Faulty(inner, func(c tabletest.Call) tabletest.Outcome {
		switch {
		case *dead:
			return tabletest.FailBefore
		case c.Method == tabletest.Transact && c.Number == n:
			*dead = true
			if happens {
				return tabletest.FailAfter
			}
			return tabletest.FailBefore
		}
		return tabletest.Pass
	})
}

// TestKilledAtEveryTransaction kills the process at each transaction of the
// changes that take several, and wants Mend to leave no trace of a half.
func TestKilledAtEveryTransaction(t *testing.T) {
	tests := []struct {
		name string
		run  func(*store.Store, *scene) error
		// members is how many the group may have, before and after.
		before, after int
	}{
		{"add 150 members", func(s *store.Store, c *scene) error {
			return c.change(s, directory.MemberChange{Add: c.ids[70:]})
		}, 70, 220},
		{"remove 60 members", func(s *store.Store, c *scene) error {
			return c.change(s, directory.MemberChange{Remove: c.ids[:60]})
		}, 70, 10},
		{"replace all members", func(s *store.Store, c *scene) error {
			return c.change(s, directory.MemberChange{Clear: true, Add: c.ids[60:200]})
		}, 70, 140},
		{"delete the group", func(s *store.Store, c *scene) error {
			_, err := s.CommitGroup(c.Context(), tenant, directory.GroupChange{Before: &c.group})
			return err
		}, 70, -1},
		{"delete a user with groups", func(s *store.Store, c *scene) error {
			u, err := c.User(c.Context(), tenant, c.ids[0])
			if err != nil {
				return err
			}
			_, err = s.CommitUser(c.Context(), tenant, directory.UserChange{Before: &u})
			return err
		}, 70, 69},
	}
	for _, test := range tests {
		for _, happens := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, happens %t", test.name, happens), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for n := 1; ; n++ {
						c, dead := newScene(t), false
						err := test.run(c.openOn(killedAt(c.directory, n, happens, &dead), c.records), c)
						c.mended(test.before, test.after, fmt.Sprintf("killed at transaction %d", n))
						if !dead {
							if err != nil {
								t.Error(err)
							}
							return
						}
					}
				})
			})
		}
	}
}

// scene is a world with a group of 70 among 220 users.
type scene struct {
	*world
	ids   []directory.ID
	group directory.Group
}

func newScene(t *testing.T) *scene {
	c := &scene{world: newWorld(t)}
	c.ids = c.users(220)
	c.group = c.world.group("Sales", c.ids[:70]...)
	c.world.group("Board", c.ids[0])
	return c
}

func (c *scene) change(s *store.Store, m directory.MemberChange) error {
	after := c.group
	after.Version++
	_, err := s.CommitGroup(c.Context(), tenant, directory.GroupChange{Before: &c.group, After: &after, Members: m})
	return err
}

// mended lets another process clean up, twice, and looks at the rows.
func (c *scene) mended(before, after int, when string) {
	c.Helper()
	for range 2 {
		if left, err := c.open().Mend(c.Context(), tenant, clock.Add(time.Hour)); left != 0 || err != nil {
			c.Errorf("%s: Mend leaves %d, %v", when, left, err)
		}
	}
	g, members, err := c.GroupAndMembers(c.Context(), tenant, c.group.ID)
	if n := len(members); err == nil && n != before && n != after {
		c.Errorf("%s: the group has %d members, want %d or %d", when, n, before, after)
	}
	if err != nil && after >= 0 {
		c.Errorf("%s: %v (%s)", when, err, g.ID)
	}
	if faults, err := broken(context.Background(), c.directory, c.records); err != nil || len(faults) > 0 {
		c.Errorf("%s: %v %q", when, err, faults)
	}
}

// A Mend that is itself killed can be repeated.
func TestMendKilledAtEveryTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for n := 1; n <= 12; n++ {
			c := newScene(t)
			dying := c.openOn(killed(c.directory, 2, true), c.records)
			if err := c.change(dying, directory.MemberChange{Clear: true, Add: c.ids[60:200]}); err == nil {
				t.Fatal("the change survived")
			}
			_, _ = c.openOn(killed(c.directory, n, n%2 == 0), c.records).Mend(t.Context(), tenant, clock.Add(time.Hour))
			c.mended(70, 140, fmt.Sprintf("Mend killed at transaction %d", n))
		}
	})
}

func TestMendWaitsForYoungIntents(t *testing.T) {
	synctest.Test(t, mendWaits)
}

func mendWaits(t *testing.T) {
	c := newScene(t)
	if err := c.change(c.openOn(killed(c.directory, 3, false), c.records), directory.MemberChange{Add: c.ids[70:]}); err == nil {
		t.Fatal("the change survived")
	}
	if left, err := c.Mend(t.Context(), tenant, clock); left != 1 || err != nil {
		t.Errorf("Mend leaves %d, %v; want the intent to wait", left, err)
	}
	if left, err := c.Mend(t.Context(), tenant, clock.Add(time.Second)); left != 0 || err != nil {
		t.Errorf("Mend leaves %d, %v", left, err)
	}
	c.sound()
}
