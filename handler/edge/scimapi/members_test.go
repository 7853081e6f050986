package scimapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"handover/handler/core/scim"
)

// A group of thousands of members shows each of them, and loses nobody when one
// is added or leaves.
func TestAGroupOfManyMembers(t *testing.T) {
	w := newWorld(t)
	const n = 3600
	w.crowd(t, n)
	sales := w.group(t, "Sales")
	var ids []string
	for start := 1; start <= n; start += 500 {
		for _, u := range w.page(t, fmt.Sprintf("/scim/acme/v2/Users?attributes=id&count=500&startIndex=%d", start)).Resources {
			ids = append(ids, u.ID)
		}
	}
	change := func(op string, some []string) {
		t.Helper()
		members := make([]map[string]string, len(some))
		for i := range some {
			members[i] = map[string]string{"value": some[i]}
		}
		list, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		body := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":%q,"path":"members","value":%s}]}`, scim.PatchOpURN, op, list)
		if answer := w.do("PATCH", sales, body); answer.Code != http.StatusNoContent {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
	}
	shown := func() int { return strings.Count(w.do("GET", sales, "").Body.String(), `"$ref"`) }
	change("add", ids[1:])
	if got := shown(); got != n-1 {
		t.Errorf("%d members, want %d", got, n-1)
	}
	change("add", ids[:1])
	change("remove", ids[n/2:n/2+1])
	if got := shown(); got != n-1 {
		t.Errorf("after one was added and one left: %d members, want %d", got, n-1)
	}
}

// A user who is disabled stays in the groups, and is there when the user is back.
func TestDisabledMembersStay(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	sales := w.group(t, "Sales", ann)
	for _, active := range []string{"False", "True"} {
		body := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"Replace","path":"active","value":%q}]}`, scim.PatchOpURN, active)
		if answer := w.do("PATCH", ann, body); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), sales[len(sales)-36:]) {
			t.Errorf("active %s: %d %s", active, answer.Code, answer.Body)
		}
		if body := w.do("GET", sales, "").Body.String(); !strings.Contains(body, ann[len(ann)-36:]) {
			t.Errorf("active %s: the group shows %s", active, body)
		}
	}
}
