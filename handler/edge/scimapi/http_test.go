package scimapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/rule/access"
)

const annBody = `{"schemas":["` + scim.UserURN + `"],"userName":"ann@acme.com"}`

// ann creates a user and returns the path of its resource.
func (w *world) ann(t testing.TB) string {
	t.Helper()
	answer := w.do(http.MethodPost, "/scim/acme/v2/Users", annBody)
	if answer.Code != http.StatusCreated {
		t.Fatalf("create: %d %s", answer.Code, answer.Body)
	}
	return strings.TrimPrefix(answer.Header().Get("Location"), "https://scim.example.com")
}

func TestAddressesAreTakenAsTheyAreTyped(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	id := path[strings.LastIndexByte(path, '/')+1:]
	for _, target := range []string{
		"/scim/acme/v2/Users/" + id,
		"/scim/acme/v2/Users/" + id + "/",
		"/scim/acme/v2/Users/" + id + "?",
		"//scim//acme//v2//Users//" + id + "//",
		"/scim/acme/v2/Users/" + strings.ToUpper(id),
		"/scim/acme/v2/Users/" + id + "?aadOptscim062020",
		"/scim/acme/v2/Users/" + id + "?aadOptscim062020=&x=%zz&y=a;b",
		"/scim/acme/v2/Users?filter=userName+eq+ann@acme.com&aadOptscim062020",
		"/scim/acme/v2/Users/?aadOptscim062020&filter=userName%20eq%20%22ann%40acme.com%22",
		"/scim/acme/v2/Users?filter=urn:ietf:params:scim:schemas:core:2.0:User:userName+eq+\"ann@acme.com\"",
	} {
		t.Run(target, func(t *testing.T) {
			answer := w.do(http.MethodGet, target, "")
			if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"userName":"ann@acme.com"`) {
				t.Errorf("%d %s", answer.Code, answer.Body)
			}
		})
	}
	if answer := w.do(http.MethodGet, `/scim/acme/v2/Users?filter=userName+eq+"a;b"`, ""); !strings.Contains(answer.Body.String(), `"totalResults":0`) {
		t.Errorf("a filter with a semicolon was lost: %s", answer.Body)
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	patch := `{"schemas":["` + scim.PatchOpURN + `"],"Operations":[{"op":"replace","path":"title","value":"CEO"}]}`
	tests := []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		mediaType, tag             string
	}{
		{"no Accept", "GET", path, "", nil, 200, scim.ContentType, `W/"1"`},
		{"Accept SCIM", "GET", path, "", []string{"Accept", "application/scim+json"}, 200, scim.ContentType, `W/"1"`},
		{"Accept JSON", "GET", path, "", []string{"Accept", "application/json"}, 200, "application/json", `W/"1"`},
		{"Accept JSON of a version", "GET", path, "", []string{"Accept", "application/json;charset=utf-8"}, 200, "application/json", `W/"1"`},
		{"Accept anything", "GET", path, "", []string{"Accept", "application/json, text/plain, */*"}, 200, scim.ContentType, `W/"1"`},
		{"an error as JSON", "GET", path + "x", "", []string{"Accept", "application/json"}, 404, "application/json", ""},
		{"HEAD", "HEAD", path, "", nil, 200, scim.ContentType, `W/"1"`},
		{"not modified", "GET", path, "", []string{"If-None-Match", `W/"0", "1"`}, 304, scim.ContentType, `W/"1"`},
		{"modified", "GET", path, "", []string{"If-None-Match", `W/"11"`}, 200, scim.ContentType, `W/"1"`},
		{"If-Match of another version", "PATCH", path, patch, []string{"If-Match", `W/"2"`}, 412, scim.ContentType, ""},
		{"If-Match of this version", "PATCH", path, patch, []string{"If-Match", `W/"1"`, "Content-Type", "application/json; charset=utf-8"}, 200, scim.ContentType, `W/"2"`},
		{"If-Match of any version", "PATCH", path, patch, []string{"If-Match", "*", "Content-Type", ""}, 200, scim.ContentType, `W/"2"`},
		{"delete another version", "DELETE", path, "", []string{"If-Match", `W/"1"`}, 412, scim.ContentType, ""},
		{"delete", "DELETE", path, "", []string{"If-Match", `W/"2"`}, 204, scim.ContentType, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := w.do(test.method, test.target, test.body, test.headers...)
			if answer.Code != test.status || answer.Header().Get("Content-Type") != test.mediaType || answer.Header().Get("ETag") != test.tag {
				t.Errorf("%d, Content-Type %q, ETag %q; want %d, %q, %q\n%s", answer.Code, answer.Header().Get("Content-Type"),
					answer.Header().Get("ETag"), test.status, test.mediaType, test.tag, answer.Body)
			}
			if empty := test.method == "HEAD" || test.status == 304 || test.status == 204; empty != (answer.Body.Len() == 0) {
				t.Errorf("the body has %d bytes", answer.Body.Len())
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	large := `{"userName":"` + strings.Repeat("a", 2<<20) + `"}`
	deep := strings.Repeat(`{"a":`, 100_000)
	operations := `{"Operations":[` + strings.Repeat(`{"op":"replace","path":"title","value":"x"},`, 9_999) + `{"op":"remove","path":"title"}]}`
	tests := []struct {
		name, method, target, body string
		status                     int
	}{
		{"2 MB", "POST", "/scim/acme/v2/Users", large, 413},
		{"very deep", "POST", "/scim/acme/v2/Users", deep, 400},
		{"10,000 operations", "PATCH", path, operations, 413},
		{"no body", "POST", "/scim/acme/v2/Users", "", 400},
		{"an array", "POST", "/scim/acme/v2/Users", "[]", 400},
		{"a name twice", "POST", "/scim/acme/v2/Users", `{"userName":"a","userName":"b"}`, 400},
		{"invalid UTF-8", "POST", "/scim/acme/v2/Users", "{\"userName\":\"\xff\"}", 400},
		{"a name twice in another letter case", "POST", "/scim/acme/v2/Users", `{"userName":"a","USERNAME":"b"}`, 400},
		{"NaN", "POST", "/scim/acme/v2/Users", `{"userName":NaN}`, 400},
		{"a number that is none", "POST", "/scim/acme/v2/Users", `{"userName":"a","title":01}`, 400},
		{"something behind the end", "POST", "/scim/acme/v2/Users", `{"userName":"a"}{}`, 400},
		{"100,001 values", "POST", "/scim/acme/v2/Users", `{"userName":"a","x":[` + strings.Repeat("1,", 100_000) + `1]}`, 413},
		{"50,000 names", "POST", "/scim/acme/v2/Groups", `{"displayName":"a"` + names(50_000) + `}`, 201},
		{"501 addresses", "POST", "/scim/acme/v2/Users", `{"userName":"a","emails":[` + strings.Repeat(`{"value":"a@acme.com"},`, 500) + `{"value":"b@acme.com"}]}`, 413},
		{"a bulk request of nothing", "POST", "/scim/acme/v2/Bulk", `{"Operations":[]}`, 400},
		{"a search with a deep filter", "POST", "/scim/acme/v2/.search", `{"filter":"` + strings.Repeat("(", 100_000) + `"}`, 400},
		{"a cursor of 1 MB", "GET", "/scim/acme/v2/Users?cursor=" + strings.Repeat("a", 1<<20), "", 400},
		{"1,000,000 attributes", "GET", path + "?attributes=" + strings.Repeat("userName,", 1_000_000), "", 200},
		{"a sortBy of 1 MB", "GET", "/scim/acme/v2/Users?sortBy=" + strings.Repeat("a", 1<<20), "", 400},
		{"a number as userName", "POST", "/scim/acme/v2/Users", `{"userName":17}`, 400},
		{"no Operations", "PATCH", path, `{"schemas":["` + scim.PatchOpURN + `"]}`, 400},
		{"100,000 brackets", "GET", "/scim/acme/v2/Users?filter=" + strings.Repeat("(", 100_000), "", 400},
		{"a filter of 1 MB", "GET", "/scim/acme/v2/Users?filter=title+eq+\"" + strings.Repeat("a", 1<<20) + "\"", "", 400},
		{"a huge startIndex", "GET", "/scim/acme/v2/Users?startIndex=9223372036854775807", "", 200},
		{"a startIndex beyond numbers", "GET", "/scim/acme/v2/Users?startIndex=92233720368547758070", "", 400},
		{"a long id", "GET", "/scim/acme/v2/Users/" + strings.Repeat("a", 100_000), "", 404},
		{"a method of no kind", "BREW", "/scim/acme/v2/Users", "", 405},
		{"outside of SCIM", "GET", "/", "", 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			answer := w.do(test.method, test.target, test.body)
			if answer.Code != test.status {
				t.Errorf("%d, want %d: %.200s", answer.Code, test.status, answer.Body)
			}
			if took := time.Since(began); took > bounded {
				t.Errorf("it took %v", took)
			}
			if test.status >= 400 {
				wantError(t, answer, test.status)
			}
		})
	}
}

// names is n fields with names of their own.
func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"a%d":1`, i)
	}
	return b.String()
}

// wantError checks that the body is a SCIM Error with the status.
func wantError(t *testing.T, answer *httptest.ResponseRecorder, status int) {
	t.Helper()
	var body struct {
		Schemas        []string
		Status, Detail string
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v: %.200s", err, answer.Body)
	}
	if len(body.Schemas) != 1 || body.Schemas[0] != scim.ErrorURN || body.Status != strconv.Itoa(status) || body.Detail == "" {
		t.Errorf("no SCIM Error: %.200s", answer.Body)
	}
}

func TestEachTenantHasItsOwnUsers(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	other := w.tenant(t, directory.Tenant{ID: "globex", Name: "Globex", Country: "US", Domains: []string{"*"}}, directory.Unlimited)
	if answer := send(w, other, "GET", strings.Replace(path, "acme", "globex", 1), ""); answer.Code != 404 {
		t.Errorf("a user of another tenant: %d", answer.Code)
	}
	if answer := send(w, other, "GET", path, ""); answer.Code != 401 {
		t.Errorf("another tenant's token: %d", answer.Code)
	}
}

func TestUserCap(t *testing.T) {
	w := newWorld(t)
	token := w.tenant(t, directory.Tenant{ID: "small", Name: "Small", Country: "US", Domains: []string{"*"}}, 1)
	for i, want := range []int{201, 403} {
		answer := send(w, token, "POST", "/scim/small/v2/Users", `{"userName":"user`+string(rune('0'+i))+`"}`)
		if answer.Code != want {
			t.Errorf("user %d: %d %s", i, answer.Code, answer.Body)
		}
		if want == 403 {
			wantError(t, answer, 403)
		}
	}
}

func TestSwitchedOff(t *testing.T) {
	w := newWorld(t)
	token := w.tenant(t, directory.Tenant{ID: "off", Name: "Off", Country: "US", Domains: []string{"*"}, ScimOff: true}, directory.Unlimited)
	answer := send(w, token, "GET", "/scim/off/v2/Users", "")
	if answer.Code != 403 || !strings.Contains(answer.Body.String(), "switched off") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

// troubled is a directory whose reads fail or panic.
type troubled struct {
	directory.Users
	directory.Groups
	err error
}

func (s troubled) User(context.Context, string, directory.ID) (directory.User, error) {
	if s.err == nil {
		panic("the store broke")
	}
	return directory.User{}, s.err
}

func (s troubled) GroupsOf(context.Context, string, directory.ID) ([]directory.ID, error) {
	return nil, nil
}

func TestTroubleOfTheService(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name   string
		err    error
		target string
		status int
		retry  string
	}{
		{"busy storage", fault.New(fault.StorageBusy, "the storage asks for patience").WithRetryAfter(1500 * time.Millisecond), "", 503, "2"},
		{"a deadline that has passed", context.DeadlineExceeded, "", 503, ""},
		{"an error of nobody", errors.New("the store broke"), "", 500, ""},
		{"a panic", nil, "", 500, ""},
		{"a panic in the handler itself", nil, "?excludedAttributes=groups", 500, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.log.Reset()
			store := troubled{err: test.err}
			answer := send(w.endpoint(store, store), w.token, "GET", "/scim/acme/v2/Users/01970c3e-8f00-7000-8000-000000000000"+test.target, "")
			if answer.Code != test.status || answer.Header().Get("Retry-After") != test.retry {
				t.Errorf("%d, Retry-After %q: %s", answer.Code, answer.Header().Get("Retry-After"), answer.Body)
			}
			wantError(t, answer, test.status)
			if !strings.Contains(answer.Body.String(), "(reference 4f2a9c)") || !strings.Contains(w.log.String(), "reference=4f2a9c") {
				t.Errorf("no reference in %s or %s", answer.Body, &w.log)
			}
			if strings.Contains(answer.Body.String(), "broke") || strings.Contains(answer.Body.String(), "deadline") {
				t.Errorf("the cause is shown: %s", answer.Body)
			}
		})
	}
}

// Within five seconds a revoked token may still pass; after that, nothing is
// read out to it and nothing written for it.
func TestRevokedToken(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	credentials, err := w.Credentials(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RevokeCredential(t.Context(), "acme", credentials[0].ID, directory.Activity{}); err != nil {
		t.Fatal(err)
	}
	w.pass(5 * time.Second)
	if answer := w.do("GET", path, ""); answer.Code != 401 || strings.Contains(answer.Body.String(), "ann") {
		t.Errorf("a read: %d %s", answer.Code, answer.Body)
	}
	w.gate.Forget("acme")
	if answer := w.do("DELETE", path, ""); answer.Code != 401 {
		t.Errorf("a deletion: %d", answer.Code)
	}
}

// changing is tenants whose settings change behind the back of the process.
type changing struct {
	directory.Tenants
	strict bool
}

func (c *changing) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	t, err := c.Tenants.Tenant(ctx, id)
	if t.Strict = c.strict; c.strict {
		t.ETag += "'"
	}
	return t, err
}

// A read that begins on an old snapshot is answered by the new settings.
func TestSettingsChangeBesideARead(t *testing.T) {
	w := newWorld(t)
	tenants := &changing{Tenants: w.Store}
	w.gate = access.New(access.Config{Tenants: tenants, Now: w.now})
	w.Handler = w.endpoint(w.Store, w.Store)
	answer := w.do("POST", "/scim/acme/v2/Users", `{"userName":"ann@acme.com","`+scim.EnterpriseURN+`":{"department":"Sales"}}`)
	// The bare name of an extension's attribute is for lenient tenants alone.
	target := answer.Header().Get("Location") + "?attributes=department"
	for _, strict := range []bool{false, true} {
		w.pass(time.Hour)
		tenants.strict = strict
		answer := w.do("GET", target, "")
		if shown := strings.Contains(answer.Body.String(), `"Sales"`); answer.Code != 200 || shown == strict {
			t.Errorf("strict %v: %d %s", strict, answer.Code, answer.Body)
		}
	}
}

func TestLog(t *testing.T) {
	w := newWorld(t)
	path := w.ann(t)
	w.do("GET", path, "")
	w.do("GET", "/scim/acme/v2/Users?filter=userName+eq+%22ann%40acme.com%22", "")
	log := w.log.String()
	for _, want := range []string{`tenant=acme method=POST route=/scim/{tenant}/v2/Users status=201`, `method=GET route=/scim/{tenant}/v2/Users/{id} status=200`, "actor="} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	for _, secret := range []string{"ann@acme.com", "ann%40", w.token} {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}
