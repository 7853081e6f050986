package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"handover/handler/rule/history"
)

// retention lets the sweep forget old lines of tenants' histories, a step a
// minute however often it sweeps.
type retention struct {
	history *history.Service
	log     *slog.Logger
	now     func() time.Time

	mu   sync.Mutex
	next time.Time
}

// step purges, unless the last minute has seen it. A nil retention keeps all.
func (r *retention) step(ctx context.Context) error {
	if r == nil || !r.due() {
		return nil
	}
	purged, err := r.history.Purge(ctx)
	if purged > 0 {
		r.log.Info("purged lines of histories that are older than their retention", slog.Int("lines", purged))
	}
	return err
}

func (r *retention) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if now.Before(r.next) {
		return false
	}
	r.next = now.Add(time.Minute)
	return true
}
