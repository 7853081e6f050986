package manageapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/edge/manageapi"
	"handover/handler/rule/access"
	"handover/handler/rule/admin"
	"handover/handler/rule/history"
	"handover/handler/rule/records"
)

const operatorKey = "operator-key"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// zeros is randomness that a test can foresee.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// serve is the API over a memory, with noon for ever; log takes its lines.
func serve(memory directorytest.Memory, log io.Writer) http.Handler {
	now := func() time.Time { return noon }
	gate := access.New(access.Config{Tenants: memory, Now: now, OperatorKeys: []string{operatorKey}})
	return manageapi.New(manageapi.Config{
		Examine: func(context.Context) []manageapi.Finding {
			return []manageapi.Finding{{Check: "tables", Result: "ok", Says: "reached"}}
		},
		Exchange: &exchange.Exchange{Log: slog.New(slog.NewJSONHandler(log, nil)), Now: now, Reference: func() string { return "r1" }},
		Operator: gate.Operator,
		Admin: &admin.Service{
			Tenants: memory, Purges: memory, Users: memory, Groups: memory, Leaves: memory, Journal: memory,
			Countries: []string{"US", "CA"}, Now: now, Random: zeros{}, Changed: gate.Forget,
			Conceal: func(_ credential.Purpose, tenant, _ string) (string, error) { return "concealed for " + tenant, nil },
		},
		History: &history.Service{History: memory, Tenants: memory, Users: memory, Leaves: memory, Now: now},
		People:  &records.Service{Users: memory, Members: memory, Records: memory, Now: now},
		Leaves:  asked{},
		TryWebhook: func(_ context.Context, tenant string) error {
			return fault.New(fault.WebhookRefused, "the webhook of %s answers with the status 500", tenant)
		},
		BaseURL: func(*http.Request) string { return "https://handover.example" },
	})
}

// ask sends one request, as an operator; line is method and path.
func ask(api http.Handler, line, body string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, "/manage/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+operatorKey)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

// globex is a tenant with a history.
func globex() *directorytest.Content {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	ann := directory.Person{ID: directory.ID{15: 1}, UserName: "ann@globex.com", ExternalID: "7"}
	bob := directory.Person{ID: directory.ID{15: 2}, UserName: "bob@globex.com"}
	return &directorytest.Content{
		Settings: directory.Tenant{
			ID: "globex", Name: "Globex", Country: "CA", Domains: []string{"*"}, DefaultRole: "Sales",
			Roles:    []directory.Role{{Name: "Sales", Permissions: []string{"quotes.write"}}},
			Mappings: []directory.RoleMapping{{Group: directory.ID{15: 9}, Role: "Sales"}},
			Created:  noon, Modified: noon,
		},
		Counters: directory.Counters{Users: 3, Active: 2, Groups: 1, Cap: directory.Unlimited},
		Leaves: []directory.Leave{
			{ID: directory.ID{14: 1, 15: 1}, Leaver: bob, State: directory.Done, Attempt: 1, Recipient: ann, Moved: 1, Opened: noon, Changed: at(1)},
			{ID: directory.ID{14: 1, 15: 2}, Leaver: ann, State: directory.Blocked, Attempt: 1, Due: at(9), Code: fault.NoRecipient, Reason: "nobody is left", Opened: at(2), Changed: at(3)},
		},
		Journal: []directory.Chunk{{
			Leave: directory.ID{14: 1, 15: 1}, Number: 1, From: bob.ID, To: ann.ID, At: at(1),
			Moved: []directory.MovedRecord{{Type: "quote", ID: "Q-1", Title: "Offer"}},
		}},
		Activity: []directory.Activity{
			{At: noon, Kind: directory.TenantCreated, Actor: "operator"},
			{At: at(1), Kind: directory.UserDisabled, Actor: "0011223344556677", Target: bob.ID, Detail: "active"},
		},
	}
}

const globexSettings = `"id":"globex","name":"Globex","country":"CA","domains":["*"],"defaultRole":"Sales",` +
	`"roles":[{"name":"Sales","permissions":["quotes.write"]}],"mappings":[{"group":"00000000-0000-0000-0000-000000000009","role":"Sales"}],` +
	`"scimOff":false,"strict":false,"suspended":false,"tenantUrl":"https://handover.example/scim/globex/v2","created":"2026-03-01T12:00:00Z","modified":"2026-03-01T12:00:00Z"`

const (
	leaveDone = `"id":"00000000-0000-0000-0000-000000000101","user":{"id":"00000000-0000-0000-0000-000000000002","userName":"bob@globex.com"},"state":"done","attempt":1,` +
		`"recipient":{"id":"00000000-0000-0000-0000-000000000001","userName":"ann@globex.com","externalId":"7"},"moved":1,"opened":"2026-03-01T12:00:00Z","changed":"2026-03-01T12:01:00Z"`
	leaveBlocked = `"id":"00000000-0000-0000-0000-000000000102","user":{"id":"00000000-0000-0000-0000-000000000001","userName":"ann@globex.com","externalId":"7"},"state":"blocked","attempt":1,` +
		`"due":"2026-03-01T12:09:00Z","moved":0,"code":"noRecipient","reason":"nobody is left","opened":"2026-03-01T12:02:00Z","changed":"2026-03-01T12:03:00Z"`
	acmeSettings = `"id":"acme","name":"Acme Inc","country":"US","domains":["acme.com"],"masterAdmin":"ann@acme.com","deputies":["bob@acme.com"],` +
		`"scimOff":false,"strict":false,"suspended":false,"retentionDays":365,"tenantUrl":"https://handover.example/scim/acme/v2","created":"2026-03-01T12:00:00Z","modified":"2026-03-01T12:00:00Z"`
	acmeHealth   = `,"health":"never contacted"`
	globexHealth = `,"health":"healthy","lastContact":"2026-03-01T12:01:00Z"`
	secret       = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// anyVersion is the version of a tenant's settings, which is the rule's to test.
var anyVersion = regexp.MustCompile(`,"version":"[^"]+"`)

// TestConversation is one talk of an operator with the service, answer by
// answer.
func TestConversation(t *testing.T) {
	api := serve(directorytest.Memory{"globex": globex()}, t.Output())
	for _, turn := range []struct {
		ask, body string
		status    int
		answer    string
	}{
		{
			"POST /tenants", `{"id":"acme","name":"Acme Inc","country":"US","domains":["Acme.com"],"userCap":50,"masterAdmin":"ann@acme.com","deputies":["bob@acme.com"]}`,
			201, `{` + acmeSettings + `,"users":0,"activeUsers":0,"groups":0,"userCap":50` + acmeHealth + `}`,
		},
		{
			"POST /tenants", `{"id":"acme","name":"Again","country":"US","domains":["*"]}`,
			409, `{"error":{"code":"conflict","message":"the tenant id \"acme\" is taken"}}`,
		},
		{"GET /tenants", ``, 200, `{"tenants":[{` + acmeSettings + acmeHealth + `},{` + globexSettings + globexHealth + `}]}`},
		{"GET /tenants?limit=1", ``, 200, `{"tenants":[{` + acmeSettings + acmeHealth + `}],"next":"acme"}`},
		{"GET /tenants?limit=1&after=acme", ``, 200, `{"tenants":[{` + globexSettings + globexHealth + `}]}`},
		{"GET /tenants?after=globex", ``, 200, `{"tenants":[]}`},
		{"GET /tenants/globex", ``, 200, `{` + globexSettings + `,"users":3,"activeUsers":2,"groups":1,"userCap":null` + globexHealth + `}`},

		{
			"POST /tenants/acme/tokens", `{"label":"entra","expires":"365d"}`, 201,
			`{"tenantUrl":"https://handover.example/scim/acme/v2","token":"hvs_` + secret + `kivrowy","id":"0000000000000000","label":"entra","created":"2026-03-01T12:00:00Z","expires":"2027-03-01T12:00:00Z"}`,
		},
		{
			"GET /tenants/acme/credentials", ``, 200,
			`{"credentials":[{"id":"0000000000000000","kind":"token","label":"entra","created":"2026-03-01T12:00:00Z","expires":"2027-03-01T12:00:00Z","health":"unused"}]}`,
		},
		{"DELETE /tenants/globex/credentials/0000000000000000", ``, 404, `{"error":{"code":"notFound","message":"there is no such credential"}}`},
		{"DELETE /tenants/acme/credentials/0000000000000000", ``, 204, ``},
		{"DELETE /tenants/acme/credentials/0000000000000000", ``, 404, `{"error":{"code":"notFound","message":"there is no such credential"}}`},
		{
			"POST /tenants/acme/app-keys", `{}`, 201,
			`{"url":"https://handover.example/app/v1/acme","key":"hva_` + secret + `aocaqqa","id":"0000000000000000","label":"","created":"2026-03-01T12:00:00Z"}`,
		},
		{
			"GET /tenants/acme/credentials", ``, 200,
			`{"credentials":[{"id":"0000000000000000","kind":"app-key","label":"","created":"2026-03-01T12:00:00Z","health":"unused"}]}`,
		},
		{"DELETE /tenants/acme/credentials/0000000000000000", ``, 204, ``},
		{
			"POST /tenants/acme/oauth-clients", `{"label":"entra"}`, 201,
			`{"tenantUrl":"https://handover.example/scim/acme/v2","tokenUrl":"https://handover.example/oauth2/acme/token",` +
				`"clientId":"0000000000000000","clientSecret":"hvc_` + secret + `bdnc6qy","id":"0000000000000000","label":"entra","created":"2026-03-01T12:00:00Z"}`,
		},
		{
			"GET /tenants/acme/credentials", ``, 200,
			`{"credentials":[{"id":"0000000000000000","kind":"oauth-client","label":"entra","created":"2026-03-01T12:00:00Z","health":"unused"}]}`,
		},
		{
			"GET /tenants/acme/activity?limit=1", ``, 200,
			`{"activity":[{"at":"2026-03-01T12:00:00Z","kind":"credential.issued","actor":"operator","detail":"0000000000000000","result":"done"}],"next":"5"}`,
		},

		{"GET /tenants/globex/leaves", ``, 200, `{"leaves":[{` + leaveBlocked + `},{` + leaveDone + `}]}`},
		{"GET /tenants/globex/leaves?limit=1", ``, 200, `{"leaves":[{` + leaveBlocked + `}],"next":"00000000-0000-0000-0000-000000000102"}`},
		{"GET /tenants/globex/leaves?limit=1&before=00000000-0000-0000-0000-000000000102", ``, 200, `{"leaves":[{` + leaveDone + `}]}`},
		{"GET /tenants/acme/leaves", ``, 200, `{"leaves":[]}`},
		{
			"GET /tenants/globex/leaves/00000000-0000-0000-0000-000000000101", ``, 200,
			`{` + leaveDone + `,"journal":[{"number":1,"at":"2026-03-01T12:01:00Z","to":"00000000-0000-0000-0000-000000000001","moved":[{"type":"quote","id":"Q-1","title":"Offer"}]}]}`,
		},
		{"GET /tenants/globex/leaves/00000000-0000-0000-0000-000000000102", ``, 200, `{` + leaveBlocked + `,"journal":[]}`},
		{"GET /tenants/acme/leaves/00000000-0000-0000-0000-000000000101", ``, 404, `{"error":{"code":"notFound","message":"there is no such leave"}}`},
		{
			"GET /tenants/globex/activity", ``, 200,
			`{"activity":[{"at":"2026-03-01T12:01:00Z","kind":"user.disabled","actor":"0011223344556677","target":"00000000-0000-0000-0000-000000000002","detail":"active","result":"done"},` +
				`{"at":"2026-03-01T12:00:00Z","kind":"tenant.created","actor":"operator","result":"done"}]}`,
		},
	} {
		t.Run(turn.ask, func(t *testing.T) {
			w := ask(api, turn.ask, turn.body)
			if w.Code != turn.status {
				t.Errorf("status %d, want %d", w.Code, turn.status)
			}
			answer := anyVersion.ReplaceAllString(strings.TrimSuffix(w.Body.String(), "\n"), "")
			if diff := cmp.Diff(turn.answer, answer); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreatedTenantSaysWhereItIs(t *testing.T) {
	w := ask(serve(directorytest.Memory{}, t.Output()), "POST /tenants", `{"id":"acme","name":"Acme","country":"US","domains":["*"]}`)
	if got := w.Header().Get("Location"); got != "https://handover.example/manage/v1/tenants/acme" {
		t.Errorf("Location is %q", got)
	}
}

func TestBadInput(t *testing.T) {
	const (
		sampleID  = "for example before=01970c3e-8f00-7000-8000-000000000000"
		endSample = `expires must be days, hours or a date and time that is yet to come, for example "365d", "24h" or "2027-03-01T12:00:00Z"`
	)
	tests := []struct {
		name, ask, body string
		status          int
		message         string
	}{
		{"no id", "POST /tenants", `{}`, 400, `id must be 1 to 64 of a-z, 0-9 and "-", for example "acme"`},
		{"no name", "POST /tenants", `{"id":"acme"}`, 400, `name must be 1 to 256 bytes, for example "Acme Inc"`},
		{"a country that is not served", "POST /tenants", `{"id":"acme","name":"Acme","country":"DE"}`, 400, "country must be one that this deployment serves: US, CA"},
		{"no domain name", "POST /tenants", `{"id":"acme","name":"Acme","country":"US","domains":["acme"]}`, 400, `domains: "acme" is not a domain name; write it as in "acme.com" or "*.acme.com"`},
		{"a domain that is no list", "POST /tenants", `{"domains":"acme.com"}`, 400, `domains must be a list of strings, for example ["acme.com"]`},
		{"a cap below zero", "POST /tenants", `{"userCap":-1}`, 400, "userCap must be a whole number from 0 to 4294967295, for example 50"},
		{"an unknown field", "POST /tenants", `{"ID":"acme"}`, 400, `the field "ID" is not known here; the fields are id, name, country, domains, userCap, masterAdmin, deputies, defaultRole, for example {"id": "acme"}`},
		{"a name twice", "POST /tenants", `{"id":"acme","id":"acme"}`, 400, `the field "id" is given twice; give it once`},
		{"no JSON", "POST /tenants", `id=acme`, 400, "the body is not valid JSON; reading stopped at byte 1 of 7"},
		{"a body too large", "POST /tenants", strings.Repeat(" ", 16<<10+1), 413, "the body is over the limit of 16384 bytes"},
		{"a long label", "POST /tenants/globex/tokens", `{"label":"` + strings.Repeat("l", 65) + `"}`, 400, `label must be at most 64 bytes, for example "entra"`},
		{"a lifetime in words", "POST /tenants/globex/tokens", `{"expires":"a year"}`, 400, endSample},
		{"no lifetime at all", "POST /tenants/globex/tokens", `{"expires":"0d"}`, 400, endSample},
		{"days that overflow", "POST /tenants/globex/tokens", `{"expires":"-99999999999999d"}`, 400, endSample},
		{"an end that has passed", "POST /tenants/globex/tokens", `{"expires":"2026-03-01T12:00:00Z"}`, 400, endSample},
		{"an end too far off", "POST /tenants/globex/tokens", `{"expires":"9999-03-01T12:00:00Z"}`, 400, `expires must be in the future and within 3650 days, for example "365d"`},
		{"a limit in words", "GET /tenants?limit=all", ``, 400, "limit must be a whole number from 1 to 500, for example limit=50"},
		{"a page after no tenant id", "GET /tenants?after=%00", ``, 400, "after must be the id of a tenant, for example after=acme"},
		{"a page before no id", "GET /tenants/globex/leaves?before=x", ``, 400, "before must be an id of 36 characters, " + sampleID},
		{"a leave that is no id", "GET /tenants/globex/leaves/x", ``, 404, "there is no such leave; its id has 36 characters, for example 01970c3e-8f00-7000-8000-000000000000"},
		{"a credential that is no id", "DELETE /tenants/globex/credentials/x", ``, 404, "there is no such credential; its id is 16 hex digits, as the list of credentials shows it"},
		{"a tenant that is no id", "GET /tenants/~", ``, 404, `there is no such tenant; an id is 1 to 64 of a-z, 0-9 and "-", for example "acme"`},
		{"a tenant that is not there", "GET /tenants/initech", ``, 404, "there is no such tenant"},
		{"a key for nobody", "POST /tenants/initech/app-keys", `{}`, 404, "there is no such tenant"},
		{"a route that is not there", "GET /tenant", ``, 404, "no route serves this path; check the address"},
		{"a method that is not there", "PATCH /tenants", ``, 405, "PATCH is not served here; allowed: GET, POST"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(serve(directorytest.Memory{"globex": globex()}, t.Output()), test.ask, test.body)
			var got struct {
				Error struct{ Code, Message string }
			}
			decode(t, w, &got)
			if w.Code != test.status || got.Error.Code == "" {
				t.Errorf("status %d, code %q, want %d and a code", w.Code, got.Error.Code, test.status)
			}
			if diff := cmp.Diff(test.message, got.Error.Message); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStrangersLearnNothing(t *testing.T) {
	for _, header := range []string{"", "Bearer", "Bearer wrong", "Basic " + operatorKey} {
		for _, path := range []string{"/manage/v1/tenants", "/manage/v1/tenants/globex/leaves", "/manage/v1/nothing"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", header)
			w := httptest.NewRecorder()
			serve(directorytest.Memory{"globex": globex()}, t.Output()).ServeHTTP(w, r)
			if w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" || strings.Contains(w.Body.String(), "globex") {
				t.Errorf("%q at %s: %d %s", header, path, w.Code, w.Body)
			}
		}
	}
}

func TestReadersMayLookAndNotChange(t *testing.T) {
	memory := directorytest.Memory{"globex": globex()}
	now := func() time.Time { return noon }
	var log strings.Builder
	api := manageapi.New(manageapi.Config{
		Exchange: &exchange.Exchange{Log: slog.New(slog.NewJSONHandler(&log, nil)), Now: now, Reference: func() string { return "r1" }},
		Operator: func(context.Context, string) (access.Operator, error) {
			return access.Operator{ID: "0b0b0b0b-0000-4000-8000-00000000000b", ReadOnly: true}, nil
		},
		Admin:   &admin.Service{Tenants: memory, Purges: memory, Users: memory, Groups: memory, Leaves: memory, Journal: memory, Now: now, Random: zeros{}, Changed: func(string) {}},
		History: &history.Service{History: memory, Tenants: memory, Users: memory, Leaves: memory, Now: now},
		BaseURL: func(*http.Request) string { return "" },
	})
	for line, want := range map[string]int{
		"GET /tenants": 200, "HEAD /tenants/globex": 200,
		"POST /tenants": 403, "POST /tenants/globex/tokens": 403, "POST /tenants/globex/oauth-clients": 403,
		"DELETE /tenants/globex/credentials/0000000000000000": 403, "PATCH /tenants/globex": 403,
		"POST /tenants/globex/erasures": 403,
	} {
		if w := ask(api, line, `{}`); w.Code != want {
			t.Errorf("%s: status %d, want %d: %s", line, w.Code, want, w.Body)
		}
	}
	if len(memory["globex"].Credentials) != 0 || !strings.Contains(log.String(), `"actor":"0b0b0b0b-0000-4000-8000-00000000000b"`) {
		t.Errorf("something was issued, or the log does not say who looked: %s", log.String())
	}
}

// TestSecretsStayOutOfTheLog issues a token and looks for it, and for the key
// that was shown, in the log line.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	var log strings.Builder
	w := ask(serve(directorytest.Memory{"globex": globex()}, &log), "POST /tenants/globex/tokens", `{"label":"entra"}`)
	if w.Code != 201 {
		t.Fatal(w.Body)
	}
	if strings.Contains(log.String(), secret) || strings.Contains(log.String(), operatorKey) {
		t.Errorf("a secret is in the log: %s", log.String())
	}
	for _, want := range []string{`"tenant":"globex"`, `"actor":"operator"`, `"route":"/manage/v1/tenants/{tenant}/tokens"`, `"status":201`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in the log: %s", want, log.String())
		}
	}
}

// broken is a store that does not answer.
type broken struct{ directory.Tenants }

func (broken) ListTenants(context.Context, string, int) ([]directory.Tenant, error) {
	return nil, fault.New(fault.StorageBusy, "the storage asks for patience").WithRetryAfter(3 * time.Second)
}

func decode(t *testing.T, w *httptest.ResponseRecorder, into any) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("the answer %q is no JSON: %v", w.Body, err)
	}
}

func TestTroubleOfOurOwn(t *testing.T) {
	now := func() time.Time { return noon }
	api := manageapi.New(manageapi.Config{
		Exchange: &exchange.Exchange{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: now, Reference: func() string { return "r1" }},
		Operator: func(context.Context, string) (access.Operator, error) { return access.Operator{}, nil },
		Admin:    &admin.Service{Tenants: broken{}, Now: now},
		BaseURL:  func(*http.Request) string { return "" },
	})
	w := ask(api, "GET /tenants", "")
	want := `{"error":{"code":"storageBusy","message":"the storage asks for patience","reference":"r1"}}`
	if diff := cmp.Diff(want, strings.TrimSpace(w.Body.String())); w.Code != 503 || w.Header().Get("Retry-After") != "3" || diff != "" {
		t.Errorf("status %d, answer (-want +got):\n%s", w.Code, diff)
	}
}

func TestDoctorFindings(t *testing.T) {
	answer := ask(serve(directorytest.Memory{}, io.Discard), "GET /doctor", "")
	if diff := cmp.Diff(`{"findings":[{"check":"tables","result":"ok","says":"reached"}]}`, strings.TrimSpace(answer.Body.String())); diff != "" || answer.Code != 200 {
		t.Errorf("status %d, %s", answer.Code, diff)
	}
}
