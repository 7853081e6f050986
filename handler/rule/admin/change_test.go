package admin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
)

var (
	sales = directory.ID{6: 0x80, 15: 1}
	board = directory.ID{6: 0x80, 15: 2}
	ann   = directory.ID{6: 0x70, 15: 1}
)

// furnished is an office with a tenant that has two groups, a role and a user.
func furnished() *office {
	return newOffice(directorytest.Memory{"acme": {
		Settings: directory.Tenant{
			ID: "acme", Name: "Acme", Country: "US", Domains: []string{"acme.com"}, RetentionDays: 365,
			Roles: []directory.Role{{Name: "Sales"}, {Name: "Reader"}}, DefaultRole: "Reader",
		},
		Counters: directory.Counters{Cap: 50, Active: 40},
		Groups:   []directory.Group{{ID: sales, DisplayName: "Sales"}, {ID: board, DisplayName: "Board"}},
		Users:    []directory.User{{ID: ann, UserName: "ann@acme.com", Active: true, Version: 3, Modified: noon}},
	}})
}

func TestChangeTenant(t *testing.T) {
	o := furnished()
	got, err := o.ChangeTenant(t.Context(), "olga", "acme", "", directory.SettingsChange{
		Name: new("Acme Ltd"), Domains: new([]string{"ACME.com", "*.acme.com"}), UserCap: new(int64(30)), Country: new("US"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Tenant.Name != "Acme Ltd" || got.Counters.Cap != 30 || !got.Tenant.Modified.Equal(noon) {
		t.Errorf("changed to %+v", got)
	}
	if diff := cmp.Diff([]string{"acme.com", "*.acme.com"}, got.Tenant.Domains); diff != "" {
		t.Errorf("domains: %s", diff)
	}
	content := o.memory["acme"]
	if content.Counters != (directory.Counters{Cap: 30, Active: 40}) {
		t.Errorf("lowering the cap touched somebody: %+v", content.Counters)
	}
	activity := []directory.Activity{{At: noon, Kind: directory.TenantChanged, Actor: "olga", Detail: "name, domains, userCap"}}
	if diff := cmp.Diff(activity, content.Activity); diff != "" {
		t.Errorf("activity (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"acme"}, o.changed); diff != "" {
		t.Errorf("changed: %s", diff)
	}
	if _, err := o.ChangeTenant(t.Context(), "olga", "acme", "", directory.SettingsChange{Name: new("Acme Ltd")}); err != nil || len(content.Activity) != 1 {
		t.Errorf("what changes nothing writes nothing: %v, %v", err, content.Activity)
	}
}

func TestSuspendAndResumeAreTold(t *testing.T) {
	o := furnished()
	for _, suspended := range []bool{true, false} {
		if _, err := o.ChangeTenant(t.Context(), "olga", "acme", "", directory.SettingsChange{Suspended: &suspended}); err != nil {
			t.Fatal(err)
		}
	}
	lines := o.memory["acme"].Activity
	if len(lines) != 2 || lines[0].Kind != directory.TenantSuspended || lines[1].Kind != directory.TenantResumed {
		t.Errorf("activity %+v", lines)
	}
}

func TestChangeTenantRefusesTheWhole(t *testing.T) {
	tests := []struct {
		name   string
		change directory.SettingsChange
		want   string
	}{
		{"an empty name", directory.SettingsChange{Name: new(" ")}, `name must be 1 to 256 bytes, for example "Acme Inc"`},
		{"a country", directory.SettingsChange{Country: new("FR")}, "country must be one that this deployment serves: US, CA"},
		{"no domain", directory.SettingsChange{Domains: new([]string{})}, `domains must name at least one verified domain, for example "acme.com", or "*" for no check`},
		{"a cap", directory.SettingsChange{UserCap: new(int64(-2))}, "userCap must be 0 or more, or left out for no cap, for example 50"},
		{"a default role", directory.SettingsChange{DefaultRole: new("Boss")}, `defaultRole must be one of the tenant's roles (Sales, Reader), for example "Sales"; set a new role first`},
		{"no retention", directory.SettingsChange{RetentionDays: new(0)}, "retentionDays must be from 1 to 3650, for example 365"},
		{"a directory", directory.SettingsChange{Entra: &directory.EntraBinding{TenantID: "x"}}, `entra.tenantId must be the GUID of the customer's directory, for example "72f988bf-86f1-41af-91ab-2d7cd011db47"`},
		{"deputies", directory.SettingsChange{Deputies: new(make([]string, 17))}, `deputies must be at most 16 userNames, for example ["bob@acme.com"]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := furnished()
			before := o.memory["acme"].Settings
			test.change.Strict = new(true)
			_, err := o.ChangeTenant(t.Context(), "olga", "acme", "", test.change)
			if f := fault.Of(err); f == nil || f.Code != fault.InvalidValue || f.Message != test.want {
				t.Errorf("error is %v, want %q", err, test.want)
			}
			if diff := cmp.Diff(before, o.memory["acme"].Settings); diff != "" {
				t.Errorf("a part was changed: %s", diff)
			}
		})
	}
}

func TestTheSecondOperatorLearnsWhatChanged(t *testing.T) {
	o := furnished()
	seen, err := o.Tenant(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	settings := seen.Settings()
	version := settings.Version()
	if _, err := o.ChangeTenant(t.Context(), "olga", "acme", version, directory.SettingsChange{UserCap: new(int64(60)), ScimOff: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = o.ChangeTenant(t.Context(), "otto", "acme", version, directory.SettingsChange{Name: new("Acme Ltd")})
	want := "somebody else has changed userCap, scimOff of the tenant acme meanwhile; read the settings again, and then change them"
	if f := fault.Of(err); f == nil || f.Code != fault.VersionMismatch || f.Message != want {
		t.Errorf("error is %v, want %q", err, want)
	}
	if _, err := o.ChangeTenant(t.Context(), "otto", "acme", "x", directory.SettingsChange{Name: new("Acme Ltd")}); !fault.Is(err, fault.VersionMismatch) {
		t.Errorf("no version at all: %v", err)
	}
	if _, err := o.ChangeTenant(t.Context(), "otto", "acme", "*", directory.SettingsChange{Name: new("Acme Ltd")}); err != nil {
		t.Errorf("any version: %v", err)
	}
}

// racing is a store in which somebody else is always faster, n times.
type racing struct {
	directorytest.Memory
	n *int
}

func (r racing) ChangeTenant(ctx context.Context, c directory.TenantChange) (directory.Tenant, error) {
	if *r.n--; *r.n >= 0 {
		r.Memory["acme"].Settings.ETag += "0"
		r.Memory["acme"].Settings.Name = "Acme " + strings.Repeat("I", *r.n+1)
	}
	return r.Memory.ChangeTenant(ctx, c)
}

func TestAChangeGoesAgainBesideAnother(t *testing.T) {
	o := furnished()
	o.Tenants = racing{o.memory, new(2)}
	got, err := o.ChangeTenant(t.Context(), "olga", "acme", "", directory.SettingsChange{Strict: new(true)})
	if err != nil || !got.Tenant.Strict || got.Tenant.Name != "Acme I" {
		t.Errorf("%+v, %v: the other's change is lost, or ours", got.Tenant, err)
	}
	o = furnished()
	o.Tenants = racing{o.memory, new(99)}
	if _, err := o.ChangeTenant(t.Context(), "olga", "acme", "", directory.SettingsChange{Strict: new(true)}); !fault.Is(err, fault.RowChanged) {
		t.Errorf("it never gives up: %v", err)
	}
}

func TestRolesAndMappings(t *testing.T) {
	o := furnished()
	ctx := t.Context()
	step := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step(o.SetRole(ctx, "olga", "acme", "", directory.Role{Name: "Boss", Permissions: []string{"all"}}))
	step(o.MapGroup(ctx, "olga", "acme", "", sales, "Sales", 0))
	step(o.MapGroup(ctx, "olga", "acme", "", board, "Boss", 1))
	roles, mappings, err := o.Roles(ctx, "acme")
	if err != nil || len(roles.Tenant.Roles) != 3 || len(mappings) != 2 || mappings[0].GroupName != "Board" || mappings[1].Role != "Sales" {
		t.Errorf("%+v, %v", mappings, err)
	}
	step(o.MapGroup(ctx, "olga", "acme", "", sales, "Reader", 0))
	if got := o.memory["acme"].Settings.Mappings; got[1] != (directory.RoleMapping{Group: sales, Role: "Reader"}) {
		t.Errorf("another role moved the mapping: %v", got)
	}
	unmapped, _, err := o.ListGroups(ctx, "acme", directory.ID{}, 10, true)
	if err != nil || len(unmapped) != 0 {
		t.Errorf("unmapped: %v, %v", unmapped, err)
	}
	step(o.UnmapGroup(ctx, "olga", "acme", "", sales))
	unmapped, _, err = o.ListGroups(ctx, "acme", directory.ID{}, 10, true)
	if err != nil || len(unmapped) != 1 || unmapped[0].ID != sales {
		t.Errorf("unmapped: %v, %v", unmapped, err)
	}
	step(o.RemoveRole(ctx, "olga", "acme", "", "Sales"))
}

func TestRolesRefuse(t *testing.T) {
	o := furnished()
	if _, err := o.MapGroup(t.Context(), "olga", "acme", "", sales, "Sales", 0); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		run  func() error
		want fault.Code
	}{
		{"a role of the disabled", func() error {
			_, err := o.SetRole(t.Context(), "", "acme", "", directory.Role{Name: "disabled"})
			return err
		}, fault.InvalidValue},
		{"a role without name", func() error { _, err := o.SetRole(t.Context(), "", "acme", "", directory.Role{}); return err }, fault.InvalidValue},
		{"an empty permission", func() error {
			_, err := o.SetRole(t.Context(), "", "acme", "", directory.Role{Name: "X", Permissions: []string{""}})
			return err
		}, fault.InvalidValue},
		{"an unknown role", func() error {
			_, err := o.MapGroup(t.Context(), "", "acme", "", board, "Boss", 0)
			return err
		}, fault.InvalidValue},
		{"a position", func() error {
			_, err := o.MapGroup(t.Context(), "", "acme", "", board, "Sales", -1)
			return err
		}, fault.InvalidValue},
		{"a group that was not pushed", func() error {
			_, err := o.MapGroup(t.Context(), "", "acme", "", directory.ID{15: 9}, "Sales", 0)
			return err
		}, fault.NotFound},
		{"no mapping", func() error { _, err := o.UnmapGroup(t.Context(), "", "acme", "", board); return err }, fault.NotFound},
		{"a mapped role", func() error { _, err := o.RemoveRole(t.Context(), "", "acme", "", "Sales"); return err }, fault.Conflict},
		{"the default role", func() error { _, err := o.RemoveRole(t.Context(), "", "acme", "", "Reader"); return err }, fault.Conflict},
		{"no role", func() error { _, err := o.RemoveRole(t.Context(), "", "acme", "", "Boss"); return err }, fault.NotFound},
		{"a lock without reason", func() error { _, err := o.LockRole(t.Context(), "", "acme", ann, "Sales", " "); return err }, fault.InvalidValue},
		{"a lock on no role", func() error { _, err := o.LockRole(t.Context(), "", "acme", ann, "Boss", "x"); return err }, fault.InvalidValue},
		{"a lock of nobody", func() error { _, err := o.LockRole(t.Context(), "", "acme", sales, "Sales", "x"); return err }, fault.NotFound},
	}
	for _, test := range tests {
		if err := test.run(); !fault.Is(err, test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

// TestALockIsNoChangeOfTheUser wants version and time of the change as they were.
func TestALockIsNoChangeOfTheUser(t *testing.T) {
	o := furnished()
	locked, err := o.LockRole(t.Context(), "olga", "acme", ann, "Sales", "stands in")
	want := directory.RoleLock{Role: "Sales", Reason: "stands in", By: "olga", At: noon}
	if err != nil || locked.Lock != want || locked.Version != 3 || !locked.Modified.Equal(noon) {
		t.Errorf("%+v, %v", locked, err)
	}
	unlocked, err := o.UnlockRole(t.Context(), "olga", "acme", ann)
	if err != nil || unlocked.Lock != (directory.RoleLock{}) || unlocked.Version != 3 {
		t.Errorf("%+v, %v", unlocked, err)
	}
	lines := o.memory["acme"].Activity
	if len(lines) != 2 || lines[0].Kind != directory.RoleLocked || lines[0].Target != ann || lines[0].Detail != "Sales" || lines[1].Kind != directory.RoleUnlocked {
		t.Errorf("activity %+v", lines)
	}
}

func TestDeleteTenant(t *testing.T) {
	o := furnished()
	now := noon
	o.Now = func() time.Time { return now }
	o.PurgeGrace = 5 * time.Minute
	for range 4 {
		o.memory["acme"].Users = append(o.memory["acme"].Users, directory.User{})
	}
	for _, confirm := range []string{"", "ACME", "globex"} {
		if _, err := o.DeleteTenant(t.Context(), "olga", "acme", "", confirm); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("confirmed by %q: %v", confirm, err)
		}
	}
	begun, err := o.DeleteTenant(t.Context(), "olga", "acme", "", "acme")
	if err != nil || !begun.Tenant.Deleting.Equal(noon) {
		t.Fatalf("%+v, %v", begun, err)
	}
	now = noon.Add(time.Minute)
	if again, err := o.DeleteTenant(t.Context(), "otto", "acme", "", "acme"); err != nil || !again.Tenant.Deleting.Equal(noon) {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	if _, err := o.ChangeTenant(t.Context(), "olga", "acme", "", directory.SettingsChange{Suspended: new(false)}); !fault.Is(err, fault.TenantClosed) {
		t.Errorf("changed while it is deleted: %v", err)
	}
	if err := o.PurgeDeleted(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown, err := o.Tenant(t.Context(), "acme")
	if err != nil || shown.Purge.Removed != 5 || !shown.Purge.Empty {
		t.Errorf("%+v, %v", shown.Purge, err)
	}
	// Who was let in before the deletion may still write for a while.
	o.memory["acme"].Users = []directory.User{{}}
	now = noon.Add(5 * time.Minute)
	if err := o.PurgeDeleted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(o.memory) != 0 {
		t.Errorf("left: %v", o.memory)
	}
}
