package connector_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handover/handler/adapter/connector"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	newSecret = "whsec_bmV3IHNlY3JldCB3aXRoIDI0IGJ5dGVz"
	oldSecret = "whsec_b2xkIHNlY3JldCB3aXRoIDI0IGJ5dGVz"
)

// events takes what is posted to a webhook.
type events struct {
	*application
	headers []http.Header
}

func hear(t *testing.T, answer http.HandlerFunc) *events {
	t.Helper()
	e := &events{}
	e.application = serve(t, func(w http.ResponseWriter, r *http.Request) {
		e.headers = append(e.headers, r.Header)
		answer(w, r)
	})
	return e
}

func (e *events) webhook(allowed []netip.Prefix, now func() time.Time) *connector.Webhook {
	reveal := func(tenant, hidden string) (string, bool) { return strings.CutPrefix(hidden, tenant+":") }
	return connector.NewWebhook(e.transport(allowed), reveal, now)
}

func (e *events) setting() directory.WebhookSetting {
	return directory.WebhookSetting{URL: e.URL + "/events", Hidden: "acme:" + newSecret}
}

func (e *events) post(t *testing.T, setting directory.WebhookSetting, event directory.Event) error {
	t.Helper()
	return e.webhook(loopback, time.Now).Post(t.Context(), setting, event)
}

// blockedEvent is what docs/webhooks.md shows.
func blockedEvent() directory.Event {
	l := directory.Leave{
		ID: leave, Leaver: eve, State: directory.Waiting, Attempt: 3, Recipient: ann, Moved: 4,
		Opened: noon.Add(-time.Minute), Changed: noon,
	}
	n := directory.NoticeOf(l)
	n.State, n.Attempt, n.Code, n.Reason = directory.Blocked, 2, fault.NoRecipient, "nobody is left"
	return directory.Event{Tenant: "acme", Notice: n, Leave: l, Moved: map[string]int{"quote": 3, "document": 1}}
}

func TestPost(t *testing.T) {
	e := hear(t, says(204, ""))
	if err := e.post(t, e.setting(), blockedEvent()); err != nil {
		t.Fatal(err)
	}
	want := `POST /events {"type":"leave.blocked","timestamp":"2026-11-21T12:00:00Z","data":{"tenant":"acme",` +
		`"leave":"` + leave.String() + `","attempt":2,` +
		`"user":{"id":"` + eve.ID.String() + `","userName":"eve@acme.com","externalId":"e"},` +
		`"recipient":{"id":"` + ann.ID.String() + `","userName":"ann@acme.com"},"opened":"2026-11-21T11:59:00Z",` +
		`"moved":{"records":4,"types":{"document":1,"quote":3}},"code":"noRecipient","reason":"nobody is left"}}`
	if diff := cmp.Diff([]string{want}, e.bodies); diff != "" {
		t.Error(diff)
	}
	h := e.headers[0]
	if h.Get("Webhook-Id") != leave.String()+".2" || h.Get("Content-Type") != "application/json" || h.Get("Authorization") != "" {
		t.Errorf("%v", h)
	}
}

// TestPostTest tells of nothing but the tenant.
func TestPostTest(t *testing.T) {
	e := hear(t, says(200, "thanks"))
	if err := e.post(t, e.setting(), directory.Event{Tenant: "acme"}); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(e.bodies[0], "/events ")
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "timestamp")
	if diff := cmp.Diff(map[string]any{"type": "webhook.test", "data": map[string]any{"tenant": "acme"}}, got); diff != "" {
		t.Error(diff)
	}
	if id := e.headers[0].Get("Webhook-Id"); !strings.HasPrefix(id, "test.") {
		t.Errorf("the id is %q", id)
	}
}

// TestSignatures has applications with either secret check an event, as the
// library for their language does it.
func TestSignatures(t *testing.T) {
	tests := []struct {
		name   string
		until  time.Duration
		secret string
		want   bool
	}{
		{"the secret", -time.Hour, newSecret, true},
		{"the one before, which has ended", -time.Hour, oldSecret, false},
		{"the secret, beside the one before", time.Hour, newSecret, true},
		{"the one before, which still counts", time.Hour, oldSecret, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			application, err := standardwebhooks.NewWebhook(test.secret)
			if err != nil {
				t.Fatal(err)
			}
			var verdict error
			e := hear(t, nil)
			e.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				verdict = application.Verify(body, r.Header)
			})
			setting := e.setting()
			setting.Previous, setting.PreviousUntil = "acme:"+oldSecret, time.Now().Add(test.until)
			if err := e.post(t, setting, blockedEvent()); err != nil {
				t.Fatal(err)
			}
			if (verdict == nil) != test.want {
				t.Errorf("verified: %v, wanted %v", verdict, test.want)
			}
		})
	}
}

func TestPostRefusals(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		says   string
		wait   time.Duration
	}{
		{"no such route", says(404, "secret text"), "status 404", 0},
		{"a defect", says(500, ""), "status 500", 0},
		{"gone", says(410, ""), "status 410", 0},
		{"a redirect", says(302, "", "Location", "/other"), "redirect (status 302)", 0},
		{"too many", says(429, "", "Retry-After", "90"), "status 429", 90 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := hear(t, test.answer)
			err := e.post(t, e.setting(), blockedEvent())
			f := fault.Of(err)
			if f.Code != fault.WebhookRefused || !strings.Contains(f.Message, test.says) || f.RetryAfter != test.wait || strings.Contains(f.Message, "secret text") {
				t.Errorf("%v, wait %v", err, f.RetryAfter)
			}
			if len(e.headers) != 1 {
				t.Errorf("asked %d times", len(e.headers))
			}
		})
	}
	t.Run("an address that is not public", func(t *testing.T) {
		e := hear(t, says(204, ""))
		err := e.webhook(nil, time.Now).Post(t.Context(), e.setting(), blockedEvent())
		if f := fault.Of(err); f.Code != fault.WebhookRefused || !strings.Contains(f.Message, "HANDOVER_CONNECTOR_NETWORKS") || len(e.headers) != 0 {
			t.Errorf("%v, asked %d times", err, len(e.headers))
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		e := hear(t, nil)
		e.Close()
		if err := e.post(t, e.setting(), blockedEvent()); !fault.Is(err, fault.WebhookRefused) {
			t.Errorf("%v", err)
		}
	})
	t.Run("no answer in time", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := hear(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
		if err := e.webhook(loopback, time.Now).Post(ctx, e.setting(), blockedEvent()); !fault.Is(err, fault.WebhookRefused) {
			t.Errorf("%v", err)
		}
	})
	t.Run("a secret that cannot be decrypted", func(t *testing.T) {
		e := hear(t, says(204, ""))
		setting := e.setting()
		setting.Hidden = "globex:" + newSecret
		if err := e.post(t, setting, blockedEvent()); !fault.Is(err, fault.WebhookRefused) || len(e.headers) != 0 {
			t.Errorf("%v, asked %d times", err, len(e.headers))
		}
	})
}

// TestPage holds the examples of docs/webhooks.md against what is sent.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile(`(?s)\n\n(\{"type": "leave\.blocked".*?)\n` + "```").FindSubmatch(page)
	if example == nil {
		t.Fatal("the page shows no event")
	}
	e := hear(t, says(204, ""))
	if err := e.post(t, e.setting(), blockedEvent()); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(e.bodies[0], "/events ")
	if diff := cmp.Diff(fieldsOf(t, []byte(body)), fieldsOf(t, example[1])); diff != "" {
		t.Errorf("fields (-sent +shown):\n%s", diff)
	}
	for name := range e.headers[0] {
		if shown := strings.Contains(string(page), "\n"+name+": "); !shown && name != "Content-Length" && name != "Accept-Encoding" {
			t.Errorf("the header %s is not shown", name)
		}
	}
	signed := regexp.MustCompile("(?s)secret `(whsec_[^`]+)` the body `([^`]+)` with the id `([^`]+)` and the timestamp `(\\d+)`\nhas the signature `([^`]+)`").FindSubmatch(page)
	if signed == nil {
		t.Fatal("the page shows no signature to test with")
	}
	seconds, err := strconv.ParseInt(string(signed[4]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := credential.SignWebhook(string(signed[1]), string(signed[3]), time.Unix(seconds, 0), signed[2]); got != string(signed[5]) {
		t.Errorf("the signature is %s", got)
	}
}

// fieldsOf lists the names of all that a JSON object holds, with their paths.
func fieldsOf(t *testing.T, text []byte) (names []string) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		names = append(names, path)
		if inner, ok := value.(map[string]any); ok {
			for name := range inner {
				walk(path+"."+name, inner[name])
			}
		}
	}
	walk("", object)
	slices.Sort(names)
	return names
}
