package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// rawUsers writes user rows that are nothing but members to be.
func (w *world) rawUsers(n int) []directory.ID {
	ids := make([]directory.ID, n)
	var operations []table.Operation
	for i := range ids {
		ids[i] = w.id(directory.SortUser)
		operations = append(operations, table.Operation{
			Action: table.Insert, Row: "u-" + ids[i].String(), Columns: table.Columns{{Name: "V", Value: table.Int(1)}},
		})
		if len(operations) == table.MaxOperations || i == n-1 {
			if _, err := w.directory.Transact(w.Context(), tenant, operations); err != nil {
				w.Fatal(err)
			}
			operations = operations[:0]
		}
	}
	slices.SortFunc(ids, compareIDs)
	return ids
}

func TestGroupGrowsAndShrinks(t *testing.T) {
	w := newWorld(t)
	ids := w.rawUsers(5000)
	g := w.group("Everyone", ids[:1000]...)
	steps := []struct {
		name   string
		change directory.MemberChange
		want   []directory.ID
	}{
		{"beyond one bucket", directory.MemberChange{Add: ids[1000:1100]}, ids[:1100]},
		{"to five thousand", directory.MemberChange{Add: ids}, ids},
		{"one out", directory.MemberChange{Remove: ids[:1]}, ids[1:]},
		{"forty out", directory.MemberChange{Remove: ids[1:41]}, ids[41:]},
		{"replaced by others", directory.MemberChange{Clear: true, Add: ids[:50]}, ids[:50]},
		{"cleared", directory.MemberChange{Clear: true}, nil},
		{"one in again", directory.MemberChange{Add: ids[7:8]}, ids[7:8]},
	}
	for _, step := range steps {
		var err error
		if g, err = w.changeMembers(g, step.change); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		_, got, err := w.GroupAndMembers(t.Context(), tenant, g.ID)
		if diff := cmp.Diff(step.want, got, equal); diff != "" || err != nil {
			t.Fatalf("%s: %v %s", step.name, err, diff)
		}
		for _, id := range []directory.ID{ids[0], ids[7], ids[60], ids[4999]} {
			in, err := w.HasMember(t.Context(), tenant, g.ID, id)
			if err != nil || in != slices.Contains(step.want, id) {
				t.Errorf("%s: HasMember says %t, %v", step.name, in, err)
			}
		}
	}
}

func TestEmptyChangeWritesNothing(t *testing.T) {
	w := newWorld(t)
	ids := w.users(3)
	g := w.group("Sales", ids[:2]...)
	w.directory.Take()
	got, err := w.changeMembers(g, directory.MemberChange{Add: ids[:2], Remove: ids[2:]})
	if diff := cmp.Diff(g, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if n := w.directory.Take().Transact; n != 0 {
		t.Errorf("%d transactions", n)
	}
}

func TestUnknownMembersAreRefused(t *testing.T) {
	w := newWorld(t)
	ids := w.users(2)
	g := w.group("Sales", ids...)
	u, err := w.User(t.Context(), tenant, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	stranger := w.id(directory.SortUser)
	for name, id := range map[string]directory.ID{"user": stranger, "group": w.id(directory.SortGroup), "neither": {1}} {
		_, err := w.changeMembers(g, directory.MemberChange{Add: []directory.ID{ids[0], id}})
		if !fault.Is(err, fault.InvalidValue) {
			t.Errorf("unknown %s: %v", name, err)
		}
	}
	if _, err := w.changeMembers(g, directory.MemberChange{Remove: []directory.ID{stranger}}); err != nil {
		t.Errorf("removing a stranger: %v", err)
	}
	if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{Before: &u}); err != nil {
		t.Fatal(err)
	}
	w.sound()
}

func TestTooManyMembers(t *testing.T) {
	w := newWorld(t)
	g := w.group("Everyone")
	row, err := w.directory.Get(t.Context(), tenant, "g-"+g.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	operations := []table.Operation{{Action: table.Merge, Row: row.Row, Columns: table.Columns{
		{Name: "N", Value: table.Int(180_000)}, {Name: "NB", Value: table.Int(64)},
	}}}
	if _, err := w.directory.Transact(t.Context(), tenant, operations); err != nil {
		t.Fatal(err)
	}
	full, err := w.Group(t.Context(), tenant, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.changeMembers(full, directory.MemberChange{Add: w.users(1)}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("one too many: %v", err)
	}
}

// A deleted user leaves seventeen groups by the sweep, sixteen at once.
func TestDeletedUserLeavesGroups(t *testing.T) {
	for _, n := range []int{16, 17} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			id := w.users(1)[0]
			for i := range n {
				w.group(fmt.Sprint("group-", i), id)
			}
			u, err := w.User(t.Context(), tenant, id)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{Before: &u}); err != nil {
				t.Fatal(err)
			}
			left, err := w.GroupsOf(t.Context(), tenant, id)
			if want := map[int]int{16: 0, 17: 17}[n]; len(left) != want || err != nil {
				t.Errorf("%d groups are left, want %d, %v", len(left), want, err)
			}
			if left, err := w.Mend(t.Context(), tenant, clock.Add(1)); left != 0 || err != nil {
				t.Errorf("Mend leaves %d, %v", left, err)
			}
			w.sound()
		})
	}
}
