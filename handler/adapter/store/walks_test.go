package store_test

import (
	"context"
	"io"
	"testing"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/rule/reassign/reassigntest"
)

// TestWalks is the promise of no orphans over the store, with its records and
// its journal. By hand 12,000 walks were made at once, with -rapid.checks=4000.
func TestWalks(t *testing.T) {
	reassigntest.Run(t, 3, func() reassigntest.World { return tables{newMemory(), newMemory()} })
}

// tables are a world of stores: one for each process, on the same two tables.
type tables struct{ directory, records table.Table }

func (w tables) Open(now func() time.Time, random io.Reader, pause func()) reassigntest.Ports {
	return store.New(store.Config{
		Directory: pausing{w.directory, pause}, Records: pausing{w.records, pause}, Now: now, Random: random,
	})
}

func (tables) Chunk() int { return directory.MaxChunk }

// pausing lets happen, between the reads of a port and its transaction, what
// may.
type pausing struct {
	table.Table
	pause func()
}

func (p pausing) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	p.pause()
	return p.Table.Transact(ctx, partition, operations)
}
