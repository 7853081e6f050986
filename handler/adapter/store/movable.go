package store

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// wouldMove is a dry run: it reads the next records, and goes on from there.
func (s *Store) wouldMove(ctx context.Context, move *directory.Move) (directory.Moved, error) {
	found, more, err := s.recordsOf(ctx, move, move.Cursor, table.MaxPage)
	if err != nil {
		return directory.Moved{}, err
	}
	would := directory.Moved{Records: movedRecords(found), Finished: !more}
	if more {
		would.Cursor = found[len(found)-1].Row
	}
	return would, nil
}

// recordsOf reads the index rows that a move is about, after a key.
func (s *Store) recordsOf(ctx context.Context, move *directory.Move, after string, limit int) (rows []table.Entity, more bool, err error) {
	if len(move.Records) > 0 {
		rows, err = s.namedRecords(ctx, move)
		return rows, false, err
	}
	return s.openRecords(ctx, move.Tenant, move.From.ID, after, limit)
}

// namedReads is how many index rows are read side by side.
const namedReads = 8

// namedRecords reads the index rows of the records that a move names, as far as
// they are open and with their owner.
func (s *Store) namedRecords(ctx context.Context, move *directory.Move) ([]table.Entity, error) {
	rows := make([]table.Entity, len(move.Records))
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(namedReads)
	for i, r := range move.Records {
		reads.Go(func() error {
			owned := ownedRow(&directory.Record{Type: r.Type, ID: r.ID, Owner: move.From.ID, Status: directory.RecordOpen})
			row, err := s.records.Get(ctx, move.Tenant, owned)
			if err != nil && !fault.Is(err, fault.RowNotFound) {
				return fmt.Errorf("store: read named record: %w", err)
			}
			rows[i] = row
			return nil
		})
	}
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(row table.Entity) bool { return row.Row == "" }), nil
}

// openRecords reads index rows of open records, after a key.
func (s *Store) openRecords(ctx context.Context, tenant string, owner directory.ID, after string, limit int) (rows []table.Entity, more bool, err error) {
	prefix := ownedBy(owner, directory.RecordOpen)
	q := table.Query{Partition: tenant, From: prefix, To: end(prefix), After: after, Limit: limit}
	for {
		page, err := s.records.Query(ctx, q)
		if err != nil {
			return nil, false, fmt.Errorf("store: list open records: %w", err)
		}
		rows = append(rows, page.Entities...)
		if !page.More || len(rows) >= limit {
			return rows[:min(limit, len(rows))], page.More || len(rows) > limit, nil
		}
		q.After, q.Limit = page.Next, limit-len(rows)
	}
}

// movedRecords is how index rows stand in the journal.
func movedRecords(found []table.Entity) []directory.MovedRecord {
	moved := make([]directory.MovedRecord, len(found))
	for i := range found {
		c := found[i].Columns
		moved[i] = directory.MovedRecord{Type: c.Get("Type").Text(), ID: c.Get("Id").Text(), Title: c.Get("Title").Text()}
	}
	return moved
}
