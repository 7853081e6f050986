package main

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"time"

	"handover/handler/adapter/telemetry"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// Addr is where the program answers, host:port.
func (p *Program) Addr() string { return p.options.Listener.Addr().String() }

// Run answers until ctx ends, then lets requests under way finish for a moment.
// Nothing depends on that moment: what is cut off is found at the next start.
func (p *Program) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { p.courier.Run(ctx) })
	background.Go(func() { p.messenger.Run(ctx) })
	background.Go(func() { p.refusals.Run(ctx) })
	background.Go(func() { p.backing.receive(ctx, p.telemetry.Deliver(p.trigger.Deliver), p.trigger.DeliverDead) })
	background.Go(func() { p.recoverAndSweep(ctx) })
	ended := make(chan error, 1)
	go func() { ended <- p.server.Serve(p.options.Listener) }()
	select {
	case err := <-ended:
		return fault.New(fault.Unavailable, "the service can no longer listen on %s", p.Addr()).WithCause(err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := p.server.Shutdown(patience); err != nil {
		return p.server.Close()
	}
	return nil
}

// observe is what edges tell of each request to; nil where nobody listens.
func (p *Program) observe() func(context.Context, exchange.Observation) {
	if p.telemetry == nil {
		return nil
	}
	return func(ctx context.Context, o exchange.Observation) { p.telemetry.Observe(ctx, telemetry.Request(o)) }
}

// Close releases what the program holds.
func (p *Program) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	return errors.Join(p.server.Close(), p.backing.close(), p.telemetry.Close(ctx))
}

// shortName is 12 random hex digits.
func shortName(random io.Reader) (string, error) {
	var raw [6]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fault.New(fault.Internal, "no randomness for a name").WithCause(err)
	}
	return hex.EncodeToString(raw[:]), nil
}
