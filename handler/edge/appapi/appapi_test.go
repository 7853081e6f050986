package appapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/edge/appapi"
	"handover/handler/edge/exchange"
	"handover/handler/rule/access"
	"handover/handler/rule/reassign"
	"handover/handler/rule/records"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// counting is randomness that a test can foresee, other for each secret.
type counting byte

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		*c++
		p[i] = byte(*c)
	}
	return len(p), nil
}

// app is the API over two tenants, acme and globex, and what opens them.
type app struct {
	http.Handler
	memory directorytest.Memory
	// key opens acme; foreignKey opens globex, scimToken acme's SCIM endpoint.
	key, foreignKey, scimToken, keyID string
}

func newApp(t *testing.T, log io.Writer) *app {
	t.Helper()
	a := &app{memory: directorytest.Memory{"acme": acme(), "globex": {Settings: directory.Tenant{ID: "globex"}}}}
	random := new(counting)
	a.keyID, a.key = a.issue(t, "acme", credential.AppKey, random)
	_, a.foreignKey = a.issue(t, "globex", credential.AppKey, random)
	_, a.scimToken = a.issue(t, "acme", credential.ScimToken, random)
	now := func() time.Time { return noon }
	a.Handler = appapi.New(appapi.Config{
		Exchange: &exchange.Exchange{Log: slog.New(slog.NewJSONHandler(log, nil)), Now: now, Reference: func() string { return "r1" }},
		Gate:     access.New(access.Config{Tenants: a.memory, Now: now}),
		Records: &records.Service{
			Users: a.memory, Members: a.memory, Records: a.memory, Now: now,
			Recipient: func(ctx context.Context, tenant string, _ directory.ID) (directory.User, error) {
				return a.memory.UserByName(ctx, tenant, "ann@acme.com")
			},
			EnsureLeave: func(context.Context, string, directory.Person) error { return nil },
		},
		Preview: func(ctx context.Context, tenant string, user directory.ID) (reassign.Preview, error) {
			leaver, err := a.memory.User(ctx, tenant, user)
			return reassign.Preview{User: leaver.Person(), Types: []reassign.TypeCount{{Type: "quote", Records: 3}}, Records: 3}, err
		},
	})
	return a
}

func (a *app) issue(t *testing.T, tenant string, kind credential.Kind, random io.Reader) (id, text string) {
	t.Helper()
	c, text, err := credential.Issue(kind, "", noon, time.Time{}, random)
	if err != nil {
		t.Fatal(err)
	}
	a.memory[tenant].Credentials = append(a.memory[tenant].Credentials, c)
	return c.ID, text
}

// acme has Ann in Sales, Bob without a group, and Cid, who is disabled.
func acme() *directorytest.Content {
	sales := directory.ID{6: 0x80, 15: 1}
	user := func(n byte, name, external string, active bool) directory.User {
		return directory.User{ID: directory.ID{6: 0x70, 15: n}, UserName: name, ExternalID: external, Active: active}
	}
	return &directorytest.Content{
		Settings: directory.Tenant{
			ID: "acme", DefaultRole: "Reader",
			Roles:    []directory.Role{{Name: "Sales", Permissions: []string{"quotes.read", "quotes.write"}}},
			Mappings: []directory.RoleMapping{{Group: sales, Role: "Sales"}},
		},
		Users:   []directory.User{user(1, "ann@acme.com", "a-1", true), user(2, "bob@acme.com", "", true), user(3, "cid@acme.com", "", false)},
		Members: map[directory.ID][]directory.ID{sales: {{6: 0x70, 15: 1}}},
	}
}

// ask sends one request with acme's key; line is method and path below the
// tenant.
func (a *app) ask(line, body string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, "/app/v1/acme"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+a.key)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

const (
	ann = "00000000-0000-7000-0000-000000000001"
	bob = "00000000-0000-7000-0000-000000000002"
	cid = "00000000-0000-7000-0000-000000000003"

	annView = `{"id":"` + ann + `","userName":"ann@acme.com","externalId":"a-1","active":true,"role":"Sales","permissions":["quotes.read","quotes.write"],"source":"mapping","asOf":"2026-03-01T12:00:00Z"}`
	bobView = `{"id":"` + bob + `","userName":"bob@acme.com","active":true,"role":"Reader","permissions":[],"source":"default","asOf":"2026-03-01T12:00:00Z"}`
	cidView = `{"id":"` + cid + `","userName":"cid@acme.com","active":false,"role":"Disabled","permissions":[],"source":"disabled","asOf":"2026-03-01T12:00:00Z"}`

	owned = `{"error":{"code":"directoryOwned","message":"users come from the customer's directory and are changed there alone; the customer's administrator does that, and the next provisioning cycle brings it"}}`

	offer    = `{"type":"quote","id":"Q-1","owner":"` + bob + `","title":"Offer for <Acme>","status":"open"}`
	odd      = `{"type":"quote","id":"2026/03 & Ü","owner":"` + bob + `","title":"","status":"open"}`
	contract = `{"type":"document","id":"D-1","owner":"` + bob + `","title":"Contract","status":"closed"}`
)

// TestConversation is one talk of an application with the service, answer by
// answer.
func TestConversation(t *testing.T) {
	a := newApp(t, t.Output())
	for _, turn := range []struct {
		ask, body string
		status    int
		answer    string
	}{
		{"GET /access?userName=Ann@acme.com", ``, 200, annView},
		{"GET /access?userName=bob%40acme.com", ``, 200, bobView},
		{"GET /access?userName=cid@acme.com", ``, 200, cidView},
		{"GET /access?userName=eve@acme.com", ``, 404, `{"error":{"code":"notFound","message":"there is no such user"}}`},
		{"GET /users", ``, 200, `{"users":[` + annView + `,` + bobView + `,` + cidView + `]}`},
		{"GET /users?limit=2", ``, 200, `{"users":[` + annView + `,` + bobView + `],"next":"` + bob + `"}`},
		{"GET /users?limit=2&after=" + bob, ``, 200, `{"users":[` + cidView + `]}`},
		{"GET /users/" + ann, ``, 200, annView},
		{"GET /users/00000000-0000-7000-0000-00000000000f", ``, 404, `{"error":{"code":"notFound","message":"there is no such user"}}`},

		{"PATCH /users/" + ann, `{"displayName":"Ann"}`, 409, owned},
		{"DELETE /users/" + ann, ``, 409, owned},
		{"POST /users", `{}`, 409, owned},

		{"PUT /records/quote/Q-1", `{"owner":"` + bob + `","title":"Offer for <Acme>","status":"open"}`, 200, offer},
		{"PUT /records/quote/2026%2F03%20&%20%C3%9C", `{"owner":"` + bob + `","status":"open"}`, 200, odd},
		{"PUT /records/document/D-1", `{"owner":"` + bob + `","title":"Contract","status":"closed"}`, 200, contract},
		{"GET /records/quote/Q-1", ``, 200, offer},
		{"GET /records/quote/2026%2F03%20&%20%C3%9C", ``, 200, odd},
		{"GET /records?owner=" + bob, ``, 200, `{"records":[` + offer + `,` + odd + `]}`},
		{"GET /records?status=open&limit=1&owner=" + bob, ``, 200, `{"records":[` + offer + `],"next":"quote/Q-1"}`},
		{"GET /records?limit=1&after=quote%2FQ-1&owner=" + bob, ``, 200, `{"records":[` + odd + `]}`},
		{"GET /records?status=closed&owner=" + bob, ``, 200, `{"records":[` + contract + `]}`},
		{"GET /records?owner=" + ann, ``, 200, `{"records":[]}`},
		{
			"PUT /records/quote/Q-1", `{"owner":"` + cid + `","status":"open"}`, 409,
			`{"error":{"code":"ownerDisabled","message":"owner: the user ` + cid + ` is disabled; the records go to ann@acme.com, id ` + ann + `; put the record with that owner"}}`,
		},
		{"DELETE /records/quote/Q-1", ``, 204, ``},
		{"DELETE /records/quote/Q-1", ``, 404, `{"error":{"code":"notFound","message":"there is no such record"}}`},
		{"GET /records/quote/Q-1", ``, 404, `{"error":{"code":"notFound","message":"there is no such record"}}`},
	} {
		t.Run(turn.ask, func(t *testing.T) {
			w := a.ask(turn.ask, turn.body)
			if w.Code != turn.status {
				t.Errorf("status %d, want %d", w.Code, turn.status)
			}
			if diff := cmp.Diff(turn.answer, strings.TrimSuffix(w.Body.String(), "\n")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	const sampleID = "01970c3e-8f00-7000-8000-000000000000"
	tests := []struct {
		name, ask, body string
		status          int
		message         string
	}{
		{"nobody asked for", "GET /access", ``, 400, "userName must be given, for example userName=ann%40acme.com"},
		{"a user that is no id", "GET /users/ann", ``, 404, "there is no such user; its id has 36 characters, for example " + sampleID},
		{"a page after no id", "GET /users?after=ann", ``, 400, "after must be an id of 36 characters, for example after=" + sampleID},
		{"records of nobody", "GET /records", ``, 400, "owner must be given, for example owner=" + sampleID},
		{"records of no id", "GET /records?owner=ann", ``, 400, "owner must be an id of 36 characters, for example owner=" + sampleID},
		{"an unknown status", "GET /records?status=all&owner=" + ann, ``, 400, `status must be "open" or "closed", for example status=open`},
		{"a page of none", "GET /records?limit=0&owner=" + ann, ``, 400, "limit must be a whole number from 1 to 500, for example limit=50"},
		{"a record without owner", "PUT /records/quote/Q-1", `{"status":"open"}`, 400, `owner must be the id of a user of this tenant, for example "` + sampleID + `"`},
		{"an owner by name", "PUT /records/quote/Q-1", `{"owner":"ann@acme.com","status":"open"}`, 400, `owner must be the id of a user of this tenant, for example "` + sampleID + `"`},
		{"an owner who is a number", "PUT /records/quote/Q-1", `{"owner":1}`, 400, `owner must be a string, for example "` + sampleID + `"`},
		{"a bad type", "PUT /records/Quote/Q-1", `{"owner":"` + ann + `","status":"open"}`, 400, `type must be 1 to 32 of a-z, 0-9 and "-" and begin with a letter, for example "quote"`},
		{"an id that is not UTF-8", "PUT /records/quote/%FF", `{"owner":"` + ann + `","status":"open"}`, 400, `id must be 1 to 128 bytes of UTF-8 without control characters, for example "Q-1001"`},
		{"an unknown field", "PUT /records/quote/Q-1", `{"Owner":"x"}`, 400, `the field "Owner" is not known here; the fields are owner, title, status, for example {"owner": "` + sampleID + `"}`},
		{"a name twice", "PUT /records/quote/Q-1", `{"title":"a","title":"b"}`, 400, `the field "title" is given twice; give it once`},
		{"no JSON", "PUT /records/quote/Q-1", `title`, 400, "the body is not valid JSON; reading stopped at byte 2 of 5"},
		{"a title of 1,025 bytes", "PUT /records/quote/Q-1", `{"owner":"` + ann + `","title":"` + strings.Repeat("t", 1025) + `","status":"open"}`, 400, `title must be at most 1024 bytes, for example "Offer for 20 licences"`},
		{"a title of a megabyte", "PUT /records/quote/Q-1", `{"owner":"` + ann + `","title":"` + strings.Repeat("t", 1<<20) + `","status":"open"}`, 413, "the body is over the limit of 8192 bytes"},
		{"two records in one call", "PUT /records/quote/Q-1", `[{"title":"a"},{"title":"b"}]`, 400, `the body must be a JSON object with fields among owner, title, status, for example {"owner": "` + sampleID + `"}`},
		{"5,000 records in one call", "PUT /records/quote/Q-1", `[` + strings.Repeat(`{"title":"a"},`, 4999) + `{"title":"a"}]`, 413, "the body is over the limit of 8192 bytes"},
		{"an unknown status of a record", "PUT /records/quote/Q-1", `{"owner":"` + ann + `","status":"lost"}`, 400, `status must be "open" or "closed"`},
		{"an owner of another sort", "PUT /records/quote/Q-1", `{"owner":"00000000-0000-8000-0000-000000000001","status":"open"}`, 400, `owner must be the id of a user of this tenant, for example "` + sampleID + `"`},
		{"an owner nobody knows", "PUT /records/quote/Q-1", `{"owner":"` + sampleID + `","status":"open"}`, 400, "owner: no user of this tenant has the id " + sampleID + "; take one from GET users"},
		{"a body too large", "PUT /records/quote/Q-1", strings.Repeat(" ", 8<<10+1), 413, "the body is over the limit of 8192 bytes"},
		{"a record that cannot be", "GET /records/Quote/Q-1", ``, 404, `there is no such record; type must be 1 to 32 of a-z, 0-9 and "-" and begin with a letter, for example "quote"`},
		{"a record without id", "GET /records/quote/", ``, 404, "no route serves this path; check the address"},
		{"a route that is not there", "GET /record", ``, 404, "no route serves this path; check the address"},
		{"a method that is not there", "POST /records/quote/Q-1", ``, 405, "POST is not served here; allowed: DELETE, GET, PUT"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newApp(t, t.Output()).ask(test.ask, test.body)
			var got struct {
				Error struct{ Code, Message string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("the answer %q is no JSON: %v", w.Body, err)
			}
			if w.Code != test.status || got.Error.Code == "" {
				t.Errorf("status %d, code %q, want %d and a code", w.Code, got.Error.Code, test.status)
			}
			if diff := cmp.Diff(test.message, got.Error.Message); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhoMayNotPass(t *testing.T) {
	a := newApp(t, t.Output())
	tests := []struct{ name, tenant, authorization string }{
		{"no key", "acme", ""},
		{"a word", "acme", "Bearer letmein"},
		{"a key with a typing error", "acme", "Bearer " + a.key[:len(a.key)-1] + "0"},
		{"another tenant's key", "acme", "Bearer " + a.foreignKey},
		{"the key at another tenant", "globex", "Bearer " + a.key},
		{"the key at no tenant", "initech", "Bearer " + a.key},
		{"a SCIM token", "acme", "Bearer " + a.scimToken},
		{"another scheme", "acme", "Basic " + a.key},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, method := range []string{"GET", "POST"} {
				r := httptest.NewRequest(method, "/app/v1/"+test.tenant+"/users", nil)
				r.Header.Set("Authorization", test.authorization)
				w := httptest.NewRecorder()
				a.ServeHTTP(w, r)
				if w.Code != 401 || w.Header().Get("WWW-Authenticate") != `Bearer realm="handover"` || w.Header().Get("Allow") != "" {
					t.Errorf("%s: %d %v %s", method, w.Code, w.Header(), w.Body)
				}
			}
		})
	}
}

func TestAccessIsNotCached(t *testing.T) {
	a := newApp(t, t.Output())
	if w := a.ask("GET /access?userName=ann@acme.com", ""); w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a cache may keep it: %v", w.Header())
	}
	a.memory["acme"].Users[0].Active = false
	if w := a.ask("GET /access?userName=ann@acme.com", ""); !strings.Contains(w.Body.String(), `"active":false,"role":"Disabled"`) {
		t.Errorf("a disabled user still has access: %s", w.Body)
	}
}

func TestOneLogLine(t *testing.T) {
	var log strings.Builder
	a := newApp(t, &log)
	a.ask("GET /access?userName=ann@acme.com", "")
	for _, want := range []string{`"tenant":"acme"`, `"actor":"` + a.keyID + `"`, `"route":"/app/v1/{tenant}/access"`, `"status":200`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in the log: %s", want, log.String())
		}
	}
	for _, unwanted := range []string{a.key, "ann"} {
		if strings.Contains(log.String(), unwanted) {
			t.Errorf("%s is in the log: %s", unwanted, log.String())
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 {
		t.Errorf("%d lines", lines)
	}
}

// unsure is a gate that cannot tell at this moment.
type unsure struct{}

func (unsure) Authenticate(context.Context, string, string, credential.Kind) (access.Caller, error) {
	return access.Caller{}, fault.New(fault.StorageBusy, "the storage asks for patience").WithRetryAfter(time.Second)
}

func TestTroubleIsNoRefusal(t *testing.T) {
	now := func() time.Time { return noon }
	api := appapi.New(appapi.Config{
		Exchange: &exchange.Exchange{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: now, Reference: func() string { return "r1" }},
		Gate:     unsure{},
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/app/v1/acme/users", nil))
	want := `{"error":{"code":"storageBusy","message":"the storage asks for patience","reference":"r1"}}`
	if diff := cmp.Diff(want, strings.TrimSpace(w.Body.String())); w.Code != 503 || w.Header().Get("Retry-After") != "1" || diff != "" {
		t.Errorf("status %d, answer (-want +got):\n%s", w.Code, diff)
	}
}
