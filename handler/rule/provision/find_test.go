package provision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

func filter(t testing.TB, text string) *scim.Filter {
	t.Helper()
	if text == "" {
		return nil
	}
	f, err := scim.ParseFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (d *desk) find(t testing.TB, text string, start, count int) provision.Page[provision.User] {
	t.Helper()
	page, err := d.FindUsers(t.Context(), d.Caller, provision.Search{Filter: filter(t, text), Start: start, Count: count})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func names(page provision.Page[provision.User]) string {
	var all []string
	for _, u := range page.Found {
		all = append(all, u.UserName)
	}
	return strings.Join(all, " ")
}

func TestFindUsers(t *testing.T) {
	d := newDesk(t)
	ann := d.user(t, "ann@acme.com", `"externalId":"x"`, `"emails":[{"type":"work","value":"ann@acme.com"}]`,
		`"`+scim.EnterpriseURN+`":{"manager":{"value":"boss"}}`)
	d.user(t, "bob@acme.com", `"externalId":"x"`, `"active":false`, `"title":"CTO"`)
	d.user(t, "eve@acme.com", `"title":"CEO"`)
	sales := d.group(t, "Sales", ann.ID)
	tests := []struct {
		name, filter, want string
		calls              int
	}{
		{"by userName", `userName eq "ann@acme.com"`, "ann@acme.com", 1},
		{"by userName in upper case", `userName eq "ANN@ACME.COM"`, "ann@acme.com", 1},
		{"nobody has the userName", `userName eq "0c6d-random"`, "", 1},
		{"by externalId, shared", `externalId eq "x"`, "ann@acme.com bob@acme.com", 1},
		{"by externalId and more", `externalId eq "x" and active eq false`, "bob@acme.com", 1},
		{"by work address", `emails[type eq "work"].value eq "ann@acme.com"`, "ann@acme.com", 1},
		{"by id and manager", `id eq "` + ann.ID.String() + `" and manager eq "boss"`, "ann@acme.com", 1},
		{"by manager and id", `manager eq "other" and id eq "` + ann.ID.String() + `"`, "", 1},
		{"an id that is none", `id eq "17"`, "", 0},
		{"the id of a group", `id eq "` + sales.ID.String() + `"`, "", 0},
		{"by group", `groups.value eq "` + sales.ID.String() + `"`, "ann@acme.com", 3},
		{"by user and group", `userName eq "eve@acme.com" and groups eq "` + sales.ID.String() + `"`, "", 2},
		{"no index", `title sw "C"`, "bob@acme.com eve@acme.com", 2},
		{"or needs a scan", `userName eq "ann@acme.com" or title eq "CEO"`, "ann@acme.com eve@acme.com", 2},
		{"nothing matches", `title eq "X"`, "", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d.store.took()
			page := d.find(t, test.filter, 1, 10)
			if names(page) != test.want || page.Total != len(page.Found) || page.Start != 1 {
				t.Errorf("found %q, total %d, start %d; want %q", names(page), page.Total, page.Start, test.want)
			}
			if calls := d.store.took(); calls != test.calls {
				t.Errorf("%d reads, want %d", calls, test.calls)
			}
		})
	}
	_, err := d.FindUsers(t.Context(), d.Caller, provision.Search{Filter: filter(t, "groups pr"), Count: 1})
	wantCode(t, err, fault.TooMany)
	page, err := d.FindUsers(t.Context(), d.Caller, provision.Search{Count: 10, References: true})
	if err != nil || !cmp.Equal(page.Found[0].Groups, []directory.ID{sales.ID}) || len(page.Found[1].Groups) > 0 {
		t.Errorf("groups are %v, %v", page.Found, err)
	}
}

func TestFindGroups(t *testing.T) {
	d := newDesk(t)
	ann, bob := d.user(t, "ann@acme.com"), d.user(t, "bob@acme.com")
	sales := d.group(t, "Sales", ann.ID, bob.ID)
	d.group(t, "Support", bob.ID)
	tests := []struct {
		name, filter, want string
		calls              int
	}{
		{"by displayName", `displayName eq "sales"`, "Sales", 1},
		{"by id and member", `id eq "` + sales.ID.String() + `" and members eq "` + ann.ID.String() + `"`, "Sales", 2},
		{"by id and who is not in", `id eq "` + sales.ID.String() + `" and members.value eq "` + sales.ID.String() + `"`, "", 2},
		{"by two members", `members eq "` + ann.ID.String() + `" and members eq "` + bob.ID.String() + `"`, "Sales", 3},
		{"by member", `members[value eq "` + bob.ID.String() + `"]`, "Sales Support", 5},
		{"no index", `displayName co "upp"`, "Support", 2},
		{"all", ``, "Sales Support", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d.store.took()
			page, err := d.FindGroups(t.Context(), d.Caller, provision.Search{Filter: filter(t, test.filter), Count: 10})
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, g := range page.Found {
				all = append(all, g.DisplayName)
			}
			if got := strings.Join(all, " "); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
			if calls := d.store.took(); calls != test.calls {
				t.Errorf("%d reads, want %d", calls, test.calls)
			}
		})
	}
	_, err := d.FindGroups(t.Context(), d.Caller, provision.Search{Filter: filter(t, "members pr"), Count: 1})
	wantCode(t, err, fault.TooMany)
	page, err := d.FindGroups(t.Context(), d.Caller, provision.Search{Count: 10, References: true})
	if err != nil || len(page.Found[0].MemberIDs) != 2 || len(page.Found[1].MemberIDs) != 1 {
		t.Errorf("members are %+v, %v", page.Found, err)
	}
}

// crowd makes n users; every third has the title CEO.
func crowd(t testing.TB, n int) *desk {
	d := newDesk(t)
	for i := range n {
		more := `"title":"none"`
		if i%3 == 0 {
			more = `"title":"CEO"`
		}
		d.user(t, fmt.Sprintf("user%d", i), more)
	}
	return d
}

func TestWalk(t *testing.T) {
	for _, text := range []string{"", `title eq "CEO"`} {
		t.Run(text, func(t *testing.T) {
			d := crowd(t, 30)
			whole := d.find(t, text, 1, 100)
			var walked []string
			for start := 1; ; {
				page := d.find(t, text, start, 4)
				if page.Total != max(whole.Total, start-1+len(page.Found)) || page.Start != start {
					t.Fatalf("at %d: total %d, start %d", start, page.Total, page.Start)
				}
				for _, u := range page.Found {
					walked = append(walked, u.UserName)
				}
				if start += len(page.Found); len(page.Found) < 4 {
					break
				}
				d.user(t, fmt.Sprintf("later%d", start))
			}
			if len(walked) < len(whole.Found) || strings.Join(walked[:len(whole.Found)], " ") != names(whole) {
				t.Errorf("walked %v, want %s", walked, names(whole))
			}
		})
	}
}

func TestPageBounds(t *testing.T) {
	d := crowd(t, 12)
	tests := []struct {
		name, filter       string
		start, count       int
		total, wantN, from int
	}{
		{"only totals", "", 1, 0, 12, 0, 1},
		{"a negative count", "", 1, -7, 12, 0, 1},
		{"a start below 1", "", -3, 5, 12, 5, 1},
		{"the last page is short", "", 11, 5, 12, 2, 11},
		{"beyond the end", "", 20, 5, 12, 0, 20},
		{"just behind the end", "", 13, 5, 12, 0, 13},
		{"a huge count", "", 1, 1 << 30, 12, 12, 1},
		{"filtered: only totals", `title eq "CEO"`, 1, 0, 4, 0, 1},
		{"filtered: the middle", `title eq "CEO"`, 2, 2, 4, 2, 2},
		{"filtered: beyond the end", `title eq "CEO"`, 9, 2, 4, 0, 9},
		{"indexed: beyond the end", `userName eq "user1"`, 2, 2, 1, 0, 2},
		{"indexed: only totals", `userName eq "user1"`, 1, 0, 1, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := d.find(t, test.filter, test.start, test.count)
			if page.Total != test.total || len(page.Found) != test.wantN || page.Start != test.from {
				t.Errorf("total %d, %d found, start %d; want %d, %d, %d", page.Total, len(page.Found), page.Start, test.total, test.wantN, test.from)
			}
		})
	}
}

// The next page costs one range read while the process remembers where the last
// one ended, and a walk over keys when it does not. The counters are read for
// the first page alone, so that the total is the same on all.
func TestReadsOfAWalk(t *testing.T) {
	d := crowd(t, 30)
	d.store.took()
	for i, want := range []int{2, 1, 1} {
		page := d.find(t, "", 1+10*i, 10)
		if calls := d.store.took(); len(page.Found) != 10 || page.Total != 30 || calls != want {
			t.Errorf("page %d cost %d reads, want %d", i+1, calls, want)
		}
	}
	if d.find(t, "", 6, 10); d.store.took() != 3 {
		t.Error("a page in the middle did not walk the keys")
	}
	d.time = d.time.Add(10 * time.Minute)
	if d.find(t, "", 11, 10); d.store.took() != 3 {
		t.Error("an old anchor was trusted")
	}
	other := *d.Tenant
	other.ID = "globex"
	_, err := d.FindUsers(t.Context(), provision.Caller{Tenant: &other}, provision.Search{Start: 11, Count: 10})
	if err != nil || d.store.took() != 3 {
		t.Errorf("another tenant used the anchor: %v", err)
	}
}

func TestScanBudget(t *testing.T) {
	d := crowd(t, 1)
	for len(d.store.users) <= provision.MaxScanned {
		d.store.users = append(d.store.users, d.store.users[0])
	}
	_, err := d.FindUsers(t.Context(), d.Caller, provision.Search{Filter: filter(t, `title eq "CEO"`), Count: 10})
	wantCode(t, err, fault.TooMany)
	if page := d.find(t, `userName eq "user0"`, 1, 10); len(page.Found) != 1 {
		t.Error("an index was no longer used")
	}
	byTitle, err := d.model().User().Sort("title", "")
	if err != nil {
		t.Fatal(err)
	}
	d.store.took()
	_, err = d.FindUsers(t.Context(), d.Caller, provision.Search{Sort: byTitle, Count: 10})
	if wantCode(t, err, fault.TooMany); d.store.took() != 1 {
		t.Error("sorting read more than the counters before it was refused")
	}
	if page := d.find(t, "", 1, 10); len(page.Found) != 10 {
		t.Error("a list without an order was refused")
	}
}

func TestMembersOfAPage(t *testing.T) {
	d := newDesk(t)
	d.group(t, "Sales")
	d.group(t, "Everyone")
	for i := range d.store.groups {
		d.store.groups[i].Members = provision.MaxListedMembers/2 + 1
	}
	search := provision.Search{Count: 10, References: true}
	_, err := d.FindGroups(t.Context(), d.Caller, search)
	wantCode(t, err, fault.TooMany)
	search.Count = 1
	_, err = d.FindGroups(t.Context(), d.Caller, search)
	wantCode(t, err, "")
}

func TestSort(t *testing.T) {
	d := newDesk(t)
	d.user(t, "eve", `"title":"b"`)
	d.user(t, "Ann", `"title":"a"`)
	d.user(t, "bob", `"title":"b"`)
	d.user(t, "kim")
	tests := []struct{ name, by, order, filter, want string }{
		{"letter case does not matter", "userName", "", "", "Ann bob eve kim"},
		{"descending", "userName", "descending", "", "kim eve bob Ann"},
		{"equal ones by creation, missing ones last", "title", "ascending", "", "Ann eve bob kim"},
		{"with a filter", "userName", "", `title eq "b"`, "bob eve"},
		{"with an indexed filter", "userName", "", `userName eq "eve"`, "eve"},
		{"by what the service knows", "meta.created", "descending", "", "kim bob Ann eve"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			order, err := d.model().User().Sort(test.by, test.order)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for start := 1; start <= 4; start += 2 {
				page, err := d.FindUsers(t.Context(), d.Caller, provision.Search{Filter: filter(t, test.filter), Sort: order, Start: start, Count: 2})
				if err != nil || page.Total != len(strings.Fields(test.want)) {
					t.Fatalf("total %d, %v", page.Total, err)
				}
				got = append(got, strings.Fields(names(page))...)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// marks follows the pages of a search to the end.
func (d *desk) marks(t testing.TB, q provision.Search, between func()) (walked []string) {
	t.Helper()
	q.From = &provision.Mark{}
	for q.From != nil {
		page, err := d.FindUsers(t.Context(), d.Caller, q)
		if err != nil || len(page.Found) == 0 || len(page.Found) < q.Count && page.Next != nil {
			t.Fatalf("after %v: %d found, next %v, %v", walked, len(page.Found), page.Next, err)
		}
		walked = append(walked, strings.Fields(names(page))...)
		q.From = page.Next
		between()
	}
	return walked
}

// Pages that follow marks show each resource once, whatever the search and the
// size of the page, and also when the resource that a mark names is deleted.
func TestMarks(t *testing.T) {
	byName, err := newDesk(t).model().User().Sort("userName", "descending")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		search provision.Search
	}{
		{"all", provision.Search{}},
		{"a scan", provision.Search{Filter: filter(t, `title eq "CEO"`)}},
		{"an index", provision.Search{Filter: filter(t, `externalId eq "x"`)}},
		{"sorted", provision.Search{Sort: byName}},
	}
	for _, test := range tests {
		for _, count := range []int{1, 2, 3, 4, 5, 11, 12, 13} {
			t.Run(fmt.Sprint(test.name, " by ", count), func(t *testing.T) {
				d := newDesk(t)
				for i := range 12 {
					d.user(t, fmt.Sprintf("user%02d", i), `"title":"CEO"`, `"externalId":"x"`)
				}
				test.search.Count = 100
				page, err := d.FindUsers(t.Context(), d.Caller, test.search)
				if err != nil {
					t.Fatal(err)
				}
				want := strings.Fields(names(page))
				test.search.Count = count
				if diff := cmp.Diff(want, d.marks(t, test.search, func() {})); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				seen := 0
				walked := d.marks(t, test.search, func() {
					if seen += count; seen < len(want) {
						d.store.remove(want[seen-1])
					}
				})
				if diff := cmp.Diff(want, walked); diff != "" {
					t.Errorf("the last one of each page was deleted (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// A page behind a mark costs one request, in every process.
func TestReadsOfMarks(t *testing.T) {
	d := crowd(t, 30)
	d.store.took()
	var reads []int
	d.marks(t, provision.Search{Count: 10}, func() { reads = append(reads, d.store.took()) })
	if diff := cmp.Diff([]int{2, 1, 1}, reads); diff != "" {
		t.Errorf("reads of each page (-want +got):\n%s", diff)
	}
}
