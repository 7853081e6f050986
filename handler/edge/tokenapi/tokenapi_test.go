package tokenapi_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/entra"
	"handover/handler/adapter/entra/entratest"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/edge/tokenapi"
	"handover/handler/rule/access"
)

var update = flag.Bool("update", false, "write the answers to testdata")

const (
	customer   = "aaaaaaaa-0000-4000-8000-00000000000a"
	workload   = "bbbbbbbb-0000-4000-8000-00000000000b"
	syncFabric = "cccccccc-0000-4000-8000-00000000000c"
	jwtBearer  = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// counting is randomness that a test can foresee, and that differs each time.
type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	c.n++
	for i := range p {
		p[i] = c.n
	}
	return len(p), nil
}

// office is the endpoint of a tenant, acme, with two OAuth clients.
type office struct {
	http.Handler
	gate  *access.Gate
	entra *entratest.Provider
	log   strings.Builder
	// first and second are the clients' ids and secrets.
	first, second [2]string
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{entra: entratest.New(t)}
	memory := directorytest.Memory{"acme": {Settings: directory.Tenant{
		ID: "acme", Entra: directory.EntraBinding{TenantID: customer, AppIDs: []string{workload}, Subject: syncFabric},
	}}}
	random := &counting{}
	for _, client := range []*[2]string{&o.first, &o.second} {
		c, text, err := credential.Issue(credential.OAuthClient, "", noon, time.Time{}, random)
		if err != nil {
			t.Fatal(err)
		}
		*client = [2]string{c.ID, text}
		memory["acme"].Credentials = append(memory["acme"].Credentials, c)
	}
	cloud, err := entra.CloudOf("public")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := credential.ParseKeyring("k1:" + strings.Repeat("ab", 32))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return noon }
	o.gate = access.New(access.Config{
		Tenants: memory, Now: now, Keys: keys,
		Entra: entra.New(entra.Config{Cloud: cloud, Transport: o.entra, Now: now}),
	})
	o.Handler = tokenapi.New(tokenapi.Config{Gate: o.gate, Exchange: &exchange.Exchange{
		Log: slog.New(slog.NewJSONHandler(&o.log, nil)), Now: now, Reference: func() string { return "r1" },
	}})
	return o
}

// form is a body, from names and values in turn.
func form(pairs ...string) string {
	var body []string
	for i := 0; i < len(pairs); i += 2 {
		body = append(body, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return strings.Join(body, "&")
}

func post(path, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func basic(r *http.Request, id, secret string) *http.Request {
	r.SetBasicAuth(id, secret)
	return r
}

func (o *office) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	return w
}

func TestATokenIsGiven(t *testing.T) {
	o := newOffice(t)
	id, secret := o.first[0], o.first[1]
	assertion := o.entra.Token(entratest.Assertion(customer, workload, syncFabric, noon))
	const grant = "grant_type=client_credentials"
	tests := []struct {
		name string
		ask  *http.Request
		who  string
	}{
		{"in the header", basic(post("/oauth2/acme/token", grant), id, secret), id},
		{"in the body", post("/oauth2/acme/token", grant+"&"+form("client_id", id, "client_secret", secret)), id},
		{"in both", basic(post("/oauth2/acme/token", grant+"&"+form("client_id", id, "client_secret", secret)), id, secret), id},
		{"the id in both", basic(post("/oauth2/acme/token", grant+"&"+form("client_id", id)), id, secret), id},
		{"the header written as in a form", basic(post("/oauth2/acme/token", grant), id, strings.ReplaceAll(secret, "_", "%5F")), id},
		{"another live secret", basic(post("/oauth2/acme/token", grant), o.second[0], o.second[1]), o.second[0]},
		{"a scope", basic(post("/oauth2/acme/token", grant+"&"+form("scope", "scim.read scim.write")), id, secret), id},
		{"an empty scope and empty credentials beside the header", basic(post("/oauth2/acme/token", grant+"&scope=&client_id=&client_secret="), id, secret), id},
		{"members that nobody knows, even twice", basic(post("/oauth2/acme/token", grant+"&baseAddress=x&baseAddress=y&tenant=z"), id, secret), id},
		{"an assertion", post("/oauth2/acme/token", grant+"&"+form("client_assertion_type", jwtBearer, "client_assertion", assertion)), access.EntraCaller},
		{
			"an assertion with all that Entra adds",
			post("/oauth2/acme/token", grant+"&"+form("client_assertion_type", jwtBearer, "client_assertion", assertion, "client_id", "acme", "scope", "scim", "baseAddress", "https://x")), access.EntraCaller,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o.log.Reset()
			w := o.ask(test.ask)
			var got struct {
				AccessToken string `json:"access_token"`
				TokenType   string `json:"token_type"`
				ExpiresIn   int    `json:"expires_in"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if got.TokenType != "Bearer" || got.ExpiresIn != 3600 || !strings.HasPrefix(got.AccessToken, "hvt_") {
				t.Errorf("answer is %s", w.Body)
			}
			h := w.Header()
			if h.Get("Cache-Control") != "no-store" || h.Get("Pragma") != "no-cache" || h.Get("Content-Type") != "application/json" {
				t.Errorf("headers are %v", h)
			}
			caller, err := o.gate.Authenticate(t.Context(), "acme", got.AccessToken, credential.ScimToken)
			if err != nil || caller.Credential != test.who {
				t.Errorf("the token opens SCIM as %q, %v; want %q", caller.Credential, err, test.who)
			}
			if log := o.log.String(); strings.Contains(log, secret) || strings.Contains(log, got.AccessToken) || !strings.Contains(log, `"actor":"`+test.who+`"`) {
				t.Errorf("the log tells a secret, or not who asked: %s", log)
			}
		})
	}
}

// TestRefusals compares every refusal, as it goes over the wire, with
// testdata/refusals.txt.
func TestRefusals(t *testing.T) {
	o := newOffice(t)
	id, secret := o.first[0], o.first[1]
	wrong := secret[:len(secret)-1] + "0"
	assertion := o.entra.Token(entratest.Assertion(customer, workload, syncFabric, noon))
	strange := o.entra.Token(entratest.Assertion(customer, syncFabric, workload, noon))
	const path, grant = "/oauth2/acme/token", "grant_type=client_credentials"
	get := httptest.NewRequest(http.MethodGet, path+"?"+grant, nil)
	asJSON := post(path, `{"grant_type":"client_credentials"}`)
	asJSON.Header.Set("Content-Type", "application/json")
	bearer := post(path, grant)
	bearer.Header.Set("Authorization", "Bearer "+secret)
	tests := []struct {
		name string
		ask  *http.Request
	}{
		{"a GET", get},
		{"a body in JSON", asJSON},
		{"a body that is too large", post(path, strings.Repeat("x", 64<<10+1))},
		{"no body", post(path, "")},
		{"a body that is no form", post(path, grant+"&client_id=%zz")},
		{"a semicolon", post(path, grant+";client_id=x")},
		{"no grant type", basic(post(path, "scope=x"), id, secret)},
		{"another grant type", basic(post(path, "grant_type=password"), id, secret)},
		{"a grant type twice", basic(post(path, grant+"&"+grant), id, secret)},
		{"a secret twice", post(path, grant+"&"+form("client_id", id, "client_secret", secret, "client_secret", wrong))},
		{"a scope that is none", basic(post(path, grant+"&scope=a%22b"), id, secret)},
		{"a scope with two blanks", basic(post(path, grant+"&scope=a++b"), id, secret)},
		{"a scope that is too long", basic(post(path, grant+"&scope="+strings.Repeat("s", 1025)), id, secret)},
		{"no client", post(path, grant)},
		{"a bearer token", bearer},
		{"credentials in the address", post(path+"?"+form("client_id", id, "client_secret", secret), grant)},
		{"an unknown client", basic(post(path, grant), "0000000000000000", secret)},
		{"a wrong secret in the header", basic(post(path, grant), id, wrong)},
		{"a wrong secret in the body", post(path, grant+"&"+form("client_id", id, "client_secret", wrong))},
		{"a secret without id", post(path, grant+"&"+form("client_secret", secret))},
		{"header and body with two ids", basic(post(path, grant+"&"+form("client_id", o.second[0])), id, secret)},
		{"header and body with two secrets", basic(post(path, grant+"&"+form("client_secret", wrong)), id, secret)},
		{"a header that is not written as in a form", basic(post(path, grant), id, "%zz")},
		{"another tenant", basic(post("/oauth2/globex/token", grant), id, secret)},
		{"a tenant that cannot be", basic(post("/oauth2/~/token", grant), id, secret)},
		{"an assertion without its type", post(path, grant+"&"+form("client_assertion", assertion))},
		{"a type without its assertion", post(path, grant+"&"+form("client_assertion_type", jwtBearer))},
		{"an assertion of another type", post(path, grant+"&"+form("client_assertion", assertion, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"))},
		{"an assertion and a secret", post(path, grant+"&"+form("client_assertion", assertion, "client_assertion_type", jwtBearer, "client_id", id, "client_secret", secret))},
		{"an assertion and a header", basic(post(path, grant+"&"+form("client_assertion", assertion, "client_assertion_type", jwtBearer)), id, secret)},
		{"somebody else's assertion", post(path, grant+"&"+form("client_assertion", strange, "client_assertion_type", jwtBearer))},
		{"another route", post("/oauth2/acme/authorize", grant)},
	}
	var golden strings.Builder
	for _, test := range tests {
		w := o.ask(test.ask)
		fmt.Fprintf(&golden, "# %s\n%d\n", test.name, w.Code)
		for _, name := range []string{"Content-Type", "Cache-Control", "WWW-Authenticate", "Allow", "Retry-After"} {
			if value := w.Header().Get(name); value != "" {
				fmt.Fprintf(&golden, "%s: %s\n", name, value)
			}
		}
		fmt.Fprintf(&golden, "%s\n", w.Body)
	}
	for _, private := range []string{secret, wrong, o.second[1], assertion, strange} {
		if strings.Contains(golden.String(), private) || strings.Contains(o.log.String(), private) {
			t.Error("an answer or the log tells a secret")
		}
	}
	const file = "testdata/refusals.txt"
	if *update {
		if err := os.WriteFile(file, []byte(golden.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), golden.String()); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}

func TestFailuresAreLimitedAndTheRightSecretPasses(t *testing.T) {
	o := newOffice(t)
	ask := func(secret string) *httptest.ResponseRecorder {
		return o.ask(basic(post("/oauth2/acme/token", "grant_type=client_credentials"), o.first[0], secret))
	}
	last := ask("wrong")
	for range 30 {
		last = ask("wrong")
	}
	want := `{"error":"temporarily_unavailable","error_description":"too many wrong tokens; correct ones pass all the same"}`
	if diff := cmp.Diff(want, strings.TrimSpace(last.Body.String())); last.Code != 429 || last.Header().Get("Retry-After") != "1" || diff != "" {
		t.Errorf("%d after 31 failures, Retry-After %q (-want +got):\n%s", last.Code, last.Header().Get("Retry-After"), diff)
	}
	if w := ask(o.first[1]); w.Code != 200 {
		t.Errorf("the right secret: %d %s", w.Code, w.Body)
	}
}

func TestEntraIsAway(t *testing.T) {
	o := newOffice(t)
	assertion := o.entra.Token(entratest.Assertion(customer, workload, syncFabric, noon))
	o.entra.Down(true)
	w := o.ask(post("/oauth2/acme/token", "grant_type=client_credentials&"+form("client_assertion_type", jwtBearer, "client_assertion", assertion)))
	want := `{"error":"temporarily_unavailable","error_description":"the signing keys of Entra ID cannot be fetched just now; try again later (reference r1)"}`
	if diff := cmp.Diff(want, strings.TrimSpace(w.Body.String())); w.Code != 503 || w.Header().Get("Retry-After") != "60" || diff != "" {
		t.Errorf("%d, Retry-After %q (-want +got):\n%s", w.Code, w.Header().Get("Retry-After"), diff)
	}
}

// broken is a gate that has a defect.
type broken struct{ tokenapi.Gate }

func (broken) GrantForSecret(context.Context, string, string, string) (access.Grant, error) {
	return access.Grant{}, fault.New(fault.Internal, "a \"defect\" of ours\nin two lines, é")
}

func TestTroubleOfOurOwn(t *testing.T) {
	api := tokenapi.New(tokenapi.Config{Gate: broken{}, Exchange: &exchange.Exchange{
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now, Reference: func() string { return "r1" },
	}})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, post("/oauth2/acme/token", "grant_type=client_credentials&client_id=x&client_secret=y"))
	want := `{"error":"server_error","error_description":"a 'defect' of ours'in two lines, '' (reference r1)"}`
	if diff := cmp.Diff(want, strings.TrimSpace(w.Body.String())); w.Code != 500 || diff != "" {
		t.Errorf("%d (-want +got):\n%s", w.Code, diff)
	}
}

// FuzzBody wants an answer that RFC 6749 knows to whatever is sent, and never a
// token.
func FuzzBody(f *testing.F) {
	o := newOffice(f)
	f.Add("grant_type=client_credentials&client_id=x&client_secret=hvc_x", "Basic eDp5")
	f.Add("grant_type=client_credentials&client_assertion=eyJ.e30.x&client_assertion_type="+url.QueryEscape(jwtBearer), "")
	f.Fuzz(func(t *testing.T, body, header string) {
		r := post("/oauth2/acme/token", body)
		r.Header["Authorization"] = []string{header}
		w := o.ask(r)
		var got struct {
			Error string `json:"error"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code < 400 || w.Code >= 500 || got.Error == "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
