package scimapi_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"handover/handler/core/scim"
)

var tripsOf = regexp.MustCompile(`trips=(\d+)`)

// trips is how many round trips to the tables the latest request made, as its
// log line says.
func (w *world) trips(t *testing.T) int {
	t.Helper()
	all := tripsOf.FindAllStringSubmatch(w.log.String(), -1)
	n, err := strconv.Atoi(all[len(all)-1][1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRoundTrips holds the budget of docs/tables.md where it shows: at the
// endpoint, with a fresh snapshot of the caller.
func TestRoundTrips(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	group := w.do(http.MethodPost, "/scim/acme/v2/Groups", `{"displayName":"Sales","members":[{"value":"`+ann[len(ann)-36:]+`"}]}`)
	sales := strings.TrimPrefix(group.Header().Get("Location"), "https://scim.example.com")
	patch := func(title string) string {
		return fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":"title","value":%q}]}`, scim.PatchOpURN, title)
	}
	tests := []struct {
		name, method, target, body string
		want                       int
	}{
		{"create", "POST", "/scim/acme/v2/Users", `{"userName":"bob@acme.com","externalId":"b"}`, 1},
		{"create, the name is taken", "POST", "/scim/acme/v2/Users", `{"userName":"bob@acme.com"}`, 1},
		{"read", "GET", ann, "", 2},
		{"read without groups", "GET", ann + "?excludedAttributes=groups", "", 1},
		{"match on userName", "GET", `/scim/acme/v2/Users?filter=userName+eq+"ann@acme.com"`, "", 2},
		{"match on externalId", "GET", `/scim/acme/v2/Users?filter=externalId+eq+"b"`, "", 2},
		{"a miss", "GET", `/scim/acme/v2/Users?filter=userName+eq+"nobody"`, "", 1},
		{"list", "GET", "/scim/acme/v2/Users?count=1", "", 2},
		{"the next page", "GET", "/scim/acme/v2/Users?startIndex=2&count=1", "", 1},
		{"only totals", "GET", "/scim/acme/v2/Users?count=0", "", 1},
		{"change", "PATCH", ann, patch("CEO"), 3},
		{"change without groups", "PATCH", ann + "?excludedAttributes=groups", patch("CTO"), 2},
		{"a change that changes nothing", "PATCH", ann + "?excludedAttributes=groups", patch("CTO"), 1},
		{"read a group without members", "GET", sales + "?excludedAttributes=members", "", 1},
		{"read a group", "GET", sales, "", 2},
		{"is a member in", "GET", `/scim/acme/v2/Groups?filter=id+eq+"` + sales[len(sales)-36:] + `"+and+members+eq+"` + ann[len(ann)-36:] + `"&attributes=id`, "", 3},
		{"the description", "GET", "/scim/acme/v2/Schemas", "", 0},
		{"an id that is none", "GET", "/scim/acme/v2/Users/17", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.do("GET", "/scim/acme/v2/ServiceProviderConfig", "")
			answer := send(w, w.token, test.method, test.target, test.body)
			if got := w.trips(t); got != test.want {
				t.Errorf("%d round trips, want %d (status %d)", got, test.want, answer.Code)
			}
		})
	}
}
