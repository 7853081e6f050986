package provision_test

import (
	"fmt"
	"strings"
	"testing"

	"handover/handler/rule/provision"
)

func mixedNames(m provision.Mixed) string {
	var all []string
	for _, u := range m.Users {
		all = append(all, u.UserName)
	}
	for _, g := range m.Groups {
		all = append(all, g.DisplayName)
	}
	return strings.Join(all, " ")
}

func TestFindAll(t *testing.T) {
	d := newDesk(t)
	for i := range 3 {
		d.user(t, fmt.Sprint("user", i), `"displayName":"shared"`)
		d.group(t, fmt.Sprint("group", i))
	}
	tests := []struct {
		name, filter       string
		start, count       int
		want               string
		total, mostOfReads int
	}{
		{"all", "", 1, 100, "user0 user1 user2 group0 group1 group2", 6, 4},
		{"across the border", "", 3, 2, "user2 group0", 6, 5},
		{"groups alone", "", 5, 2, "group1 group2", 6, 5},
		{"only totals", "", 1, 0, "", 6, 2},
		{"beyond the end", "", 9, 2, "", 6, 5},
		{"one type", `meta.resourceType eq "Group"`, 1, 2, "group0 group1", 3, 3},
		{"an attribute of one type", `userName eq "user1"`, 1, 100, "user1", 1, 1},
		{"an attribute of both", `displayName sw "group" or displayName eq "shared"`, 1, 100, "user0 user1 user2 group0 group1 group2", 6, 4},
		{"an attribute of nobody has no value", `shoeSize eq 7`, 1, 100, "", 0, 0},
		{"which differs from every value", `shoeSize ne 7`, 1, 1, "user0", 6, 4},
		{"not another type", `not (meta.resourceType eq "User")`, 1, 100, "group0 group1 group2", 3, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q := provision.Search{Filter: filter(t, test.filter), Start: test.start, Count: test.count}
			d.store.took()
			page, err := d.FindAll(t.Context(), d.Caller, q, q)
			reads := d.store.took()
			if err != nil || mixedNames(page) != test.want || page.Total != test.total || page.Start != test.start || reads > test.mostOfReads {
				t.Errorf("found %q of %d from %d in %d reads, %v", mixedNames(page), page.Total, page.Start, reads, err)
			}
			for count := 1; count < 8 && test.count == 100; count++ {
				walked := walkAll(t, d, provision.Search{Filter: q.Filter, Count: count})
				if walked != test.want {
					t.Errorf("by marks of %d: %s", count, walked)
				}
			}
		})
	}
}

func walkAll(t *testing.T, d *desk, q provision.Search) string {
	var walked []string
	for q.From = new(provision.Mark); q.From != nil; {
		page, err := d.FindAll(t.Context(), d.Caller, q, q)
		if err != nil || len(page.Users)+len(page.Groups) > q.Count {
			t.Fatal(err)
		}
		walked = append(walked, strings.Fields(mixedNames(page))...)
		q.From = page.Next
	}
	return strings.Join(walked, " ")
}
