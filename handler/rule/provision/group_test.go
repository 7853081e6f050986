package provision_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/provision"
)

const entraObjectID = "48fc44a1-4c13-4a2b-8e5d-fd5ac2f1a0b7"

func TestCreateGroup(t *testing.T) {
	d := newDesk(t)
	ann, bob := d.user(t, "ann@acme.com"), d.user(t, "bob@acme.com")
	sales := d.group(t, "Sales", bob.ID, ann.ID, bob.ID)
	if diff := cmp.Diff([]directory.ID{ann.ID, bob.ID}, sales.MemberIDs); diff != "" || sales.Members != 2 {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if sales.ID.Sort() != directory.SortGroup || sales.Version != 1 || d.last().Kind != directory.GroupCreated {
		t.Errorf("the new group is %+v, activity %+v", sales.Group, d.last())
	}
	nested := d.group(t, "Everyone", sales.ID)
	if nested.Members != 1 {
		t.Errorf("a group in a group: %d members", nested.Members)
	}
	for name, members := range map[string]string{
		"no id":             `[{"value":"ann@acme.com"}]`,
		"an id of no sort":  `[{"value":"` + entraObjectID + `"}]`,
		"a user who is not": `[{"value":"01970c3e-8f00-7000-8000-000000000000"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := d.tryGroup(t, "Support", members)
			wantCode(t, err, fault.InvalidValue)
		})
	}
}

func TestPatchGroup(t *testing.T) {
	d := newDesk(t)
	ann, bob, eve := d.user(t, "ann@acme.com"), d.user(t, "bob@acme.com"), d.user(t, "eve@acme.com")
	list := func(ids ...directory.ID) string { return values(ids) }
	tests := []struct {
		name       string
		operations [][3]string
		want       []directory.ID
		detail     string
		code       fault.Code
	}{
		{"add one", [][3]string{{"Add", "members", list(bob.ID)}}, []directory.ID{ann.ID, bob.ID}, "members", ""},
		{"add who is in", [][3]string{{"Add", "members", list(ann.ID)}}, []directory.ID{ann.ID}, "", ""},
		{"remove by a list", [][3]string{{"Remove", "members", list(ann.ID)}}, nil, "members", ""},
		{"remove by a path", [][3]string{{"remove", `members[value eq "` + ann.ID.String() + `"]`, ""}}, nil, "members", ""},
		{"remove who is not in", [][3]string{{"Remove", "members", list(bob.ID)}}, []directory.ID{ann.ID}, "", ""},
		{"remove what is no id", [][3]string{{"remove", `members[value eq "nobody"]`, ""}}, []directory.ID{ann.ID}, "", ""},
		{"remove all", [][3]string{{"remove", "members", ""}}, nil, "members", ""},
		{"replace", [][3]string{{"replace", "members", list(bob.ID, eve.ID)}}, []directory.ID{bob.ID, eve.ID}, "members", ""},
		{"replace by nobody", [][3]string{{"replace", "members", "[]"}}, nil, "members", ""},
		{"add and remove", [][3]string{{"add", "members", list(bob.ID)}, {"remove", "members", list(bob.ID)}}, []directory.ID{ann.ID}, "", ""},
		{"remove and add", [][3]string{{"remove", "members", list(ann.ID)}, {"add", "members", list(ann.ID)}}, []directory.ID{ann.ID}, "", ""},
		{"name and members", [][3]string{{"replace", "displayName", `"Field"`}, {"add", "members", list(eve.ID)}}, []directory.ID{ann.ID, eve.ID}, "displayName, members", ""},
		{"add what is no id", [][3]string{{"add", "members", `[{"value":"nobody"}]`}}, []directory.ID{ann.ID}, "", fault.InvalidValue},
		{"add an id of no sort", [][3]string{{"add", "members", `[{"value":"` + entraObjectID + `"}]`}}, []directory.ID{ann.ID}, "", fault.InvalidValue},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := d.group(t, "Sales "+test.name, ann.ID)
			written := len(d.store.commits)
			after, err := d.patchGroup(t, before.ID, test.operations...)
			wantCode(t, err, test.code)
			found, err := d.Group(t.Context(), d.Caller, before.ID, true)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(test.want, found.MemberIDs) {
				t.Errorf("members are %v, want %v", found.MemberIDs, test.want)
			}
			if test.detail == "" {
				if found.Version != 1 || len(d.store.commits) != written {
					t.Errorf("version %d though nothing changed", found.Version)
				}
				return
			}
			if after.Version != 2 || found.Version != 2 || d.last().Detail != test.detail {
				t.Errorf("version %d, activity %+v", after.Version, d.last())
			}
		})
	}
	self := d.group(t, "Self")
	_, err := d.patchGroup(t, self.ID, [3]string{"add", "members", values([]directory.ID{self.ID})})
	wantCode(t, err, fault.InvalidValue)
}

// Whatever the operations are, the change that they are folded into does to a
// list of members what they do one after the other.
func TestFoldIsTheSameAsOneAfterTheOther(t *testing.T) {
	d := newDesk(t)
	var users []directory.ID
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		users = append(users, d.user(t, name).ID)
	}
	rapid.Check(t, func(r *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(users), 0, 4, rapid.ID)
		want := apply(nil, directory.MemberChange{Add: some.Draw(r, "members")})
		g := d.group(t, "Group", want...)
		var operations [][3]string
		for range rapid.IntRange(1, 6).Draw(r, "operations") {
			ids := some.Draw(r, "ids")
			switch rapid.IntRange(0, 3).Draw(r, "kind") {
			case 0:
				want = apply(want, directory.MemberChange{Add: ids})
				operations = append(operations, [3]string{"add", "members", values(ids)})
			case 1:
				want = apply(want, directory.MemberChange{Remove: ids})
				operations = append(operations, [3]string{"remove", "members", values(ids)})
			case 2:
				want = apply(nil, directory.MemberChange{Add: ids})
				operations = append(operations, [3]string{"replace", "members", values(ids)})
			case 3:
				want = nil
				operations = append(operations, [3]string{"remove", "members", ""})
			}
		}
		if _, err := d.patchGroup(t, g.ID, operations...); err != nil {
			r.Fatal(err)
		}
		found, err := d.Group(t.Context(), d.Caller, g.ID, true)
		if err != nil || !slices.Equal(want, found.MemberIDs) {
			r.Fatalf("members are %v, want %v (%v)", found.MemberIDs, want, err)
		}
		if err := d.DeleteGroup(t.Context(), d.Caller, g.ID, nil); err != nil {
			r.Fatal(err)
		}
	})
}

func TestReplaceGroup(t *testing.T) {
	d := newDesk(t)
	ann, bob := d.user(t, "ann@acme.com"), d.user(t, "bob@acme.com")
	sales := d.group(t, "Sales", ann.ID)
	r, err := d.model().Group().Decode([]byte(`{"displayName":"Field","members":` + values([]directory.ID{bob.ID}) + `}`))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		after, err := d.ReplaceGroup(t.Context(), d.Caller, sales.ID, r, nil)
		if err != nil || after.Version != 2 || after.DisplayName != "Field" || after.Members != 1 {
			t.Errorf("after PUT: %+v, %v", after.Group, err)
		}
	}
}

func TestDeleteGroup(t *testing.T) {
	d := newDesk(t)
	sales := d.group(t, "Sales")
	never := func(int64) bool { return false }
	wantCode(t, d.DeleteGroup(t.Context(), d.Caller, sales.ID, never), fault.VersionMismatch)
	wantCode(t, d.DeleteGroup(t.Context(), d.Caller, sales.ID, nil), "")
	wantCode(t, d.DeleteGroup(t.Context(), d.Caller, sales.ID, nil), fault.NotFound)
	if d.last().Kind != directory.GroupDeleted {
		t.Errorf("activity is %+v", d.last())
	}
	_, err := d.patchGroup(t, sales.ID, [3]string{"replace", "displayName", `"X"`})
	wantCode(t, err, fault.NotFound)
}

func TestDecidingAgainAboutAGroup(t *testing.T) {
	d := newDesk(t)
	sales := d.group(t, "Sales")
	rival := newDesk(t)
	rival.store = d.store
	rival.Service = provision.New(provision.Config{Users: d.store, Groups: d.store, Now: d.now})
	d.store.meanwhile = func() {
		d.store.meanwhile = nil
		_, err := rival.patchGroup(t, sales.ID, [3]string{"add", "externalId", `"rival"`})
		wantCode(t, err, "")
	}
	after, err := d.patchGroup(t, sales.ID, [3]string{"replace", "displayName", `"Field"`})
	if err != nil || after.Version != 3 || after.ExternalID != "rival" {
		t.Errorf("both changes must hold: %+v, %v", after.Group, err)
	}
}

// Changes of one resource in one process wait for one another and do not use up
// their tries; a caller who gives up waiting is let go.
func TestChangesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		ann := d.user(t, "ann@acme.com")
		d.store.meanwhile = func() { time.Sleep(time.Second) }
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := d.patchUser(t, ann.ID, [3]string{"replace", "title", strconv.Quote(strconv.Itoa(i))})
				wantCode(t, err, "")
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.DeleteUser(ctx, d.Caller, ann.ID, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ended with %v", err)
		}
		all.Wait()
		if after, err := d.User(t.Context(), d.Caller, ann.ID, false); err != nil || after.Version != 21 {
			t.Errorf("version %d after 20 changes, %v", after.Version, err)
		}
	})
}
