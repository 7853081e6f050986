package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// errAllMoved says that none of the records that were found is still there.
var errAllMoved = errors.New("store: the records changed while they were being moved")

// Move brings up to 30 open records to another owner, and writes them into the
// journal, in one transaction. It is fault.RowChanged when the chunk exists:
// another runner of the same leave wrote it. A dry run reads alone, up to 1,000
// records at a time, and goes on from its cursor.
func (s *Store) Move(ctx context.Context, move directory.Move) (directory.Moved, error) {
	if move.DryRun {
		return s.wouldMove(ctx, &move)
	}
	tx, err := s.newTx()
	if err != nil {
		return directory.Moved{}, err
	}
	for range maxConflicts {
		found, more, err := s.recordsOf(ctx, &move, "", directory.MaxChunk)
		if err != nil {
			return directory.Moved{}, err
		}
		if len(found) == 0 {
			return directory.Moved{Finished: true}, nil
		}
		moved, err := s.moveRecords(ctx, &move, found, tx)
		if errors.Is(err, errAllMoved) {
			continue
		}
		return directory.Moved{Records: moved, Finished: err == nil && !more && len(moved) == len(found)}, err
	}
	return directory.Moved{}, fault.New(fault.StorageBusy, "the leaver's records change faster than they can be moved; try again")
}

// moveRecords commits a chunk. The old index row under its ETag is the guard of
// each record: one that was closed, changed or moved meanwhile is left out.
func (s *Store) moveRecords(ctx context.Context, move *directory.Move, found []table.Entity, tx string) ([]directory.MovedRecord, error) {
	t := &transaction{tenant: move.Tenant, tx: tx}
	for len(found) > 0 {
		moved, err := t.moveChunk(move, found)
		if err != nil {
			return nil, err
		}
		_, err = s.send(ctx, s.records, t)
		if err == nil {
			return moved, nil
		}
		failed := table.FailedOperation(err) - 1
		switch {
		case !conflicted(err):
			return nil, fmt.Errorf("store: move records: %w", err)
		case failed < 0 || failed >= 3*len(found):
			return nil, stale("journal of the leave", err)
		}
		found = append(found[:failed/3:failed/3], found[failed/3+1:]...)
	}
	return nil, errAllMoved
}

// moveChunk writes the transaction down: the chunk, and three operations a
// record.
func (t *transaction) moveChunk(move *directory.Move, found []table.Entity) ([]directory.MovedRecord, error) {
	t.operations = t.operations[:0]
	moved := make([]directory.MovedRecord, len(found))
	for i := range found {
		c := found[i].Columns
		moved[i] = directory.MovedRecord{Type: c.Get("Type").Text(), ID: c.Get("Id").Text(), Title: c.Get("Title").Text()}
	}
	columns, err := chunkColumns(&directory.Chunk{From: move.From.ID, To: move.To.ID, At: move.At, Moved: moved}, t.tx)
	if err != nil {
		return nil, err
	}
	t.insert(chunkRow(move.Leave, move.Number), columns)
	for i, m := range moved {
		owned := ownedRow(&directory.Record{Type: m.Type, ID: m.ID, Owner: move.To.ID, Status: directory.RecordOpen})
		t.add(table.Merge, recordRow(m.Type, m.ID), "", withText(withID(nil, "Owner", move.To.ID), columnTx, t.tx))
		t.add(table.Delete, found[i].Row, found[i].ETag, nil)
		t.add(table.Upsert, owned, "", ownedColumns(m.Type, m.ID, m.Title))
	}
	return moved, nil
}

func chunkColumns(chunk *directory.Chunk, tx string) (table.Columns, error) {
	list, err := json.Marshal(chunk.Moved)
	if err != nil {
		return nil, fmt.Errorf("store: write journal: %w", err)
	}
	c := withID(withID(nil, "From", chunk.From), "To", chunk.To)
	c = withText(withTime(c, "At", chunk.At), columnTx, tx)
	return withLong(withInt(c, "N", int64(len(chunk.Moved))), "M", string(list)), nil
}

// Chunks reads the journal of a leave.
func (s *Store) Chunks(ctx context.Context, tenant string, leave directory.ID) (chunks []directory.Chunk, err error) {
	err = s.eachChunk(ctx, tenant, leave, func(c *directory.Chunk) { chunks = append(chunks, *c) })
	return chunks, err
}

// Taken reads chunk after chunk and keeps the counts alone.
func (s *Store) Taken(ctx context.Context, tenant string, leave, leaver directory.ID) (map[string]int, error) {
	types := map[string]int{}
	return types, s.eachChunk(ctx, tenant, leave, func(c *directory.Chunk) {
		if c.HandsBack(leaver) {
			return
		}
		for _, r := range c.Moved {
			types[r.Type]++
		}
	})
}

func (s *Store) eachChunk(ctx context.Context, tenant string, leave directory.ID, see func(*directory.Chunk)) error {
	prefix := chunksOf(leave)
	for row, err := range table.Rows(ctx, s.records, table.Query{Partition: tenant, From: prefix, To: end(prefix)}) {
		if err != nil {
			return fmt.Errorf("store: read journal: %w", err)
		}
		c, err := chunkOf(leave, &row)
		if err != nil {
			return err
		}
		see(&c)
	}
	return nil
}

func chunkOf(leave directory.ID, row *table.Entity) (directory.Chunk, error) {
	c := directory.Chunk{
		Leave: leave, Number: chunkNumber(row.Row), From: getID(row.Columns.Get("From")),
		To: getID(row.Columns.Get("To")), At: row.Columns.Get("At").Time(),
	}
	if err := json.Unmarshal(getLong(row.Columns, "M"), &c.Moved); err != nil {
		return c, fault.New(fault.Internal, "chunk %d of the journal cannot be read", c.Number).WithCause(err)
	}
	return c, nil
}

// AppendChunk inserts the row of a chunk. Where there is one, it is read: a
// process that was killed after writing it asks for the same again.
func (s *Store) AppendChunk(ctx context.Context, tenant string, chunk directory.Chunk) error {
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	columns, err := chunkColumns(&chunk, tx)
	if err != nil {
		return err
	}
	t := &transaction{tenant: tenant, tx: tx}
	row := chunkRow(chunk.Leave, chunk.Number)
	t.insert(row, columns)
	_, err = s.send(ctx, s.records, t)
	if !fault.Is(err, fault.RowExists) {
		if err != nil {
			err = fmt.Errorf("store: append to journal: %w", err)
		}
		return err
	}
	written, readErr := s.records.Get(ctx, tenant, row)
	if readErr != nil {
		return fmt.Errorf("store: read journal: %w", readErr)
	}
	is, readErr := chunkOf(chunk.Leave, &written)
	if readErr != nil {
		return readErr
	}
	if is.From == chunk.From && is.To == chunk.To && slices.Equal(is.Moved, chunk.Moved) {
		return nil
	}
	return fmt.Errorf("store: append to journal: %w", err)
}

// Progress reads of each chunk only the number of records and who received them.
func (s *Store) Progress(ctx context.Context, tenant string, leave directory.ID) (directory.Progress, error) {
	prefix := chunksOf(leave)
	var p directory.Progress
	q := table.Query{Partition: tenant, From: prefix, To: end(prefix), Columns: []string{"N", "To"}}
	for row, err := range table.Rows(ctx, s.records, q) {
		if err != nil {
			return directory.Progress{}, fmt.Errorf("store: read journal: %w", err)
		}
		p.Number, p.To = chunkNumber(row.Row), getID(row.Columns.Get("To"))
		p.Records += int(row.Columns.Get("N").Int())
	}
	return p, nil
}
