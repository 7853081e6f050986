package main

import (
	"context"
	"log/slog"
	"time"
)

// sweepEvery is how often a process without a Functions host sweeps; a deployed
// one is called each minute by the host's timer.
const sweepEvery = time.Second

// recoverAndSweep drives on what an earlier process left, if that one must be
// dead; then it sweeps, unless the host's timer does.
func (p *Program) recoverAndSweep(ctx context.Context) {
	if p.backing.alone {
		p.recover(ctx)
	}
	if p.options.Triggers {
		return
	}
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if _, err := p.work.Sweep(ctx); err != nil && ctx.Err() == nil {
				warn(p.options.Log, "the sweep met trouble", err)
			}
		}
	}
}

func (p *Program) recover(ctx context.Context) {
	swept, err := p.leaves.Recover(ctx)
	if err != nil && ctx.Err() == nil {
		warn(p.options.Log, "not everything could be recovered; the sweep goes on", err)
	}
	if swept.Leaves > 0 {
		p.options.Log.Info("recovered", slog.Int("tenants", swept.Tenants), slog.Int("leaves", swept.Leaves))
	}
}
