package main

import (
	"context"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
)

// steppedTable calls step before and after everything that it writes.
type steppedTable struct {
	table.Table
	step func()
}

func (s steppedTable) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	s.step()
	defer s.step()
	return s.Table.Transact(ctx, partition, operations)
}

// steppedQueue calls step before and after each message that it sends.
type steppedQueue struct {
	directory.Queue
	step func()
}

func (s steppedQueue) Send(ctx context.Context, m directory.Message) error {
	s.step()
	defer s.step()
	return s.Queue.Send(ctx, m)
}
