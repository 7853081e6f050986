package azure_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// desk is the rules of provisioning over a store in Azurite, with one tenant.
type desk struct {
	testing.TB
	*provision.Service
	provision.Caller
	directory, records table.Table
	store              *store.Store
}

func newDesk(t testing.TB, transport policy.Transporter) *desk {
	tables := openTables(t, transport)
	d := &desk{TB: t, directory: newTable(t, tables), records: newTable(t, tables)}
	d.Caller = provision.Caller{Tenant: &directory.Tenant{ID: "acme", Name: "Acme", Country: "US", Domains: []string{"*"}}, Actor: "entra"}
	d.restart()
	if _, err := d.store.CreateTenant(t.Context(), *d.Tenant, -1, directory.Activity{At: d.now()}); err != nil {
		t.Fatal(err)
	}
	return d
}

// now stands still, so that the hint of due work, at most one a minute and
// tenant, is written before anything is counted.
func (d *desk) now() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

// restart forgets what a process remembers.
func (d *desk) restart() {
	d.store = store.New(store.Config{Directory: d.directory, Records: d.records, Now: d.now, Random: rand.Reader})
	d.Service = provision.New(provision.Config{Users: d.store, Groups: d.store, Now: d.now, Random: rand.Reader})
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// model is what the tenant's users and groups are made of.
func (d *desk) model() *scim.Model {
	m, err := d.Model(d.Tenant)
	d.must(err)
	return m
}

func (d *desk) newUser(name string) (provision.User, error) {
	r, err := d.model().User().Decode(fmt.Appendf(nil,
		`{"schemas":[%q],"userName":"%[2]s@acme.com","externalId":"ext-%[2]s","active":true,"emails":[{"type":"work","value":"%[2]s@acme.com"}]}`, scim.UserURN, name))
	d.must(err)
	return d.CreateUser(d.Context(), d.Caller, r)
}

func (d *desk) create(name string) error {
	_, err := d.newUser(name)
	return err
}

func (d *desk) user(name string) directory.ID {
	d.Helper()
	u, err := d.newUser(name)
	d.must(err)
	return u.ID
}

// strangers are ids of rows that are no more than that: there.
func (d *desk) strangers(n int) []directory.ID {
	d.Helper()
	ids := make([]directory.ID, n)
	var operations []table.Operation
	for i := range ids {
		id, err := directory.NewID(directory.SortUser, d.now(), rand.Reader)
		d.must(err)
		ids[i] = id
		operations = append(operations, table.Operation{Action: table.Insert, Row: "u-" + id.String(), Columns: table.Columns{{Name: "V", Value: table.Int(1)}}})
		if len(operations) < table.MaxOperations && i < n-1 {
			continue
		}
		_, err = d.directory.Transact(d.Context(), d.Tenant.ID, operations)
		d.must(err)
		operations = nil
	}
	return ids
}

func (d *desk) newGroup(name string, members ...directory.ID) (provision.Group, error) {
	r, err := d.model().Group().Decode(fmt.Appendf(nil, `{"schemas":[%q],"displayName":%q,"members":%s}`, scim.GroupURN, name, values(members)))
	d.must(err)
	return d.CreateGroup(d.Context(), d.Caller, r)
}

func (d *desk) createGroup(name string, members ...directory.ID) error {
	_, err := d.newGroup(name, members...)
	return err
}

func (d *desk) group(name string, members ...directory.ID) directory.ID {
	d.Helper()
	g, err := d.newGroup(name, members...)
	d.must(err)
	return g.ID
}

func (d *desk) getUser(id directory.ID, groups bool) error {
	_, err := d.User(d.Context(), d.Caller, id, groups)
	return err
}

func (d *desk) getGroup(id directory.ID, members bool) error {
	_, err := d.Group(d.Context(), d.Caller, id, members)
	return err
}

func values(ids []directory.ID) string {
	var list []string
	for _, id := range ids {
		list = append(list, `{"value":"`+id.String()+`"}`)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// patchUser sets a path.
func (d *desk) patchUser(id directory.ID, path, value string, groups bool) error {
	p, err := d.model().User().DecodePatch(fmt.Appendf(nil, `{"schemas":[%q],"Operations":[{"op":"replace","path":%q,"value":%s}]}`, scim.PatchOpURN, path, value))
	d.must(err)
	_, err = d.PatchUser(d.Context(), d.Caller, id, p, nil, groups)
	return err
}

func (d *desk) members(group directory.ID, op string, ids ...directory.ID) error {
	p, err := d.model().Group().DecodePatch(fmt.Appendf(nil, `{"schemas":[%q],"Operations":[{"op":%q,"path":"members","value":%s}]}`, scim.PatchOpURN, op, values(ids)))
	d.must(err)
	_, err = d.PatchGroup(d.Context(), d.Caller, group, p, nil)
	return err
}

// find searches users and wants a number of them.
func (d *desk) find(filter string, start, count, want int) error {
	return d.search(filter, provision.Search{Start: start, Count: count}, want)
}

func (d *desk) search(filter string, q provision.Search, want int) error {
	if filter != "" {
		f, err := scim.ParseFilter(filter)
		d.must(err)
		q.Filter = f
	}
	page, err := d.FindUsers(d.Context(), d.Caller, q)
	if err == nil && len(page.Found) != want {
		return fmt.Errorf("%d users found, want %d", len(page.Found), want)
	}
	return err
}
