package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"handover/handler/core/fault"
	"handover/handler/core/tally"
	"handover/handler/edge/exchange"
)

// function is what the host invokes under one name.
type function struct {
	// call does the work; its attributes go into the log.
	call func(context.Context, *http.Request) ([]slog.Attr, error)
	// last means that nobody gives the message up if we do not: whatever fails
	// is at an end, unless the storage is away. A dead-letter queue has no limit
	// of deliveries.
	last bool
}

// answer is what the host reads. It must never be empty or null: the host would
// wait for the rest until the function's timeout.
type answer struct {
	Outputs     map[string]any
	Logs        []string
	ReturnValue any
}

func (t *Trigger) invoke(w http.ResponseWriter, r *http.Request, name string, f function) {
	began := t.Now()
	ctx, cancel := context.WithTimeout(r.Context(), t.Timeout)
	defer cancel()
	var trips tally.Tally
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	attributes, err := guarded(tally.With(ctx, &trips), r, f.call)
	o := exchange.Observation{
		Method: r.Method, Route: "/" + name, Tenant: tenantOf(attributes),
		Status: f.status(err), Trips: trips.Trips(), Took: t.Now().Sub(began),
	}
	if err != nil {
		o.Fault = fault.Of(err).Code
	}
	t.log(ctx, r, name, &o, attributes, err)
	if t.Observe != nil {
		t.Observe(ctx, o)
	}
	if o.Status != http.StatusOK && storageAway(err) {
		t.pause(ctx)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(o.Status)
	// The host drops what it cannot read; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(answer{Outputs: map[string]any{}, Logs: []string{}})
}

// log writes the line of an invocation.
func (t *Trigger) log(ctx context.Context, r *http.Request, name string, o *exchange.Observation, attributes []slog.Attr, err error) {
	level := slog.LevelInfo
	attributes = append(attributes, slog.String("function", name),
		slog.String("invocation", r.Header.Get("X-Azure-Functions-Invocationid")),
		slog.Float64("ms", float64(o.Took.Microseconds())/1000), slog.Int64("trips", o.Trips))
	if id := exchange.Trace(r); id != "" {
		attributes = append(attributes, slog.String("trace", id))
	}
	if err != nil {
		level = slog.LevelError
		attributes = append(attributes, slog.String("fault", string(o.Fault)), slog.String("error", err.Error()))
	}
	t.Log.LogAttrs(ctx, level, "invocation", attributes...)
}

// tenantOf is the tenant that an invocation was about, if it was about one.
func tenantOf(attributes []slog.Attr) string {
	for _, a := range attributes {
		if a.Key == "tenant" {
			return a.Value.String()
		}
	}
	return ""
}

// guarded makes a fault of a panic, so that one message cannot take the process
// down with every other request in it.
func guarded(ctx context.Context, r *http.Request, call func(context.Context, *http.Request) ([]slog.Attr, error)) (attributes []slog.Attr, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "the function panicked: %v", p)
		}
	}()
	return call(ctx, r)
}

// status is 200 for what is at an end, and 500 for what shall come again.
func (f function) status(err error) int {
	if err == nil || f.last && !storageAway(err) {
		return http.StatusOK
	}
	return http.StatusInternalServerError
}

// storageAway tells whether the same message may well succeed a little later.
func storageAway(err error) bool {
	return fault.Is(err, fault.StorageBusy) || fault.Is(err, fault.StorageUnknown) || fault.Is(err, fault.Unavailable) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func (t *Trigger) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(t.Pause):
	}
}
