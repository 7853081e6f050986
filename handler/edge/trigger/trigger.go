// Package trigger turns what the Functions host posts (a queue message, a tick
// of the timer) into a call of a rule, and keeps everybody else from doing so.
package trigger

import (
	"context"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

// Work is the rule behind the triggers.
type Work interface {
	Work(ctx context.Context, m directory.Message) (reassign.Outcome, error)
	Sweep(ctx context.Context) (reassign.Swept, error)
}

// Trigger serves the functions that have no HTTP trigger.
type Trigger struct {
	Work Work
	Log  *slog.Logger
	Now  func() time.Time
	// Timeout bounds one invocation, below functionTimeout: an invocation that
	// reaches that one costs every other request of the process its life.
	Timeout time.Duration
}

// bodyLimit is more than any message of ours with the host's metadata takes: a
// Service Bus message of the Standard tier has at most 256 KiB, here escaped
// twice.
const bodyLimit = 2 << 20

// Front puts the trigger routes before every other route of the process. Which
// request is the host's own is decided on the raw request line, before anything
// cleans a path.
func (t *Trigger) Front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.RequestURI == "/" && r.Method == http.MethodGet:
			w.WriteHeader(http.StatusNoContent)
		case isInvocation(r, "/reassign"):
			t.invoke(w, r, "reassign", t.reassign)
		case isInvocation(r, "/sweep"):
			t.invoke(w, r, "sweep", t.sweep)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isInvocation tells whether the host itself sent the request: it posts JSON to
// the bare name of the function, and never through its proxy, which marks each
// request that it passes on. A marker counts even when it is empty.
func isInvocation(r *http.Request, path string) bool {
	if r.RequestURI != path || r.Method != http.MethodPost {
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

// answer is what the host reads. It must never be empty or null: the host would
// wait for the rest until the function's timeout.
type answer struct {
	Outputs     map[string]any
	Logs        []string
	ReturnValue any
}

func (t *Trigger) invoke(w http.ResponseWriter, r *http.Request, function string, call func(context.Context, *http.Request) ([]slog.Attr, error)) {
	began := t.Now()
	ctx, cancel := context.WithTimeout(r.Context(), t.Timeout)
	defer cancel()
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	attributes, err := t.guarded(ctx, r, call)
	status, level := http.StatusOK, slog.LevelInfo
	attributes = append(attributes, slog.String("function", function),
		slog.String("invocation", r.Header.Get("X-Azure-Functions-Invocationid")),
		slog.Float64("ms", float64(t.Now().Sub(began).Microseconds())/1000))
	if err != nil {
		status, level = http.StatusInternalServerError, slog.LevelError
		attributes = append(attributes, slog.String("fault", string(fault.Of(err).Code)), slog.String("error", err.Error()))
	}
	t.Log.LogAttrs(ctx, level, "invocation", attributes...)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The host drops what it cannot read; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(answer{Outputs: map[string]any{}, Logs: []string{}})
}

// guarded makes a fault of a panic, so that one message cannot take the process
// down with every other request in it.
func (t *Trigger) guarded(ctx context.Context, r *http.Request, call func(context.Context, *http.Request) ([]slog.Attr, error)) (attributes []slog.Attr, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "the function panicked: %v", p)
		}
	}()
	return call(ctx, r)
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
	attributes := []slog.Attr{
		slog.String("tenant", m.Tenant), slog.String("leave", m.Leave), slog.Int("attempt", m.Attempt),
		slog.String("state", string(outcome.State)), slog.Int("moved", outcome.Moved),
	}
	if outcome.Code != "" {
		attributes = append(attributes, slog.String("because", string(outcome.Code)))
	}
	return attributes, err
}

func (t *Trigger) sweep(ctx context.Context, _ *http.Request) ([]slog.Attr, error) {
	swept, err := t.Work.Sweep(ctx)
	return []slog.Attr{slog.Int("tenants", swept.Tenants), slog.Int("leaves", swept.Leaves)}, err
}
