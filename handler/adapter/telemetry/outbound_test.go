package telemetry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/connector"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const secret = "key-that-nobody-may-see"

// application answers calls in place of a business application, two seconds
// later, and keeps the header that it got.
type application struct {
	answer func(*http.Request) (*http.Response, error)
	clock  *time.Time
	got    http.Header
}

func (a *application) RoundTrip(r *http.Request) (*http.Response, error) {
	a.got = r.Header.Clone()
	*a.clock = a.clock.Add(2 * time.Second)
	return a.answer(r)
}

// says answers with a status and a body.
func says(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// move asks an application to move Eve's records to Ann, for a message.
func (c *collected) move(ctx context.Context, a *application) {
	a.clock = &c.now
	caller := connector.New(connector.Config{
		Transport: a, Now: func() time.Time { return c.now }, Options: []func(*middleware.Stack) error{c.Calls},
		Reveal: func(_, hidden string) (string, bool) { return hidden, true },
	})
	setting := directory.ConnectorSetting{URL: "https://crm.example.com", Auth: directory.AuthAPIKey, Hidden: secret}
	_ = c.Deliver(func(ctx context.Context, _ []byte) error {
		ctx = c.About(ctx, directory.Message{Tenant: "acme", Leave: "l1", Attempt: 2})
		_, err := caller.To(setting).Move(ctx, directory.Move{
			Tenant: "acme", From: directory.Person{UserName: "eve@acme.com"}, To: directory.Person{UserName: "ann@acme.com"}, DryRun: true,
		})
		return err
	})(ctx, nil)
}

// TestCalls wants of each call a span and a duration that say how it ended, and
// nothing of what was said.
func TestCalls(t *testing.T) {
	tests := []struct {
		name, fault, status string
		// answered is the status of the answer as the span has it.
		answered string
		answer   func(*http.Request) (*http.Response, error)
	}{
		{"it moves", "none", "Unset", " http.response.status_code=200", says(200, `{"moved":[]}`)},
		{"it fails", "unavailable", "Error", " http.response.status_code=500", says(500, "eve@acme.com")},
		{"it refuses the key", "connectorRefused", "Error", " http.response.status_code=401", says(401, secret)},
		{"it answers something else", "connectorInvalid", "Unset", " http.response.status_code=200", says(200, "eve@acme.com")},
		{"it is not there", "unavailable", "Error", "", func(*http.Request) (*http.Response, error) {
			return nil, errors.New("no route to eve@acme.com")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := collect(t)
			c.move(t.Context(), &application{answer: test.answer})
			want := "call Reassign < receive leave, " + test.status + ", handover.fault=" + test.fault +
				" handover.leave.attempt=2 handover.leave=l1 handover.operation=Reassign handover.tenant=acme" + test.answered
			if diff := cmp.Diff(want, c.ended()[0]); diff != "" {
				t.Errorf("the span (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"handover.call.duration 2: handover.fault=" + test.fault + " handover.operation=Reassign"}, c.counted()); diff != "" {
				t.Errorf("metrics (-want +got):\n%s", diff)
			}
		})
	}
}

// refusing is a webhook that takes nothing.
type refusing struct{}

func (refusing) Post(context.Context, directory.WebhookSetting, directory.Event) error {
	return fault.New(fault.WebhookRefused, "the webhook of eve@acme.com answers no")
}

// TestWebhook wants of each event a span of its own trace, and a duration.
func TestWebhook(t *testing.T) {
	c := collect(t)
	leave := directory.ID{15: 1}
	event := directory.Event{Tenant: "acme", Notice: directory.Notice{Leave: leave, Attempt: 3}, Leave: directory.Leave{Leaver: directory.Person{UserName: "eve@acme.com"}}}
	if err := c.Webhook(refusing{}).Post(t.Context(), directory.WebhookSetting{URL: "https://crm.example.com"}, event); !fault.Is(err, fault.WebhookRefused) {
		t.Error(err)
	}
	want := "call Webhook < none, Unset, handover.fault=webhookRefused handover.leave.attempt=3 handover.leave=" + leave.String() + " handover.operation=Webhook handover.tenant=acme"
	if diff := cmp.Diff([]string{want}, c.ended()); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"handover.call.duration 0: handover.fault=webhookRefused handover.operation=Webhook"}, c.counted()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// TestCallNobodyWaitsFor is nobody's fault.
func TestCallNobodyWaitsFor(t *testing.T) {
	c := collect(t)
	ctx, leave := context.WithCancel(t.Context())
	c.move(ctx, &application{answer: func(r *http.Request) (*http.Response, error) {
		leave()
		<-r.Context().Done()
		return nil, r.Context().Err()
	}})
	if got := c.ended()[0]; !strings.Contains(got, "handover.fault=cancelled") || !strings.Contains(got, "Unset") {
		t.Errorf("the span: %s", got)
	}
}

// TestTraceGoesAlong wants the application to be told the trace and its own
// parent in it, and nothing of what a caller of ours has put beside them.
func TestTraceGoesAlong(t *testing.T) {
	c := collect(t)
	a := &application{answer: says(200, `{"moved":[]}`)}
	r := httptest.NewRequest(http.MethodPost, "/reassign", nil)
	r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.Header.Set("tracestate", "vendor=eve")
	r.Header.Set("baggage", "user=eve")
	c.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { c.move(r.Context(), a) })).ServeHTTP(httptest.NewRecorder(), r)
	span := c.spans.GetSpans()[0]
	want := http.Header{
		"Authorization": {"Bearer " + secret}, "Content-Type": {"application/json"}, "Accept": {"application/json"},
		"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-" + span.SpanContext.SpanID().String() + "-01"},
	}
	if diff := cmp.Diff(want, a.got); diff != "" || span.Name != "call Reassign" {
		t.Errorf("headers of %s (-want +got):\n%s", span.Name, diff)
	}
}
