package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/local"
	"handover/handler/adapter/table"
	"handover/handler/core/directory"
)

// heapGrowth is by how much the live heap may grow while a leave goes on, in
// bytes: less than the 9,000 records of the test, whose ids alone take that.
const heapGrowth = 128 << 10

// liveHeap is how many bytes are in use after everything else is collected: what
// pools and finalizers hold by a second collection.
func liveHeap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// scale weighs the heap after each move of a connector.
type scale struct {
	directory.Connector
	moved int
	// at is the heap by the number of records that were moved then.
	at map[int]int64
}

func (s *scale) Move(ctx context.Context, m directory.Move) (directory.Moved, error) {
	moved, err := s.Connector.Move(ctx, m)
	if before := s.moved; len(moved.Records) > 0 {
		s.moved += len(moved.Records)
		if before/1000 != s.moved/1000 {
			s.at[s.moved/1000*1000] = liveHeap()
		}
	}
	return moved, err
}

// TestHeapOfALongLeave moves 10,000 records in the local file, in fewer than 400
// transactions, and wants none of them to be held.
func TestHeapOfALongLeave(t *testing.T) {
	const records = 10_000
	file, err := local.Open(filepath.Join(t.TempDir(), "heap.db"), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	o := newOffice(worldOn(t, file.Table("directory"), file.Table("records")))
	eve := o.owner("eve", 0)
	o.putAtOnce(eve.ID, records)
	leave := o.disable(eve, clock)
	p := o.process("p1", o.directory, o.records, func() time.Time { return clock })
	weighed := &scale{Connector: p.Connector, at: map[int]int64{}}
	p.Connector = weighed
	o.directory.Take()
	o.records.Take()
	o.work(p, leave.ID)
	if sent := o.directory.Take().Transact + o.records.Take().Transact; sent >= 400 {
		t.Errorf("%d transactions, wanted fewer than 400", sent)
	}
	o.wantDone(leave.ID, records)
	t.Logf("live heap by records moved: %v", weighed.at)
	if grown := weighed.at[records] - weighed.at[1000]; grown > heapGrowth {
		t.Errorf("the heap grew by %d bytes between record 1,000 and record %d, wanted at most %d", grown, records, heapGrowth)
	}
}

// putAtOnce gives a user open records, many side by side, which share commits.
func (o *office) putAtOnce(owner directory.ID, records int) {
	o.Helper()
	var puts errgroup.Group
	puts.SetLimit(256)
	for n := range records {
		puts.Go(func() error {
			return o.PutRecord(o.Context(), tenant, directory.Record{
				Type: "quote", ID: fmt.Sprintf("Q-%05d", n), Owner: owner, Title: "Big deal", Status: directory.RecordOpen,
			})
		})
	}
	if err := puts.Wait(); err != nil {
		o.Fatal(err)
	}
}

// weighing is a table that weighs the heap before each page.
type weighing struct {
	table.Table
	least, most int64
}

func (w *weighing) Query(ctx context.Context, q table.Query) (table.Page, error) {
	heap := liveHeap()
	if w.least == 0 {
		w.least = heap
	}
	w.least, w.most = min(w.least, heap), max(w.most, heap)
	return w.Table.Query(ctx, q)
}

// TestHeapOfALongJournal has a leave go on that has nearly as many chunks as a
// leave may have, of an attempt that was killed: how far it is, is read page by
// page and not held.
func TestHeapOfALongJournal(t *testing.T) {
	o := newOffice(newWorld(t))
	now := clock
	eve := o.owner("eve", 1)
	leave := o.disable(eve, now)
	rec := &weighing{Table: o.records}
	p := o.process("p1", o.directory, rec, func() time.Time { return now })
	chunks := p.Limits.Chunks - 2
	for number := range chunks {
		chunk := directory.Chunk{Leave: leave.ID, Number: number + 1, From: eve.ID, To: o.ann.ID, At: now}
		chunk.Moved = []directory.MovedRecord{{Type: "quote", ID: fmt.Sprint("Q-", number), Title: "Big deal"}}
		if err := o.AppendChunk(t.Context(), tenant, chunk); err != nil {
			t.Fatal(err)
		}
	}
	o.lose = func(m directory.Message) bool { return m.Attempt == 1 }
	if err := p.Send(t.Context(), tenant, leave.ID); err != nil {
		t.Fatal(err)
	}
	now = now.Add(p.Limits.Resend)
	o.work(p, leave.ID)
	o.wantDone(leave.ID, chunks+1)
	t.Logf("live heap between %d and %d bytes", rec.least, rec.most)
	if grown := rec.most - rec.least; grown > heapGrowth {
		t.Errorf("the heap grew by %d bytes while the journal was read, wanted at most %d", grown, heapGrowth)
	}
}
