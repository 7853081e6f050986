package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"handover/handler/adapter/telemetry"
	"handover/handler/core/directory"
	"handover/handler/rule/reassign"
)

// watchedWork is the work on leaves, of which it tells log and telemetry what
// somebody may have to look after.
type watchedWork struct {
	*reassign.Service
	telemetry *telemetry.Telemetry
	concerns  concerns
	retention *retention
	// purge carries on the deletions of tenants.
	purge func(context.Context) error
	// tell has webhooks told what is due.
	tell func(context.Context) error
}

// Work implements trigger.Work.
func (w *watchedWork) Work(ctx context.Context, m directory.Message) (reassign.Outcome, error) {
	ctx = w.telemetry.About(ctx, m)
	outcome, err := w.Service.Work(ctx, m)
	w.telemetry.Attempted(ctx, telemetry.Attempt{State: outcome.State, Moved: outcome.Moved, Fault: outcome.Code})
	return outcome, err
}

// DeadLettered implements trigger.Work.
func (w *watchedWork) DeadLettered(ctx context.Context, m directory.Message) error {
	w.telemetry.DeadLettered(ctx, m)
	w.concerns.log.Warn("the queue gave a message up", slog.String("code", "deadLettered"),
		slog.String("tenant", m.Tenant), slog.String("leave", m.Leave), slog.Int("attempt", m.Attempt))
	return w.Service.DeadLettered(ctx, m)
}

// Sweep implements trigger.Work.
func (w *watchedWork) Sweep(ctx context.Context) (reassign.Swept, error) {
	swept, err := w.Service.Sweep(ctx)
	if err == nil {
		w.telemetry.Leaves(swept.Open)
		w.concerns.tell(swept.Open)
	}
	return swept, errors.Join(err, w.tell(ctx), w.retention.step(ctx), w.purge(ctx))
}

// repeatConcern is after how long a concern is told again that lasts.
const repeatConcern = 10 * time.Minute

// concerns tells of leaves that do not go on by themselves: when their number
// changes, and every ten minutes while there are any.
type concerns struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	told map[string]concern
}

type concern struct {
	leaves int
	at     time.Time
}

// tell writes one line for each state of concern. Alerts rely on the codes.
func (c *concerns) tell(open directory.Backlog) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.one("leavesOverdue", "leaves should be done by now", open.Overdue())
	c.one("leavesBlocked", "leaves have nobody to go to", open.In(directory.Blocked))
	c.one("leavesParked", "leaves need a person", open.In(directory.Parked))
}

func (c *concerns) one(code, what string, leaves int) {
	before, now := c.told[code], c.now()
	if before.leaves == leaves && (leaves == 0 || now.Sub(before.at) < repeatConcern) {
		return
	}
	if c.told == nil {
		c.told = map[string]concern{}
	}
	c.told[code] = concern{leaves, now}
	if leaves > 0 {
		c.log.Warn(what, slog.String("code", code), slog.Int("leaves", leaves))
	}
}
