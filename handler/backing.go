package main

import (
	"context"
	"path/filepath"

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
	// receive hands over messages until the context ends.
	receive func(ctx context.Context, deliver deliverer)
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
	worker := &worker{queue: queue, log: options.Log, step: options.Step}
	return &backing{
		directory: file.Table(directoryTable), records: file.Table(recordsTable),
		queue: local.Leaves{Queue: queue}, receive: worker.run, alone: true, close: file.Close,
	}, nil
}
