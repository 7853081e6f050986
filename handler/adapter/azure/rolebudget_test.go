package azure_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"

	"handover/handler/core/directory"
	"handover/handler/rule/admin"
	"handover/handler/rule/records"
)

// TestRoundTripBudgetOfRoles is the budget of what the application asks about its
// users, and of what an operator changes about them.
func TestRoundTripBudgetOfRoles(t *testing.T) {
	w := &watch{Client: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	d := newDesk(t, w)
	ids := make([]directory.ID, 110)
	for i := range ids {
		ids[i] = d.user(fmt.Sprintf("user-%d", i))
	}
	sales := d.group("sales", ids...)
	tenant := *d.Tenant
	tenant.Roles = []directory.Role{{Name: "Sales"}}
	tenant.Mappings = []directory.RoleMapping{{Group: sales, Role: "Sales"}}
	people := &records.Service{Users: d.store, Members: d.store, Now: d.now}
	office := &admin.Service{Tenants: d.store, Purges: d.store, Users: d.store, Groups: d.store, Now: d.now, Random: rand.Reader, Changed: func(string) {}}
	isSales := func(a records.Access, err error) error {
		if err == nil && a.Role != "Sales" {
			err = fmt.Errorf("the role is %q", a.Role)
		}
		return err
	}
	page := func() error {
		list, _, err := people.ListUsers(t.Context(), tenant, directory.ID{}, 100)
		if err == nil && len(list) == 100 {
			return isSales(list[99], nil)
		}
		return fmt.Errorf("%d users, %w", len(list), err)
	}
	change := func(c directory.SettingsChange) error {
		_, err := office.ChangeTenant(t.Context(), "operator", tenant.ID, "", c)
		return err
	}
	tests := []struct {
		name string
		want cost
		run  func() error
	}{
		// Once in 5 s the first asks beside its reads whether all is settled.
		{"access check, first in 5 s", cost{4, 2}, func() error { return isSales(people.AccessOf(t.Context(), tenant, "USER-7@acme.com")) }},
		{"access check", cost{3, 2}, func() error { return isSales(people.AccessOf(t.Context(), tenant, "user-7@acme.com")) }},
		{"user with role", cost{2, 1}, func() error { return isSales(people.User(t.Context(), tenant, ids[7])) }},
		{"page of 100 users with roles", cost{2, 2}, page},
		{"change of settings", cost{3, 2}, func() error { return change(directory.SettingsChange{Strict: new(true)}) }},
		{"change of the cap", cost{3, 2}, func() error { return change(directory.SettingsChange{UserCap: new(int64(500))}) }},
	}
	for _, test := range tests {
		var err error
		got := w.during(test.want, func() { err = test.run() })
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got.Requests != test.want.Requests || got.Depth > test.want.Depth {
			t.Errorf("%s takes %d requests, %d deep; the budget is %d, %d deep", test.name, got.Requests, got.Depth, test.want.Requests, test.want.Depth)
		}
	}
}
