package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"handover/handler/adapter/local"
	"handover/handler/core/fault"
)

// workers is how many messages are worked on at once: maxConcurrentCalls of
// host.json.
const workers = 8

// worker takes messages off the local queue and gives them to the function that
// the Functions host calls in Azure.
type worker struct {
	take func(context.Context) (*local.Delivery, error)
	log  *slog.Logger
	step func()
}

func (w *worker) run(ctx context.Context, at int, deliver deliverer) {
	var group sync.WaitGroup
	for range at {
		group.Go(func() {
			for ctx.Err() == nil {
				w.one(ctx, deliver)
			}
		})
	}
	group.Wait()
}

// one waits for a message and settles it: a failed one comes again, until it
// ends among the dead letters.
func (w *worker) one(ctx context.Context, deliver deliverer) {
	delivery, err := w.take(ctx)
	if err != nil {
		w.pause(ctx, "the queue cannot be read", err)
		return
	}
	if err := deliver(ctx, delivery.Body); err != nil {
		w.pause(ctx, "a message failed and comes again", err)
		w.settle(ctx, delivery.Abandon)
		return
	}
	w.settle(ctx, delivery.Complete)
}

func (w *worker) settle(ctx context.Context, how func(context.Context) error) {
	w.step()
	defer w.step()
	if err := how(context.WithoutCancel(ctx)); err != nil {
		warn(w.log, "a message could not be settled and comes again", err)
	}
}

// pause says what is wrong and keeps a worker from doing it again at once.
func (w *worker) pause(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	warn(w.log, what, err)
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}

func warn(log *slog.Logger, what string, err error) {
	log.Warn(what, slog.String("fault", string(fault.Of(err).Code)), slog.String("error", err.Error()))
}
