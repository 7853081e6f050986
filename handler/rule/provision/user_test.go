package provision_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

func TestCreateUser(t *testing.T) {
	tests := []struct {
		name, userName, more string
		want                 fault.Code
	}{
		{"in a verified domain", "ann@acme.com", `"active":true`, ""},
		{"a name without domain", "ann", `"active":true`, ""},
		{"disabled from the start", "ann@acme.com", `"active":false`, ""},
		{"in a strange domain", "ann@globex.com", `"active":true`, fault.DomainNotVerified},
		{"with a strange address", "ann@acme.com", `"emails":[{"type":"home","value":"ann@gmail.com"}]`, fault.DomainNotVerified},
		{"taken in another letter case", "BOB@acme.com", `"active":true`, fault.Uniqueness},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			d.user(t, "bob@acme.com")
			u, err := d.tryUser(t, test.userName, test.more)
			wantCode(t, err, test.want)
			if err != nil {
				return
			}
			if u.Version != 1 || u.ID.Sort() != directory.SortUser || !u.Created.Equal(u.Modified) {
				t.Errorf("the new user is %+v", u)
			}
			want := directory.Activity{At: u.Created, Kind: directory.UserCreated, Actor: d.Actor, Target: u.ID}
			if diff := cmp.Diff(want, d.last()); diff != "" {
				t.Errorf("activity (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUserCap(t *testing.T) {
	d := newDesk(t)
	d.store.cap = 1
	ann := d.user(t, "ann@acme.com")
	_, err := d.tryUser(t, "bob@acme.com")
	wantCode(t, err, fault.UserCapReached)
	bob := d.user(t, "bob@acme.com", `"active":false`)
	activate := [3]string{"replace", "active", "true"}
	_, err = d.patchUser(t, bob.ID, activate)
	wantCode(t, err, fault.UserCapReached)
	if err := d.DeleteUser(t.Context(), d.Caller, ann.ID, nil); err != nil {
		t.Fatal(err)
	}
	_, err = d.patchUser(t, bob.ID, activate)
	wantCode(t, err, "")
}

func TestPatchUser(t *testing.T) {
	tests := []struct {
		name       string
		operations [][3]string
		want       fault.Code
		// kind is empty when nothing may be written.
		kind   directory.ActivityKind
		detail string
		leaves int
	}{
		{"a change", [][3]string{{"Replace", "title", `"CEO"`}}, "", directory.UserChanged, "title", 0},
		{
			"several attributes",
			[][3]string{{"replace", "title", `"CEO"`}, {"add", "name.givenName", `"Ann"`}, {"add", scim.EnterpriseURN + ":department", `"Sales"`}},
			"", directory.UserChanged, "department, name, title", 0,
		},
		{"an equal value", [][3]string{{"replace", "title", `"CTO"`}}, "", "", "", 0},
		{"nothing at all", nil, "", "", "", 0},
		{"disable", [][3]string{{"Replace", "active", `"False"`}}, "", directory.UserDisabled, "active", 1},
		{"a strange userName", [][3]string{{"replace", "userName", `"ann@globex.com"`}}, fault.DomainNotVerified, "", "", 0},
		{"a strange address", [][3]string{{"add", `emails[type eq "work"].value`, `"ann@globex.com"`}}, fault.DomainNotVerified, "", "", 0},
		{"a userName in use", [][3]string{{"replace", "userName", `"BOB@acme.com"`}}, fault.Uniqueness, "", "", 0},
		{"the second operation fails", [][3]string{{"replace", "title", `"CEO"`}, {"remove", "userName", ""}}, fault.Mutability, "", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			d.user(t, "bob@acme.com")
			before := d.user(t, "ann@acme.com", `"title":"CTO"`)
			written := len(d.store.commits)
			kind := d.model().User()
			p, err := kind.DecodePatch(patchBody(test.operations))
			after := before
			if err == nil {
				after, err = d.PatchUser(t.Context(), d.Caller, before.ID, p, nil, false)
			}
			wantCode(t, err, test.want)
			if test.kind == "" {
				if len(d.store.commits) != written {
					t.Errorf("%+v was written", d.last())
				}
				if err == nil && (after.Version != 1 || !after.Modified.Equal(before.Modified)) {
					t.Errorf("version %d, modified %v though nothing changed", after.Version, after.Modified)
				}
				return
			}
			if a := d.last(); a.Kind != test.kind || a.Detail != test.detail || a.Target != before.ID {
				t.Errorf("activity is %+v", a)
			}
			if after.Version != 2 || !after.Modified.After(before.Modified) || !after.Created.Equal(before.Created) {
				t.Errorf("after the change: %+v", after)
			}
			if len(d.leaves) != test.leaves {
				t.Errorf("%d leaves opened, want %d", len(d.leaves), test.leaves)
			}
		})
	}
}

// A user whose domain was given up can still be disabled and changed in other
// attributes.
func TestDomainsAreCheckedWhenTheyChange(t *testing.T) {
	d := newDesk(t)
	ann := d.user(t, "ann@acme.com", `"emails":[{"type":"work","value":"ann@acme.com"}]`)
	d.Tenant.Domains = []string{"acme.org"}
	_, err := d.patchUser(t, ann.ID, [3]string{"replace", "active", "false"})
	wantCode(t, err, "")
	_, err = d.patchUser(t, ann.ID, [3]string{"replace", "userName", `"anna@acme.com"`})
	wantCode(t, err, fault.DomainNotVerified)
	_, err = d.patchUser(t, ann.ID, [3]string{"replace", "userName", `"anna@acme.org"`})
	wantCode(t, err, "")
}

func TestLeaves(t *testing.T) {
	d := newDesk(t)
	ann := d.user(t, "ann@acme.com")
	disabled, err := d.patchUser(t, ann.ID, [3]string{"replace", "active", "false"})
	wantCode(t, err, "")
	if len(d.leaves) != 1 || disabled.Leave != d.leaves[0] || disabled.LeaveState != directory.Pending {
		t.Fatalf("after disabling: leave %v %q, heard of %v", disabled.Leave, disabled.LeaveState, d.leaves)
	}
	back, err := d.patchUser(t, ann.ID, [3]string{"replace", "active", "true"})
	wantCode(t, err, "")
	if back.Leave != d.leaves[0] || d.last().Kind != directory.UserReactivated {
		t.Errorf("a reactivation keeps the leave for whoever works on it; it is %v, activity %s", back.Leave, d.last().Kind)
	}
	if err := d.DeleteUser(t.Context(), d.Caller, ann.ID, nil); err != nil {
		t.Fatal(err)
	}
	if len(d.leaves) != 2 || d.leaves[1] == d.leaves[0] {
		t.Errorf("deleting an active user opened %v", d.leaves)
	}
	bob := d.user(t, "bob@acme.com", `"active":false`)
	if err := d.DeleteUser(t.Context(), d.Caller, bob.ID, nil); err != nil || len(d.leaves) != 2 {
		t.Errorf("deleting a user who never was active: %v, leaves %v", err, d.leaves)
	}
	wantCode(t, d.DeleteUser(t.Context(), d.Caller, bob.ID, nil), fault.NotFound)
}

func TestDecidingAgain(t *testing.T) {
	d := newDesk(t)
	ann := d.user(t, "ann@acme.com")
	rivals := 0
	d.store.meanwhile = func() {
		if rivals++; rivals > 3 {
			return
		}
		d.store.mu.Lock()
		defer d.store.mu.Unlock()
		d.store.users[0].ETag += "'"
	}
	after, err := d.patchUser(t, ann.ID, [3]string{"replace", "title", `"CEO"`})
	if err != nil || after.Version != 2 || rivals != 4 {
		t.Errorf("after three lost races: version %d, %v, %d tries", after.Version, err, rivals)
	}
	rivals = -100
	_, err = d.patchUser(t, ann.ID, [3]string{"replace", "title", `"CTO"`})
	wantCode(t, err, fault.Unavailable)
	wantCode(t, d.DeleteUser(t.Context(), d.Caller, ann.ID, nil), fault.Unavailable)
	if f := fault.Of(err); f.RetryAfter == 0 {
		t.Error("nothing says when to try again")
	}
}

func TestPreconditions(t *testing.T) {
	d := newDesk(t)
	ann := d.user(t, "ann@acme.com")
	kind := d.model().User()
	p := patch(t, kind, [3]string{"replace", "title", `"CEO"`})
	first := func(version int64) bool { return version == 1 }
	_, err := d.PatchUser(t.Context(), d.Caller, ann.ID, p, first, false)
	wantCode(t, err, "")
	_, err = d.PatchUser(t.Context(), d.Caller, ann.ID, p, first, false)
	wantCode(t, err, fault.VersionMismatch)
	wantCode(t, d.DeleteUser(t.Context(), d.Caller, ann.ID, first), fault.VersionMismatch)
}

func TestReplaceUser(t *testing.T) {
	d := newDesk(t)
	ann := d.user(t, "ann@acme.com", `"title":"CTO"`, `"nickName":"A"`)
	r, err := d.model().User().Decode([]byte(`{"schemas":["` + scim.UserURN + `"],"id":"x","userName":"ann@acme.com","nickName":"A"}`))
	if err != nil {
		t.Fatal(err)
	}
	after, err := d.ReplaceUser(t.Context(), d.Caller, ann.ID, r, nil, false)
	if err != nil || after.Version != 2 || d.last().Detail != "title" {
		t.Errorf("version %d, activity %+v, %v", after.Version, d.last(), err)
	}
	if _, err := d.patchUser(t, ann.ID, [3]string{"replace", "active", "false"}); err != nil {
		t.Fatal(err)
	}
	again, err := d.ReplaceUser(t.Context(), d.Caller, ann.ID, r, nil, false)
	if err != nil || again.Version != 3 || again.Active {
		t.Errorf("the same once more, of a disabled user: version %d, active %t, %v", again.Version, again.Active, err)
	}
}

// The groups of a user are read beside the row: two reads, and one more for a
// change.
func TestReadsOfAUser(t *testing.T) {
	d := newDesk(t)
	ann := d.user(t, "ann@acme.com")
	sales := d.group(t, "Sales", ann.ID)
	d.store.took()
	u, err := d.User(t.Context(), d.Caller, ann.ID, true)
	if err != nil || len(u.Groups) != 1 || u.Groups[0] != sales.ID || d.store.took() != 2 {
		t.Errorf("with groups: %v, %v", u.Groups, err)
	}
	if _, err := d.User(t.Context(), d.Caller, ann.ID, false); err != nil || d.store.took() != 1 {
		t.Errorf("without groups: %v", err)
	}
	p := patch(t, d.model().User(), [3]string{"replace", "title", `"CEO"`})
	u, err = d.PatchUser(t.Context(), d.Caller, ann.ID, p, nil, true)
	if err != nil || len(u.Groups) != 1 || d.store.took() != 3 {
		t.Errorf("a PATCH with groups: %v, %v", u.Groups, err)
	}
	_, err = d.User(t.Context(), d.Caller, sales.ID, true)
	wantCode(t, err, fault.NotFound)
	if d.store.took() != 0 {
		t.Error("the id of a group was looked up among users")
	}
	d.store.failure = fault.New(fault.StorageBusy, "busy")
	_, err = d.User(t.Context(), d.Caller, ann.ID, true)
	wantCode(t, err, fault.StorageBusy)
}
