package main

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// workers is how many messages are worked on at once: maxConcurrentCalls of
	// host.json.
	workers = 8
	// sweepEvery is how often the local sweep looks; a deployed one is called
	// each minute by the host's timer.
	sweepEvery = time.Second
)

// work takes messages off the local queue and gives them to the function that
// the Functions host calls in Azure.
func (p *Program) work(ctx context.Context) {
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for ctx.Err() == nil {
				p.workOne(ctx)
			}
		})
	}
	group.Wait()
}

// workOne waits for a message and settles it: a failed one comes again, until
// it ends among the dead letters.
func (p *Program) workOne(ctx context.Context) {
	delivery, err := p.queue.Receive(ctx)
	if err != nil {
		p.pause(ctx, "the queue cannot be read", err)
		return
	}
	if err := p.trigger.Deliver(ctx, delivery.Body); err != nil {
		p.pause(ctx, "a message failed and comes again", err)
		p.settle(ctx, delivery.Abandon)
		return
	}
	p.settle(ctx, delivery.Complete)
}

func (p *Program) settle(ctx context.Context, how func(context.Context) error) {
	p.options.Step()
	defer p.options.Step()
	if err := how(context.WithoutCancel(ctx)); err != nil {
		p.warn("a message could not be settled and comes again", err)
	}
}

// pause says what is wrong and keeps a worker from doing it again at once.
func (p *Program) pause(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	p.warn(what, err)
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}

// recoverAndSweep drives on what an earlier process left, which is dead, since
// this one holds the lock of the file; then it sweeps, unless the host's timer
// does.
func (p *Program) recoverAndSweep(ctx context.Context) {
	swept, err := p.leaves.Recover(ctx)
	if err != nil && ctx.Err() == nil {
		p.warn("not everything could be recovered; the sweep goes on", err)
	}
	if swept.Leaves > 0 {
		p.options.Log.Info("recovered", slog.Int("tenants", swept.Tenants), slog.Int("leaves", swept.Leaves))
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
			if _, err := p.leaves.Sweep(ctx); err != nil && ctx.Err() == nil {
				p.warn("the sweep met trouble", err)
			}
		}
	}
}
