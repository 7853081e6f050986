package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Table puts each call of a table into a span of the request that makes it.
func (t *Telemetry) Table(name string, next table.Table) table.Table {
	if t == nil {
		return next
	}
	return &watchedTable{telemetry: t, name: name, next: next}
}

type watchedTable struct {
	telemetry *Telemetry
	name      string
	next      table.Table
}

// Get implements table.Table.
func (w *watchedTable) Get(ctx context.Context, partition, row string, columns ...string) (table.Entity, error) {
	ctx, span := w.start(ctx, "get", partition)
	entity, err := w.next.Get(ctx, partition, row, columns...)
	end(span, 1, err)
	return entity, err
}

// Query implements table.Table.
func (w *watchedTable) Query(ctx context.Context, q table.Query) (table.Page, error) {
	ctx, span := w.start(ctx, "query", q.Partition)
	page, err := w.next.Query(ctx, q)
	end(span, len(page.Entities), err)
	return page, err
}

// Transact implements table.Table.
func (w *watchedTable) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	ctx, span := w.start(ctx, "transact", partition)
	etags, err := w.next.Transact(ctx, partition, operations)
	end(span, len(operations), err)
	return etags, err
}

// start begins the span of a call; nil where nobody watches the caller, as for
// a sweep each second.
func (w *watchedTable) start(ctx context.Context, operation, partition string) (context.Context, trace.Span) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, nil
	}
	return w.telemetry.tracer.Start(ctx, operation+" "+w.name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(keyTable.String(w.name), keyOperation.String(operation), keyTenant.String(partition)))
}

// end closes a span. Rows that are there or not, or have changed, are answers.
func end(span trace.Span, rows int, err error) {
	if span == nil {
		return
	}
	span.SetAttributes(keyRows.Int(rows))
	finish(span, codeOf(err))
}

// finish closes a span with the code of the fault of what it was about.
func finish(span trace.Span, code string) {
	span.SetAttributes(keyFault.String(code))
	if code != noFault && code != cancelled && fault.Code(code).Status() >= 500 {
		span.SetStatus(codes.Error, code)
	}
	span.End()
}

// Queue puts each message that is sent into a span.
func (t *Telemetry) Queue(next directory.Queue) directory.Queue {
	if t == nil {
		return next
	}
	return watchedQueue{t, next}
}

type watchedQueue struct {
	telemetry *Telemetry
	next      directory.Queue
}

// Send implements directory.Queue.
func (w watchedQueue) Send(ctx context.Context, m directory.Message) error {
	ctx, span := w.telemetry.tracer.Start(ctx, "send leave", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(ofMessage(m)...))
	err := w.next.Send(ctx, m)
	finish(span, codeOf(err))
	return err
}

func ofMessage(m directory.Message) []attribute.KeyValue {
	return []attribute.KeyValue{keyTenant.String(m.Tenant), keyLeave.String(m.Leave), keyAttempt.Int(m.Attempt)}
}

// Deliver puts each message that is received into a span, where no Functions
// host posts it.
func (t *Telemetry) Deliver(next func(ctx context.Context, body []byte) error) func(ctx context.Context, body []byte) error {
	if t == nil {
		return next
	}
	return func(ctx context.Context, body []byte) error {
		ctx, span := t.tracer.Start(ctx, "receive leave", trace.WithSpanKind(trace.SpanKindConsumer))
		err := next(ctx, body)
		finish(span, codeOf(err))
		return err
	}
}
