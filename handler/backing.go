package main

import (
	"context"
	"path/filepath"
	"sync"

	"handover/handler/adapter/local"
	"handover/handler/adapter/table"
	"handover/handler/core/directory"
)

// deliverer is given the body of a message; if it fails, the message comes
// again.
type deliverer = func(ctx context.Context, body []byte) error

// backing is where rows and messages are kept.
type backing struct {
	directory, records table.Table
	queue              directory.Queue
	// receive hands over messages, and those that the queue has given up, until
	// the context ends.
	receive func(ctx context.Context, deliver, dead deliverer)
	// alone says that no other process can be at work on the same rows.
	alone bool
	close func() error
}

// openLocal keeps everything in one file in the data folder.
func openLocal(settings Settings, options Options) (*backing, error) {
	file, err := local.Open(filepath.Join(settings.Data, dataFile), local.Options{Now: options.Now})
	if err != nil {
		return nil, err
	}
	queue := file.Queue(settings.Queue, local.QueueOptions{})
	living := &worker{take: queue.Receive, log: options.Log, step: options.Step}
	dead := &worker{take: queue.ReceiveDeadLetter, log: options.Log, step: options.Step}
	return &backing{
		directory: file.Table(directoryTable), records: file.Table(recordsTable),
		queue: local.Leaves{Queue: queue}, alone: true, close: file.Close,
		receive: func(ctx context.Context, deliver, bury deliverer) {
			var both sync.WaitGroup
			both.Go(func() { living.run(ctx, workers, deliver) })
			both.Go(func() { dead.run(ctx, 1, bury) })
			both.Wait()
		},
	}, nil
}
