package azure_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"handover/handler/core/fault"
	"handover/handler/rule/provision"
)

// The budget of round trips: what each operation costs over the SDK, counted at
// the client's transport. Requests are exact, depth is a limit. A line that
// says more than its operation needs names the reason.
func TestRoundTripBudget(t *testing.T) {
	w := &watch{Client: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	d := newDesk(t, w)
	ann, zoe := d.user("ann"), d.user("zoe")
	for i := range 150 {
		d.user(fmt.Sprintf("user-%d", i))
	}
	people := d.strangers(1_500)
	small, big := d.group("small", people[0]), d.group("big")
	d.group("sales", ann)
	for some := range slices.Chunk(people, 100) {
		d.must(d.members(big, "add", some...))
	}
	holds := func(name string, want cost, run func() error) {
		var err error
		got := w.during(want, func() { err = run() })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got.Requests != want.Requests || got.Depth > want.Depth {
			t.Errorf("%s takes %d requests, %d deep; the budget is %d, %d deep", name, got.Requests, got.Depth, want.Requests, want.Depth)
		}
	}
	d.restart()
	holds("create user, first in a process", cost{2, 2}, func() error { return d.create("bob") })
	d.must(d.patchUser(zoe, "active", "false", false)) // writes the hint
	tests := []struct {
		name string
		want cost
		run  func() error
	}{
		{"create user, counter warm", cost{1, 1}, func() error { return d.create("cid") }},
		{"create user, userName taken", cost{1, 1}, func() error { return wanted(d.create("bob"), fault.Uniqueness) }},
		{"get user", cost{1, 1}, func() error { return d.getUser(ann, false) }},
		{"get user with groups", cost{2, 1}, func() error { return d.getUser(ann, true) }},
		{"userName eq", cost{2, 2}, func() error { return d.find(`userName eq "ANN@acme.com"`, 1, 100, 1) }},
		{"externalId eq", cost{2, 2}, func() error { return d.find(`externalId eq "ext-ann"`, 1, 100, 1) }},
		{"work e-mail eq", cost{2, 2}, func() error { return d.find(`emails[type eq "work"].value eq "ann@acme.com"`, 1, 100, 1) }},
		// The groups are read after the user whom they belong to.
		{"userName eq, with groups", cost{3, 3}, func() error {
			return d.search(`userName eq "ann@acme.com"`, provision.Search{Start: 1, Count: 100, References: true}, 1)
		}},
		{"userName eq, a miss", cost{1, 1}, func() error { return d.find(`userName eq "nobody"`, 1, 100, 0) }},
		{"externalId eq, a miss", cost{1, 1}, func() error { return d.find(`externalId eq "nobody"`, 1, 100, 0) }},
		{"work e-mail eq, a miss", cost{1, 1}, func() error { return d.find(`emails[type eq "work"].value eq "nobody"`, 1, 100, 0) }},
		{"list 100 users", cost{2, 1}, func() error { return d.find("", 1, 100, 100) }},
		{"list the next page", cost{1, 1}, func() error { return d.find("", 101, 50, 50) }},
		{"PATCH user", cost{2, 2}, func() error { return d.patchUser(ann, "title", `"CEO"`, false) }},
		{"PATCH user with groups", cost{3, 2}, func() error { return d.patchUser(ann, "title", `"CTO"`, true) }},
		{"rename", cost{2, 2}, func() error { return d.patchUser(ann, "userName", `"anna@acme.com"`, false) }},
		{"deactivate", cost{2, 2}, func() error { return d.patchUser(ann, "active", "false", false) }},
		{"reactivate", cost{2, 2}, func() error { return d.patchUser(ann, "active", "true", false) }},
		{"create group", cost{1, 1}, func() error { return d.createGroup("new") }},
		{"create group with a member", cost{2, 2}, func() error { return d.createGroup("newer", people[2]) }},
		{"get group", cost{1, 1}, func() error { return d.getGroup(big, false) }},
		{"get group with its 1,500 members", cost{2, 2}, func() error { return d.getGroup(big, true) }},
		{"groups of a user", cost{1, 1}, func() error { _, err := d.store.GroupsOf(t.Context(), d.Tenant.ID, ann); return err }},
		// One request more for each member added, beside the bucket: does it exist?
		{"add 1 member", cost{4, 3}, func() error { return d.members(small, "add", people[1]) }},
		{"add 1 member to 1,500", cost{4, 3}, func() error { return d.members(big, "add", ann) }},
		{"remove 1 member", cost{3, 3}, func() error { return d.members(small, "remove", people[1]) }},
		{"remove 1 member of 1,500", cost{3, 3}, func() error { return d.members(big, "remove", ann) }},
		// The store keeps 256 of those in flight: two rounds for 300. Azurite
		// answers one after the other, which the limits of depth allow for.
		{"add 100 members", cost{104, 4 + 2}, func() error { return d.members(small, "add", people[100:200]...) }},
		{"add 300 members", cost{306, 4 + 12}, func() error { return d.members(small, "add", people[1000:1300]...) }},
		// externalId and e-mail address may be shared, so their index rows are read.
		{"delete user", cost{3 + 2, 3}, func() error { return d.DeleteUser(t.Context(), d.Caller, zoe, nil) }},
		// 3 for the group; its groups are listed again, and the intent goes.
		{"delete user in a group", cost{5 + 3 + 2, 8}, func() error { return d.DeleteUser(t.Context(), d.Caller, ann, nil) }},
	}
	for _, test := range tests {
		holds(test.name, test.want, test.run)
	}
}

func wanted(err error, code fault.Code) error {
	if fault.Is(err, code) {
		return nil
	}
	return fmt.Errorf("error %w, want %s", err, code)
}
