package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// standingFor is how long a sweep's numbers are reported: several times the
// minute after which there are new ones. A process that sweeps no longer must
// not go on reporting what it saw.
const standingFor = 5 * time.Minute

// standing is what the latest sweep of this process found.
type standing struct {
	at      time.Time
	backlog directory.Backlog
}

// Leaves takes what a sweep left open.
func (t *Telemetry) Leaves(backlog directory.Backlog) {
	if t != nil {
		t.standing.Store(&standing{t.now(), backlog})
	}
}

// observeLeaves answers a reader of the gauges.
func (t *Telemetry) observeLeaves(_ context.Context, o metric.Observer) error {
	seen := t.standing.Load()
	if seen == nil || t.now().Sub(seen.at) > standingFor {
		return nil
	}
	for s, n := range seen.backlog {
		o.ObserveInt64(t.leaves, int64(n), metric.WithAttributes(keyState.String(string(s.State)), keyAge.String(string(s.Age))))
	}
	o.ObserveInt64(t.overdue, int64(seen.backlog.Overdue()))
	return nil
}

// Attempt is what became of one attempt at a leave.
type Attempt struct {
	// State is empty where the message was about nothing.
	State directory.LeaveState
	Moved int
	// Fault says why a leave waits, is blocked or parked.
	Fault fault.Code
}

// Attempted counts an attempt, and says in its span how it ended.
func (t *Telemetry) Attempted(ctx context.Context, a Attempt) {
	if t == nil {
		return
	}
	state, code := string(a.State), string(a.Fault)
	if state == "" {
		state = "nothing to do"
	}
	if code == "" {
		code = noFault
	}
	t.attempts.Add(ctx, 1, metric.WithAttributes(keyState.String(state), keyFault.String(code)))
	trace.SpanFromContext(ctx).SetAttributes(keyState.String(state), keyMoved.Int(a.Moved))
}

// DeadLettered counts a message that the queue gave up.
func (t *Telemetry) DeadLettered(ctx context.Context, m directory.Message) {
	if t == nil {
		return
	}
	t.deadLetters.Add(ctx, 1)
	trace.SpanFromContext(ctx).SetAttributes(ofMessage(m)...)
}
