package telemetry

import (
	"context"
	"errors"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// traceparent is the one header of W3C Trace Context that leaves the deployment:
// random numbers that tie the application's spans to ours. The other, tracestate,
// may hold what whoever called us has put there.
const traceparent = "traceparent"

// About says in the span of an attempt which message it is about, and in the
// spans of the calls that it makes.
func (t *Telemetry) About(ctx context.Context, m directory.Message) context.Context {
	if t == nil {
		return ctx
	}
	trace.SpanFromContext(ctx).SetAttributes(ofMessage(m)...)
	return context.WithValue(ctx, aboutKey{}, m)
}

// aboutKey finds the message of an attempt in its context.
type aboutKey struct{}

// Calls puts each call that goes through a stack into a client span, and counts
// how long it took and how it ended.
func (t *Telemetry) Calls(stack *middleware.Stack) error {
	if t == nil {
		return nil
	}
	return errors.Join(
		stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Span", t.call), middleware.Before),
		stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("SpanExchange", t.exchange), middleware.Before),
	)
}

// call is the whole of a call, with the token that it may have to fetch.
func (t *Telemetry) call(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
	about, _ := ctx.Value(aboutKey{}).(directory.Message)
	err = t.outbound(ctx, middleware.GetOperationName(ctx), about, func(ctx context.Context) (err error) {
		out, metadata, err = next.HandleInitialize(ctx, in)
		return err
	})
	return out, metadata, err
}

// outbound is one call of an operation, about a message if that is known.
func (t *Telemetry) outbound(ctx context.Context, name string, about directory.Message, do func(context.Context) error) error {
	operation := keyOperation.String(name)
	attributes := []attribute.KeyValue{operation}
	if about.Tenant != "" {
		attributes = append(attributes, ofMessage(about)...)
	}
	began := t.now()
	inside, span := t.tracer.Start(ctx, "call "+name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	err := do(inside)
	code := outcome(ctx, err)
	t.calls.Record(ctx, t.now().Sub(began).Seconds(), metric.WithAttributes(operation, keyFault.String(code)))
	finish(span, code)
	return err
}

// Webhook puts each event that is posted into a client span, and counts how long
// it took and how it ended.
func (t *Telemetry) Webhook(next directory.Webhook) directory.Webhook {
	if t == nil {
		return next
	}
	return watchedWebhook{t, next}
}

type watchedWebhook struct {
	telemetry *Telemetry
	next      directory.Webhook
}

// Post implements directory.Webhook.
func (w watchedWebhook) Post(ctx context.Context, setting directory.WebhookSetting, e directory.Event) error {
	about := directory.Message{Tenant: e.Tenant, Leave: e.Notice.Leave.String(), Attempt: e.Notice.Attempt}
	return w.telemetry.outbound(ctx, "Webhook", about, func(ctx context.Context) error { return w.next.Post(ctx, setting, e) })
}

// outcome is the code of how a call ended. One that took its whole time is the
// application's fault, unlike one that nobody waits for any more.
func outcome(ctx context.Context, err error) string {
	switch {
	case err == nil:
		return noFault
	case ctx.Err() != nil:
		return cancelled
	}
	return string(fault.Of(err).Code)
}

// exchange is what goes over the wire: the request takes the trace along, and the
// span the status of the answer.
func (t *Telemetry) exchange(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	if request, isHTTP := in.Request.(*smithyhttp.Request); isHTTP {
		carrier := propagation.MapCarrier{}
		t.propagation.Inject(ctx, carrier)
		request.Header.Set(traceparent, carrier.Get(traceparent))
	}
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if response, isHTTP := out.RawResponse.(*smithyhttp.Response); isHTTP && response.StatusCode > 0 {
		trace.SpanFromContext(ctx).SetAttributes(keyStatus.Int(response.StatusCode))
	}
	return out, metadata, err
}
