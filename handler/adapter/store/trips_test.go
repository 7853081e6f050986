package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
)

func TestRoundTrips(t *testing.T) {
	w := newWorld(t)
	ann := w.create(w.user("ann@acme.com"))
	ids := w.users(40)
	small, large := w.group("small", ids[0]), w.group("large", ids...)
	w.directory.Take()
	tests := []struct {
		name string
		run  func() error
		want tabletest.Counts
	}{
		{"create user, counter warm", func() error { w.create(w.user("bob@acme.com")); return nil }, tabletest.Counts{Transact: 1}},
		{"get user", func() error { _, err := w.User(t.Context(), tenant, ann.ID); return err }, tabletest.Counts{Get: 1}},
		{"userName eq", func() error { _, err := w.UserByName(t.Context(), tenant, "ANN@acme.com"); return err }, tabletest.Counts{Get: 2}},
		{"patch user", func() error {
			before, err := w.User(t.Context(), tenant, ann.ID)
			if err != nil {
				return err
			}
			after := before
			after.Version, after.Document = 2, []byte(`{"title":"CEO"}`)
			_, err = w.CommitUser(t.Context(), tenant, directory.UserChange{Before: &before, After: &after, Activity: did(directory.UserChanged)})
			return err
		}, tabletest.Counts{Get: 1, Transact: 1}},
		{"add one member, after the group is read", func() (err error) {
			small, err = w.changeMembers(small, directory.MemberChange{Add: ids[1:2]})
			return err
		}, tabletest.Counts{Get: 2, Transact: 1}},
		{"remove one member, after the group is read", func() (err error) {
			large, err = w.changeMembers(large, directory.MemberChange{Remove: ids[1:2]})
			return err
		}, tabletest.Counts{Get: 1, Transact: 1}},
		{"group and members", func() error {
			_, members, err := w.GroupAndMembers(t.Context(), tenant, large.ID)
			want := slices.Concat(ids[:1], ids[2:])
			slices.SortFunc(want, func(a, b directory.ID) int { return slices.Compare(a[:], b[:]) })
			if diff := cmp.Diff(want, members); diff != "" {
				t.Errorf("members: %s", diff)
			}
			return err
		}, tabletest.Counts{Get: 1, Query: 1}},
		{"groups of a user", func() error { _, err := w.GroupsOf(t.Context(), tenant, ids[0]); return err }, tabletest.Counts{Query: 1}},
	}
	for _, test := range tests {
		w.directory.Take()
		if err := test.run(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := w.directory.Take(); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
