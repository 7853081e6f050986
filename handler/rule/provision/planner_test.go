package provision_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/adapter/local"
	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// carried counts the rows that queries bring.
type carried struct {
	table.Table
	rows atomic.Int64
}

func (c *carried) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := c.Table.Query(ctx, q)
	c.rows.Add(int64(len(page.Entities)))
	return page, err
}

// library is a service over the real store.
type library struct {
	*provision.Service
	*store.Store
	requests *tabletest.Counter
	carried  *carried
	kind     *scim.ResourceType
	made     int
}

var began = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func newLibrary(t testing.TB, disturbed func(table.Table) table.Table) *library {
	t.Helper()
	now := func() time.Time { return began }
	file, err := local.Open(filepath.Join(t.TempDir(), "data"), local.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	l := &library{carried: &carried{Table: disturbed(file.Table("directory"))}}
	l.requests = tabletest.Counting(l.carried)
	l.Store = store.New(store.Config{Directory: l.requests, Records: file.Table("records"), Now: now, Random: rand.NewChaCha8([32]byte{1})})
	l.Service = provision.New(provision.Config{Users: l.Store, Groups: l.Store, Now: now, Random: rand.NewChaCha8([32]byte{2})})
	return l
}

// tenant makes a tenant of its own.
func (l *library) tenant(t interface{ Fatal(...any) }) provision.Caller {
	l.made++
	c := provision.Caller{Tenant: &directory.Tenant{ID: fmt.Sprintf("t%d", l.made), Name: "T", Country: "US", Domains: []string{"*"}}}
	_, err := l.CreateTenant(context.Background(), *c.Tenant, directory.Unlimited, directory.Activity{At: began})
	if err != nil {
		t.Fatal(err)
	}
	model, err := l.Model(c.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	l.kind = model.User()
	return c
}

// put adds a user who was created and changed at given times.
func (l *library) put(t interface{ Fatal(...any) }, c provision.Caller, name, active string, created, modified time.Time) {
	l.made++
	id, err := directory.NewID(directory.SortUser, began.Add(time.Duration(l.made)*time.Millisecond), strings.NewReader("0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.kind.Decode(fmt.Appendf(nil, `{"userName":%q%s}`, name, active))
	if err != nil {
		t.Fatal(err)
	}
	u := directory.User{
		ID: id, UserName: name, Active: r.Active(), Document: r.Document(), Version: 1, Created: created, Modified: modified,
	}
	_, err = l.CommitUser(context.Background(), c.Tenant.ID, directory.UserChange{After: &u, Activity: directory.Activity{At: began}})
	if err != nil && !fault.Is(err, fault.Uniqueness) {
		t.Fatal(err)
	}
}

// matching evaluates a filter on all users, one after the other.
func (l *library) matching(t interface{ Fatal(...any) }, c provision.Caller, f *scim.Filter) (names []string) {
	all, err := l.ListUsers(context.Background(), c.Tenant.ID, directory.ID{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all {
		r, err := l.kind.Load(row.Document)
		if err != nil {
			t.Fatal(err)
		}
		u := provision.User{User: row}
		if f.Match(l.kind, r, u.Envelope("")) {
			names = append(names, u.UserName)
		}
	}
	return names
}

var (
	// letters are those of names: with letters whose lower case is ASCII (İ, K),
	// marks that are composed with what is before them, and a blank, which the
	// PRECIS profile refuses.
	letters = rapid.SampledFrom([]string{"a", "A", "n", "i", "I", "k", "İ", "\u212a", "ſ", "ń", "\u0301", "\u0323", "\u0307", "ａ", " ", "ß"})
	words   = rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(letters, 1, 5).Draw(t, "letters"), "") })
	// prefixes are those that the index can tell, most of the time.
	prefixes = rapid.OneOf(words, rapid.StringOfN(rapid.RuneFrom([]rune("aAniIk ")), 2, 4, -1))
	// instants are close enough to be cut to the same millisecond.
	instants = rapid.Map(rapid.IntRange(-25, 25), func(n int) time.Time { return began.Add(time.Duration(n) * 100 * time.Microsecond) })
	actives  = rapid.SampledFrom([]string{"", `,"active":true`, `,"active":false`})
)

// terms are parts of filters, of those kinds that a planner uses and of those
// that it must not.
var terms = rapid.Custom(func(t *rapid.T) string {
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return fmt.Sprintf("userName sw %q", prefixes.Draw(t, "prefix"))
	case 1:
		return "active " + rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op") + rapid.SampledFrom([]string{" true", " false", ` "False"`, " null"}).Draw(t, "value")
	case 2:
		return "userName co " + fmt.Sprintf("%q", words.Draw(t, "part"))
	}
	return rapid.SampledFrom([]string{"meta.created", "meta.lastModified"}).Draw(t, "time") +
		rapid.SampledFrom([]string{" gt ", " ge ", " lt ", " le ", " ne "}).Draw(t, "op") +
		fmt.Sprintf("%q", instants.Draw(t, "at").In(time.FixedZone("", 3600)).Format(time.RFC3339Nano))
})

var filters = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(terms, 1, 4).Draw(t, "terms")
	if rapid.IntRange(0, 4).Draw(t, "not") == 0 {
		parts[0] = "not (" + parts[0] + ")"
	}
	return strings.Join(parts, rapid.SampledFrom([]string{" and ", " and ", " and ", " or "}).Draw(t, "op"))
})

// Whatever the planner reads, the answer is that of looking at every user.
func TestPlannerFindsWhatAScanFinds(t *testing.T) {
	l := newLibrary(t, func(inner table.Table) table.Table { return tabletest.ShortPages(inner, 1) })
	rapid.Check(t, func(t *rapid.T) {
		c := l.tenant(t)
		for _, name := range rapid.SliceOfN(words, 1, 12).Draw(t, "names") {
			l.put(t, c, name, actives.Draw(t, "active"), instants.Draw(t, "created"), instants.Draw(t, "modified"))
		}
		for _, text := range rapid.SliceOfN(filters, 1, 8).Draw(t, "filters") {
			f, err := l.kind.ParseFilter(text)
			if err != nil {
				t.Fatal(err)
			}
			want := l.matching(t, c, f)
			start, count := rapid.IntRange(1, 4).Draw(t, "start"), rapid.IntRange(0, 4).Draw(t, "count")
			page, err := l.FindUsers(context.Background(), c, provision.Search{Filter: f, Start: start, Count: count})
			if err != nil || page.Total != len(want) || page.Start != start {
				t.Fatalf("%s: total %d, start %d, %v; want %d, %d", text, page.Total, page.Start, err, len(want), start)
			}
			first := min(start-1, len(want))
			want = want[first:min(first+count, len(want))]
			if got := found(page); !slices.Equal(got, want) {
				t.Fatalf("%s: %q, want %q", text, got, want)
			}
		}
	})
}

func found(page provision.Page[provision.User]) (names []string) {
	for i := range page.Found {
		names = append(names, page.Found[i].UserName)
	}
	return names
}

// What an index or the engine can select costs requests for what it finds, not
// for what the tenant has.
func TestCostOfAPlan(t *testing.T) {
	l := newLibrary(t, func(inner table.Table) table.Table { return inner })
	c := l.tenant(t)
	for i := range 2000 {
		name, active, modified := fmt.Sprintf("user%04d", i), `,"active":true`, began
		if i%200 == 0 {
			name = fmt.Sprintf("Ann%d", i)
		}
		if i%400 == 1 {
			active, modified = `,"active":false`, began.Add(time.Hour)
		}
		l.put(t, c, name, active, began, modified)
	}
	tests := []struct {
		name, filter  string
		total         int
		rows          int64
		gets, queries int
	}{
		{"the beginning of a name", `userName sw "ann"`, 10, 10, 10, 1},
		{"and more", `userName sw "ann" and active eq false`, 0, 10, 10, 1},
		{"disabled", `active eq false`, 5, 5, 0, 1},
		{"changed since", `meta.lastModified gt "2026-03-02T10:30:00Z" and title ne "x"`, 5, 5, 0, 1},
		{"made before", `meta.created lt "1500-01-01T00:00:00Z" and active eq false`, 0, 5, 0, 1},
		{"a beginning that too many have", `userName sw "user" and active eq false`, 5, provision.MaxPageSize + 6, 0, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l.requests.Take()
			l.carried.rows.Store(0)
			page, err := l.FindUsers(t.Context(), c, provision.Search{Filter: filter(t, test.filter), Count: 100})
			if err != nil {
				t.Fatal(err)
			}
			want := tabletest.Counts{Get: int64(test.gets), Query: int64(test.queries)}
			if diff := cmp.Diff(want, l.requests.Take()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if page.Total != test.total || len(page.Found) != test.total || l.carried.rows.Load() != test.rows {
				t.Errorf("total %d, %d found, %d rows were sent; want %d and %d", page.Total, len(page.Found), l.carried.rows.Load(), test.total, test.rows)
			}
		})
	}
}

// A selection that brings a tenant's every user is refused like a scan, after as
// many pages; where a scan is allowed, it goes on.
func TestBudgetOfASelection(t *testing.T) {
	d := crowd(t, 1)
	const pages = provision.MaxSelectedPages
	for i := range provision.MaxScanned {
		u := d.store.users[0]
		u.ID[14], u.ID[15], u.ID[13] = byte(i>>8), byte(i), 0xff
		d.store.users = append(d.store.users, u)
	}
	all := d.store.users
	d.store.users = all[1:]
	if page := d.find(t, `meta.created gt "2026-01-01T00:00:00Z"`, 1, 1); page.Total != provision.MaxScanned {
		t.Errorf("found %d of %d", page.Total, provision.MaxScanned)
	}
	d.store.users = all
	d.store.took()
	_, err := d.FindUsers(t.Context(), d.Caller, provision.Search{Filter: filter(t, `meta.created gt "2026-01-01T00:00:00Z"`), Count: 1})
	wantCode(t, err, fault.TooMany)
	if calls := d.store.took(); calls != pages+2 {
		t.Errorf("%d reads before it was refused, want %d", calls, pages+2)
	}
}
