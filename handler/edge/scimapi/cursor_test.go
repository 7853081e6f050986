package scimapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"handover/handler/core/directory"
)

type page struct {
	TotalResults, StartIndex *int
	ItemsPerPage             int
	NextCursor               string
	Resources                []struct{ ID, UserName, DisplayName string }
	ScimType                 string
}

func (w *world) page(t testing.TB, target string) page {
	t.Helper()
	var p page
	answer := w.do("GET", target, "")
	if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil {
		t.Fatal(err, answer.Body)
	}
	return p
}

// crowd makes n users by bulk requests.
func (w *world) crowd(t testing.TB, n int) {
	t.Helper()
	for made := 0; made < n; {
		var operations []string
		for range min(n-made, 1000) {
			operations = append(operations, bulkUser(made, fmt.Sprintf("user%05d", made)))
			made++
		}
		if answer := w.do("POST", "/scim/acme/v2/Bulk", bulkBody(0, operations...)); answer.Code != 200 || strings.Contains(answer.Body.String(), "detail") {
			t.Fatalf("%d %.300s", answer.Code, answer.Body)
		}
	}
}

func TestCursors(t *testing.T) {
	w := newWorld(t)
	w.crowd(t, 5)
	const users = "/scim/acme/v2/Users?count=2&cursor="
	first := w.page(t, users)
	next := first.NextCursor
	if strings.Trim(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" || next != url.QueryEscape(next) {
		t.Errorf("the cursor has reserved characters: %s", next)
	}
	other := w.tenant(t, directory.Tenant{ID: "globex", Name: "Globex", Country: "US", Domains: []string{"*"}}, directory.Unlimited)
	w.Handler = w.endpoint(w.Store, w.Store) // another process: it holds nothing
	tests := []struct {
		name, token, target, scimType string
	}{
		{"the next page, from another process", w.token, users + next, ""},
		{"the same page twice", w.token, users + next, ""},
		{"another tenant", other, strings.Replace(users, "acme", "globex", 1) + next, "invalidCursor"},
		{"another count", w.token, "/scim/acme/v2/Users?count=3&cursor=" + next, "invalidCursor"},
		{"another filter", w.token, users + next + "&filter=title+pr", "invalidCursor"},
		{"another order", w.token, users + next + "&sortBy=userName", "invalidCursor"},
		{"another list", w.token, strings.Replace(users, "Users", "Groups", 1) + next, "invalidCursor"},
		{"other attributes, which is no matter", w.token, users + next + "&attributes=userName", ""},
		{"a letter changed", w.token, users + strings.Replace(next, "A", "B", 1), "invalidCursor"},
		{"cut off", w.token, users + next[:len(next)-1], "invalidCursor"},
		{"huge", w.token, users + strings.Repeat("A", 100_000), "invalidCursor"},
		{"a negative count", w.token, "/scim/acme/v2/Users?count=-1&cursor=", "invalidCount"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.pass(time.Second)
			answer := send(w, test.token, "GET", test.target, "")
			var p page
			if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			want := http.StatusOK
			if test.scimType != "" {
				want = http.StatusBadRequest
			}
			if answer.Code != want || p.ScimType != test.scimType {
				t.Errorf("%d %s", answer.Code, answer.Body)
			}
			if want == http.StatusOK && (len(p.Resources) != 2 || p.Resources[0].UserName == first.Resources[0].UserName || p.StartIndex != nil) {
				t.Errorf("%s", answer.Body)
			}
		})
	}
	w.pass(time.Hour)
	if p := w.page(t, users+next); p.ScimType != "expiredCursor" {
		t.Errorf("after an hour: %+v", p)
	}
}

// Without keys there are no cursors, and nobody takes the first page for all.
func TestNoCursorsWithoutKeys(t *testing.T) {
	w := newWorld(t)
	w.keys = nil
	w.Handler = w.endpoint(w.Store, w.Store)
	if p := w.page(t, "/scim/acme/v2/Users?cursor="); p.ScimType != "invalidCursor" {
		t.Errorf("%+v", p)
	}
	if body := w.do("GET", "/scim/acme/v2/ServiceProviderConfig", "").Body.String(); strings.Contains(body, "pagination") {
		t.Errorf("announced: %s", body)
	}
}

// A walk by cursors costs one request to the table a page, and passes every
// user once.
func TestWalks(t *testing.T) {
	w := newWorld(t)
	const n, size = 2350, 100
	w.crowd(t, n)
	pages := (n + size - 1) / size
	for _, by := range []string{"cursor", "startIndex"} {
		t.Run(by, func(t *testing.T) {
			seen := map[string]bool{}
			w.do("GET", "/scim/acme/v2/ServiceProviderConfig", "")
			w.requests.Take()
			for i, cursor := 0, ""; i < pages; i++ {
				target := fmt.Sprintf("/scim/acme/v2/Users?attributes=userName&count=%d&cursor=%s", size, cursor)
				if by == "startIndex" {
					target = fmt.Sprintf("/scim/acme/v2/Users?attributes=userName&count=%d&startIndex=%d", size, 1+i*size)
				}
				w.time = w.time.Add(-time.Second) // the snapshot of the caller stays fresh
				p := w.page(t, target)
				for _, u := range p.Resources {
					seen[u.UserName] = true
				}
				if cursor = p.NextCursor; p.TotalResults == nil || *p.TotalResults != n || by == "cursor" && (cursor == "") != (i == pages-1) {
					t.Fatalf("page %d: %+v", i, p)
				}
			}
			if requests := w.requests.Take().Total(); len(seen) != n || int(requests) != pages+1 {
				t.Errorf("%d users in %d requests; want %d in %d, one of them for the counters", len(seen), requests, n, pages+1)
			}
		})
	}
	// What 250,000 users cost follows: a page is one request of at most 1,000
	// rows, and a miss passes 1,000 keys a request.
	w.Handler = w.endpoint(w.Store, w.Store)
	w.do("GET", "/scim/acme/v2/ServiceProviderConfig", "")
	w.requests.Take()
	w.page(t, fmt.Sprintf("/scim/acme/v2/Users?count=%d&startIndex=%d", size, n-size+1))
	if requests, want := w.requests.Take().Total(), int64(1+(n-size+999)/1000+1); requests != want {
		t.Errorf("a page that no process remembers cost %d requests, want %d: the counters, the keys, the page", requests, want)
	}
}
