package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
)

// widest is a table that remembers the largest page it has given and the
// largest transaction it has taken.
type widest struct {
	table.Table
	page, transaction int
}

func (w *widest) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := w.Table.Query(ctx, q)
	if len(q.Columns) == 0 {
		w.page = max(w.page, len(page.Entities))
	}
	return page, err
}

func (w *widest) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	w.transaction = max(w.transaction, len(operations))
	return w.Table.Transact(ctx, partition, operations)
}

// TestLeaverWithTenThousandRecords moves them in fewer than 400 transactions,
// and holds no more than a chunk of them at any time.
func TestLeaverWithTenThousandRecords(t *testing.T) {
	const records = 10_000
	o := newOffice(newWorld(t))
	eve := o.owner("eve", records)
	leave := o.disable(eve, clock)
	rec := &widest{Table: o.records}
	p := o.process("p1", o.directory, rec, func() time.Time { return clock })
	o.directory.Take()
	o.records.Take()
	o.work(p, leave.ID)
	dir, moves := o.directory.Take(), o.records.Take()
	t.Logf("table directory %+v, table records %+v", dir, moves)
	if sent := dir.Transact + moves.Transact; sent >= 400 {
		t.Errorf("%d transactions, wanted fewer than 400", sent)
	}
	if rec.page > 30 || rec.transaction > table.MaxOperations {
		t.Errorf("a page of %d records, a transaction of %d operations", rec.page, rec.transaction)
	}
	o.wantDone(leave.ID, records)
	if eves, anns := o.openOf(eve.ID), o.openOf(o.ann.ID); eves != 0 || anns != records {
		t.Errorf("eve has %d, ann %d, wanted none and all", eves, anns)
	}
	o.sound()
}

// TestRecordsWhileTheLeaveRuns has the application go on with the leaver's
// records between chunks: what is new moves with the rest, what somebody else
// has taken over stays with them.
func TestRecordsWhileTheLeaveRuns(t *testing.T) {
	o := newOffice(newWorld(t))
	eve, bob := o.owner("eve", 90), o.owner("bob", 0)
	leave := o.disable(eve, clock)
	meanwhile := map[int]func(){
		2: func() { // a chunk has moved the first thirty
			o.put(directory.Record{Type: "document", ID: "new-1", Owner: eve.ID, Status: directory.RecordOpen}) // sorts in front
			for n := 80; n < 90; n++ {
				o.put(directory.Record{Type: "quote", ID: fmt.Sprintf("eve-%05d", n), Owner: bob.ID, Title: "Taken over", Status: directory.RecordOpen})
			}
		},
		3: func() { // the last chunk is being written
			o.put(directory.Record{Type: "quote", ID: "new-2", Owner: eve.ID, Status: directory.RecordOpen}) // sorts behind
		},
	}
	rec := tabletest.Faulty(o.records, func(c tabletest.Call) tabletest.Outcome {
		if act := meanwhile[c.Number]; act != nil && c.Method == tabletest.Transact {
			delete(meanwhile, c.Number)
			act()
		}
		return tabletest.Pass
	})
	p := o.process("p1", o.directory, rec, func() time.Time { return clock })
	o.work(p, leave.ID)
	if len(meanwhile) > 0 {
		t.Fatalf("%d moments never came", len(meanwhile))
	}
	o.wantDone(leave.ID, 82)
	if eves, bobs, anns := o.openOf(eve.ID), o.openOf(bob.ID), o.openOf(o.ann.ID); eves != 0 || bobs != 10 || anns != 82 {
		t.Errorf("eve has %d, bob %d, ann %d, wanted 0, 10 and 82", eves, bobs, anns)
	}
	o.sound()
}
