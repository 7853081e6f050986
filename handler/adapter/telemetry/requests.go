package telemetry

import (
	"context"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"handover/handler/core/fault"
)

// Request is what is known of a request once it has been answered.
type Request struct {
	Method string
	// Route is the pattern of the route, never the path.
	Route  string
	Tenant string
	Status int
	// Fault is empty where all went well.
	Fault fault.Code
	// Trips are the round trips to the tables that it took.
	Trips int64
	Took  time.Duration
}

// HTTP puts each request into a span that continues the caller's traceparent.
// The host's probe of / gets none.
func (t *Telemetry) HTTP(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			next.ServeHTTP(w, r)
			return
		}
		ctx := t.propagation.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, methodOf(r.Method), trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Observe counts a request, and says in its span what it was.
func (t *Telemetry) Observe(ctx context.Context, r Request) {
	method := methodOf(r.Method)
	code := noFault
	if r.Fault != "" {
		code = string(r.Fault)
	}
	route := []attribute.KeyValue{keyMethod.String(method), keyRoute.String(r.Route)}
	faulty := metric.WithAttributes(append(route, keyFault.String(code))...)
	t.requests.Add(ctx, 1, faulty)
	t.duration.Record(ctx, r.Took.Seconds(), faulty)
	t.trips.Record(ctx, r.Trips, metric.WithAttributes(route...))
	if r.Status >= 400 && r.Status < 500 {
		t.refusals.Add(ctx, 1, metric.WithAttributes(keyFault.String(code)))
	}
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetName(method + " " + r.Route)
	span.SetAttributes(append(route, keyFault.String(code), keyStatus.Int(r.Status), keyTenant.String(r.Tenant), keyTrips.Int64(r.Trips))...)
	if r.Status >= 500 {
		span.SetStatus(codes.Error, code)
	}
}

// methodOf bounds what a caller can make of a method.
func methodOf(method string) string {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	if slices.Contains(known, method) {
		return method
	}
	return "_OTHER"
}
