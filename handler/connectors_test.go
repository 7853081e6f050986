package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"handover/handler/adapter/telemetry"
	"handover/handler/core/credential"
	"handover/handler/core/fault"
)

// TestConnectorSecret keeps a secret with the deployment's keys, and nowhere
// without them.
func TestConnectorSecret(t *testing.T) {
	keys, err := credential.ParseKeyring("a:" + strings.Repeat("0f", 32))
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{options: Options{Random: rand.Reader}, keys: keys}
	hidden, err := p.conceal(credential.ForConnectors, "acme", "correct-horse")
	if err != nil || strings.Contains(hidden, "correct") {
		t.Fatalf("%q, %v", hidden, err)
	}
	if secret, ok := p.reveal(credential.ForConnectors)("acme", hidden); !ok || secret != "correct-horse" {
		t.Errorf("%q, %v", secret, ok)
	}
	if _, ok := p.reveal(credential.ForConnectors)("globex", hidden); ok {
		t.Error("another tenant's secret is revealed")
	}
	if _, ok := p.reveal(credential.ForWebhooks)("acme", hidden); ok {
		t.Error("a secret of another purpose is revealed")
	}
	keyless := &Program{options: p.options}
	if _, err := keyless.conceal(credential.ForConnectors, "acme", "x"); !fault.Is(err, fault.SettingsInvalid) {
		t.Errorf("%v", err)
	}
	if _, ok := keyless.reveal(credential.ForConnectors)("acme", hidden); ok {
		t.Error("revealed without a key")
	}
}

// crm is a business application that has one record of everybody.
type crm struct{}

func (crm) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"moved":[{"type":"quote","id":"Q-1","title":"Offer"}]}`)),
	}, nil
}

// TestConnectorCallsAreWatched asks what a leave would move, and wants the call
// of the application in the trace of the request.
func TestConnectorCallsAreWatched(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := readSettings([]string{"HANDOVER_DATA=" + t.TempDir(), "HANDOVER_OPERATOR_KEY=" + killOperator, "HANDOVER_KEYS=a:" + strings.Repeat("0f", 32)}, "dev")
	if err != nil {
		t.Fatal(err)
	}
	program, err := newProgram(t.Context(), settings, Options{
		Listener: listener, Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader, ConnectorTransport: crm{},
		Telemetry: func(process string) (*telemetry.Telemetry, error) {
			return telemetry.New(telemetry.Config{Now: time.Now, Process: process}, trace.NewSimpleSpanProcessor(spans), metric.NewManualReader())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	ask := func(method, path, key, body string) (answer struct{ ID, Token string }) {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		program.server.Handler.ServeHTTP(w, r)
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code/100 != 2 {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return answer
	}
	const tenant = "/manage/v1/tenants/acme"
	ask("POST", "/manage/v1/tenants", killOperator, `{"id":"acme","name":"Acme","country":"US","domains":["*"],"masterAdmin":"ann@acme.com"}`)
	ask("PATCH", tenant, killOperator, `{"connector":{"kind":"http","url":"https://crm.example.com","auth":"apiKey","secret":"correct-horse"}}`)
	token := ask("POST", tenant+"/tokens", killOperator, `{}`).Token
	ask("POST", "/scim/acme/v2/Users", token, `{"userName":"ann@acme.com","active":true}`)
	eve := ask("POST", "/scim/acme/v2/Users", token, `{"userName":"eve@acme.com","active":true}`).ID
	spans.Reset()
	ask("GET", tenant+"/users/"+eve+"/leave-preview", killOperator, "")
	seen := ""
	for _, s := range spans.GetSpans() {
		seen += fmt.Sprintln(s.Name, s.Attributes, s.Events, s.Status)
	}
	if !strings.Contains(seen, "call Reassign") {
		t.Errorf("no span of the call: %s", seen)
	}
	for _, private := range []string{"correct-horse", "eve@", "ann@", "Offer", "Q-1"} {
		if strings.Contains(seen, private) {
			t.Errorf("%q is in a span: %s", private, seen)
		}
	}
}
