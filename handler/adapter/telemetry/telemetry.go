// Package telemetry is how the program tells whoever runs it what happens: one
// JSON line for each event and, where somebody collects them, OpenTelemetry's
// traces and metrics.
//
// Nothing depends on it. Without an endpoint there is no *Telemetry, and a nil
// one gives back what it is asked to watch, so that nothing stands in the way
// of a request.
package telemetry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"handover/handler/core/fault"
)

// scope names this program as the maker of spans and metrics.
const scope = "handover"

// Telemetry is the traces and metrics of one process. A nil one is none.
type Telemetry struct {
	instruments
	now         func() time.Time
	tracer      trace.Tracer
	propagation propagation.TraceContext
	standing    atomic.Pointer[standing]
	spans       *sdktrace.TracerProvider
	metrics     *sdkmetric.MeterProvider
}

// Config is what Open and New need.
type Config struct {
	Now func() time.Time
	// Process tells this process from the others that report the same metrics.
	Process string
	// Failed is told what could not be exported.
	Failed func(error)
}

// Wanted tells whether the environment names an endpoint, in OpenTelemetry's
// own variables.
func Wanted(environment []string) bool {
	set := func(name string) string {
		at := slices.IndexFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
		if at < 0 {
			return ""
		}
		return environment[at][len(name)+1:]
	}
	return set("OTEL_EXPORTER_OTLP_ENDPOINT") != "" && !strings.EqualFold(set("OTEL_SDK_DISABLED"), "true")
}

// Open exports over OTLP/HTTP. Endpoint, headers, sampling and intervals are
// the standard OTEL_ variables of the process, which the SDK reads itself.
// Nothing is sent yet. A fault is SettingsInvalid.
func Open(ctx context.Context, c Config) (*Telemetry, error) {
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, unusable(err)
	}
	metrics, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return nil, unusable(err)
	}
	// The SDK has one place for what goes wrong beside any call, and writes to
	// stderr by itself, which the Functions host would take for an error.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(c.Failed))
	return New(c, sdktrace.NewBatchSpanProcessor(spans), sdkmetric.NewPeriodicReader(metrics))
}

// New gives spans and metrics to what a test or an exporter reads them with.
func New(c Config, spans sdktrace.SpanProcessor, metrics sdkmetric.Reader) (*Telemetry, error) {
	origin, err := resource.Merge(
		resource.NewSchemaless(attribute.String("service.name", scope)),
		resource.Environment(),
	)
	if err == nil {
		origin, err = resource.Merge(origin, resource.NewSchemaless(attribute.String("service.instance.id", c.Process)))
	}
	if err != nil {
		return nil, unusable(err)
	}
	t := &Telemetry{
		now:     c.Now,
		spans:   sdktrace.NewTracerProvider(sdktrace.WithResource(origin), sdktrace.WithSpanProcessor(spans)),
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithResource(origin), sdkmetric.WithReader(metrics)),
	}
	t.tracer = t.spans.Tracer(scope)
	meter := t.metrics.Meter(scope)
	if t.instruments, err = newInstruments(meter); err == nil {
		_, err = meter.RegisterCallback(t.observeLeaves, t.leaves, t.overdue)
	}
	if err != nil {
		return nil, unusable(err)
	}
	return t, nil
}

func unusable(cause error) error {
	return fault.New(fault.SettingsInvalid, "traces and metrics cannot be exported as the OTEL_ variables say; correct them, or remove OTEL_EXPORTER_OTLP_ENDPOINT").WithCause(cause)
}

// Close sends what has not been sent, as far as the context lets it.
func (t *Telemetry) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return errors.Join(t.spans.Shutdown(ctx), t.metrics.Shutdown(ctx))
}

// codeOf is the code of what went wrong, for an attribute. A context that has
// ended is nobody's fault.
func codeOf(err error) string {
	switch {
	case err == nil:
		return noFault
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return cancelled
	}
	return string(fault.Of(err).Code)
}
