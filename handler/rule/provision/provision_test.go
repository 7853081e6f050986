package provision_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// desk is a service over a directory in memory, and the tenant acme.
type desk struct {
	*provision.Service
	store *memory
	provision.Caller
	mu     sync.Mutex
	time   time.Time
	leaves []directory.ID
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{store: newMemory(), time: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	d.Caller = provision.Caller{Tenant: &directory.Tenant{ID: "acme", Domains: []string{"acme.com"}}, Actor: "00112233aabbccdd"}
	d.Service = provision.New(provision.Config{
		Users: d.store, Groups: d.store, Now: d.now, Random: rand.NewChaCha8([32]byte{1}),
		LeaveOpened: func(_ context.Context, _ string, leave directory.ID) { d.leaves = append(d.leaves, leave) },
	})
	return d
}

// model is what the tenant's users and groups are made of.
func (d *desk) model() *scim.Model {
	m, err := d.Model(d.Tenant)
	if err != nil {
		panic(err)
	}
	return m
}

// now moves on by a second each time it is asked.
func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.time = d.time.Add(time.Second)
	return d.time
}

func (d *desk) user(t testing.TB, name string, more ...string) provision.User {
	t.Helper()
	u, err := d.tryUser(t, name, more...)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (d *desk) tryUser(t testing.TB, name string, more ...string) (provision.User, error) {
	t.Helper()
	body := `{"schemas":["` + scim.UserURN + `"],"userName":"` + name + `"`
	for _, m := range more {
		body += "," + m
	}
	r, err := d.model().User().Decode([]byte(body + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return d.CreateUser(t.Context(), d.Caller, r)
}

func (d *desk) group(t testing.TB, name string, members ...directory.ID) provision.Group {
	t.Helper()
	g, err := d.tryGroup(t, name, values(members))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (d *desk) tryGroup(t testing.TB, name, members string) (provision.Group, error) {
	t.Helper()
	r, err := d.model().Group().Decode(fmt.Appendf(nil, `{"schemas":[%q],"displayName":%q,"members":%s}`, scim.GroupURN, name, members))
	if err != nil {
		t.Fatal(err)
	}
	return d.CreateGroup(t.Context(), d.Caller, r)
}

// values is a JSON list of members.
func values(ids []directory.ID) string {
	list := "["
	for i, id := range ids {
		if i > 0 {
			list += ","
		}
		list += `{"value":"` + id.String() + `"}`
	}
	return list + "]"
}

// patch is a PATCH of the operations, each written as op, path, value.
func patch(t testing.TB, kind *scim.ResourceType, operations ...[3]string) *scim.Patch {
	t.Helper()
	p, err := kind.DecodePatch(patchBody(operations))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func patchBody(operations [][3]string) []byte {
	body := []byte(`{"schemas":["` + scim.PatchOpURN + `"],"Operations":[`)
	for i, o := range operations {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"op":%q,"path":%q`, o[0], o[1])
		if o[2] != "" {
			body = append(append(body, `,"value":`...), o[2]...)
		}
		body = append(body, '}')
	}
	return append(body, "]}"...)
}

func (d *desk) patchUser(t testing.TB, id directory.ID, operations ...[3]string) (provision.User, error) {
	t.Helper()
	return d.PatchUser(t.Context(), d.Caller, id, patch(t, d.model().User(), operations...), nil, false)
}

func (d *desk) patchGroup(t testing.TB, id directory.ID, operations ...[3]string) (provision.Group, error) {
	t.Helper()
	return d.PatchGroup(t.Context(), d.Caller, id, patch(t, d.model().Group(), operations...), nil)
}

// last is the latest line of activity.
func (d *desk) last() directory.Activity { return d.store.commits[len(d.store.commits)-1] }

func wantCode(t testing.TB, err error, want fault.Code) {
	t.Helper()
	if f := fault.Of(err); (f == nil) != (want == "") || (f != nil && f.Code != want) {
		t.Errorf("error is %v, want code %q", err, want)
	}
}
