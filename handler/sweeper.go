package main

import (
	"context"
	"log/slog"
	"time"
)

const (
	// sweepEvery is how often a process without a Functions host sweeps, and
	// sweepPause the most that it waits in between: a deployed one is called each
	// minute by the host's timer.
	sweepEvery, sweepPause = time.Second, time.Minute
	// sweepShare bounds what the sweep takes of the storage where it is slow: one
	// part in ten.
	sweepShare = 10
)

// recoverAndSweep drives on what an earlier process left, if that one must be
// dead; then it sweeps, unless the host's timer does.
func (p *Program) recoverAndSweep(ctx context.Context) {
	if p.backing.alone {
		p.recover(ctx)
	}
	if p.options.Triggers {
		return
	}
	wait := sweepEvery
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		began := time.Now()
		if _, err := p.work.Sweep(ctx); err != nil && ctx.Err() == nil {
			warn(p.options.Log, "the sweep met trouble", err)
		}
		wait = min(max(sweepEvery, (sweepShare-1)*time.Since(began)), sweepPause)
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
