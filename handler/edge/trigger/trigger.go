// Package trigger turns what the Functions host posts (a queue message, a tick
// of the timer) into a call of a rule, and keeps everybody else from doing so.
package trigger

import (
	"context"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/rule/reassign"
)

// Work is the rule behind the triggers.
type Work interface {
	Work(ctx context.Context, m directory.Message) (reassign.Outcome, error)
	DeadLettered(ctx context.Context, m directory.Message) error
	Sweep(ctx context.Context) (reassign.Swept, error)
}

// Trigger serves the functions that have no HTTP trigger.
type Trigger struct {
	Work Work
	Log  *slog.Logger
	Now  func() time.Time
	// Observe, if any, is told of each invocation once it has been answered.
	Observe func(context.Context, exchange.Observation)
	// Timeout bounds one invocation, below functionTimeout: an invocation that
	// reaches that one costs every other request of the process its life.
	Timeout time.Duration
	// Pause is how long a message waits before it is given back because the
	// storage was away: the host would deliver it again at once, and has used
	// up its ten deliveries within a second.
	Pause time.Duration
}

// bodyLimit is more than any message of ours with the host's metadata takes: a
// Service Bus message of the Standard tier has at most 256 KiB, here escaped
// twice.
const bodyLimit = 2 << 20

// Front puts the trigger routes before every other route of the process. Which
// request is the host's own is decided on the raw request line, before anything
// cleans a path.
func (t *Trigger) Front(next http.Handler) http.Handler {
	functions := map[string]function{
		"/reassign":   {call: t.reassign},
		"/deadletter": {call: t.deadletter, last: true},
		"/sweep":      {call: t.sweep},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI == "/" && r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		f, ours := functions[r.RequestURI]
		if !ours || !isInvocation(r) {
			next.ServeHTTP(w, r)
			return
		}
		t.invoke(w, r, strings.TrimPrefix(r.RequestURI, "/"), f)
	})
}

// isInvocation tells whether the host itself sent the request: it posts JSON to
// the bare name of the function, and never through its proxy, which marks each
// request that it passes on. A marker counts even when it is empty.
func isInvocation(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return false
	}
	for _, proxied := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Ms-Invocation-Id"} {
		if _, present := r.Header[proxied]; present {
			return false
		}
	}
	return true
}

func (t *Trigger) reassign(ctx context.Context, r *http.Request) ([]slog.Attr, error) {
	message, err := decodeInvocation(r.Body, "message")
	if err != nil {
		return nil, err
	}
	return t.deliver(ctx, message)
}

// Deliver hands over one queue message; dev's own queue calls it, too. An error
// means that the message should come again.
func (t *Trigger) Deliver(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	message, err := decodeMessage(body)
	if err != nil {
		return err
	}
	attributes, err := t.deliver(ctx, message)
	if err == nil {
		t.Log.LogAttrs(ctx, slog.LevelInfo, "message", attributes...)
	}
	return err
}

func (t *Trigger) deliver(ctx context.Context, m directory.Message) ([]slog.Attr, error) {
	outcome, err := t.Work.Work(ctx, m)
	attributes := append(named(m), slog.String("state", string(outcome.State)), slog.Int("moved", outcome.Moved))
	if outcome.Code != "" {
		attributes = append(attributes, slog.String("because", string(outcome.Code)))
	}
	return attributes, err
}

// DeliverDead hands over one message that the queue has given up, as the
// function deadletter does; dev's own queue calls it. One that nobody can decode
// leaves a line and is done with.
func (t *Trigger) DeliverDead(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	message, err := decodeMessage(body)
	if err != nil {
		t.Log.LogAttrs(ctx, slog.LevelError, "dead letter", slog.String("fault", string(fault.Of(err).Code)))
		return nil
	}
	err = t.Work.DeadLettered(ctx, message)
	if err == nil {
		t.Log.LogAttrs(ctx, slog.LevelWarn, "dead letter", named(message)...)
	}
	return err
}

func named(m directory.Message) []slog.Attr {
	return []slog.Attr{slog.String("tenant", m.Tenant), slog.String("leave", m.Leave), slog.Int("attempt", m.Attempt)}
}

// deadletter takes note of what the queue has given up.
func (t *Trigger) deadletter(ctx context.Context, r *http.Request) ([]slog.Attr, error) {
	message, err := decodeInvocation(r.Body, "message")
	if err != nil {
		return nil, err
	}
	return named(message), t.Work.DeadLettered(ctx, message)
}

func (t *Trigger) sweep(ctx context.Context, _ *http.Request) ([]slog.Attr, error) {
	swept, err := t.Work.Sweep(ctx)
	return []slog.Attr{
		slog.Int("tenants", swept.Tenants), slog.Int("leaves", swept.Leaves), slog.Int("overdue", swept.Open.Overdue()),
		slog.Int("blocked", swept.Open.In(directory.Blocked)), slog.Int("parked", swept.Open.In(directory.Parked)),
	}, err
}
