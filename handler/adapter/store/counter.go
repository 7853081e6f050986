package store

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// counterRow is the row q as it was last seen, or as our last commit left it.
type counterRow struct {
	directory.Counters
	etag string
	// known is false until the row is read, and after any doubt.
	known bool
}

func (c *counterRow) apply(delta directory.Counters) {
	c.Users += delta.Users
	c.Active += delta.Active
	c.Groups += delta.Groups
}

// merge leaves the cap alone.
func (c *counterRow) merge(tx string) table.Operation {
	return table.Operation{Action: table.Merge, Row: rowCounters, IfMatch: c.etag, Columns: table.Columns{
		{Name: "U", Value: table.Int(c.Users)},
		{Name: "UA", Value: table.Int(c.Active)},
		{Name: "G", Value: table.Int(c.Groups)},
		{Name: columnTx, Value: table.String(tx)},
	}}
}

// Counters reads the tenant's numbers.
func (s *Store) Counters(ctx context.Context, tenant string) (directory.Counters, error) {
	c, err := s.readCounter(ctx, tenant)
	return c.Counters, err
}

func (s *Store) readCounter(ctx context.Context, tenant string) (counterRow, error) {
	row, err := s.directory.Get(ctx, tenant, rowCounters)
	if fault.Is(err, fault.RowNotFound) {
		return counterRow{}, noTenant(err)
	}
	if err != nil {
		return counterRow{}, fmt.Errorf("store: read counters: %w", err)
	}
	return counterRow{known: true, etag: row.ETag, Counters: directory.Counters{
		Users: row.Columns.Get("U").Int(), Active: row.Columns.Get("UA").Int(),
		Groups: row.Columns.Get("G").Int(), Cap: row.Columns.Get("Cap").Int(),
	}}, nil
}

// admit takes out what the cap refuses, and puts off what it may refuse. It
// refuses only after the row was read for this very decision: another process
// may have raised the cap or made room.
func (w *writer) admit(ctx context.Context, batch []*submission) []*submission {
	fresh := false
	for {
		if !w.counter.known {
			row, err := w.store.readCounter(ctx, w.tenant)
			if err != nil {
				failAll(batch, err)
				return nil
			}
			w.counter, fresh = row, true
		}
		admitted, refused, putOff := w.divide(batch)
		if len(refused) == 0 || fresh {
			for _, sub := range refused {
				sub.finish("", capReached(w.counter.Counters))
			}
			w.putBack(putOff)
			return admitted
		}
		w.counter.known = false
	}
}

// divide tells which changes the cap lets through, in their order. What finds
// the last seats taken by others of the same batch is put off, not refused: one
// of those may fail yet, for example because its name is in use.
func (w *writer) divide(batch []*submission) (admitted, refused, putOff []*submission) {
	next, taking := w.counter, false
	for _, sub := range batch {
		after := next
		after.apply(sub.delta)
		over := sub.delta.Active > 0 && after.Cap >= 0 && after.Active > after.Cap
		switch {
		case over && taking:
			putOff = append(putOff, sub)
		case over:
			refused = append(refused, sub)
		default:
			next, taking = after, taking || sub.delta.Active > 0
			admitted = append(admitted, sub)
		}
	}
	return admitted, refused, putOff
}

// putBack lets submissions go first in the next batch.
func (w *writer) putBack(subs []*submission) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(subs, w.waiting...)
}

func capReached(c directory.Counters) error {
	return fault.New(fault.UserCapReached, "the tenant's cap of %d active users is reached: %d are active; raise the cap or disable users", c.Cap, c.Active)
}

// landed finds out whether a batch whose answer was lost was committed: it was
// if any of its main rows carries its mark. A deletion of a row that is gone is
// done, whoever did it, but speaks for nobody else.
func (w *writer) landed(ctx context.Context, batch []*submission) verdict {
	etags, found := make([]string, len(batch)), make([]verdict, len(batch))
	var reads errgroup.Group
	reads.SetLimit(maxParallel)
	for i, sub := range batch {
		reads.Go(func() error {
			etags[i], found[i] = w.store.landed(ctx, w.store.directory, sub.transaction)
			return nil
		})
	}
	_ = reads.Wait() // the reads keep their errors: what cannot be read says nothing
	is := summary(batch, found)
	if is == undecided {
		is = w.marked(ctx, batch[0].tx)
	}
	if is == committed {
		for i, sub := range batch {
			sub.finish(etags[i], nil)
		}
	}
	return is
}

// summary is what the verdicts on single changes say of all of them.
func summary(batch []*submission, found []verdict) verdict {
	gone, lacking := 0, false
	for i, sub := range batch {
		deletion := sub.operations[sub.main].Action == table.Delete
		switch {
		case found[i] == committed && !deletion:
			return committed
		case found[i] == committed:
			gone++
		case found[i] == missing:
			lacking = true
		}
	}
	switch {
	case lacking:
		return missing
	case gone == len(batch):
		return committed
	}
	return undecided
}

// marked tells whether the counter row was last written by the batch whose
// first submission has the mark. Another mark proves nothing.
func (w *writer) marked(ctx context.Context, tx string) verdict {
	row, err := w.store.directory.Get(ctx, w.tenant, rowCounters, columnTx)
	if err == nil && row.Columns.Get(columnTx).Text() == tx {
		return committed
	}
	return undecided
}
