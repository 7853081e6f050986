package store

import (
	"context"
	"fmt"
	"strings"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// recordColumns are the columns of a row r- of the table records.
func recordColumns(r *directory.Record, tx string) table.Columns {
	c := withID(withText(withText(nil, "Type", r.Type), "Id", r.ID), "Owner", r.Owner)
	return withText(withText(withText(c, "Title", r.Title), "Status", r.Status), columnTx, tx)
}

func recordOf(row *table.Entity) directory.Record {
	c := row.Columns
	return directory.Record{
		Type: c.Get("Type").Text(), ID: c.Get("Id").Text(), Owner: getID(c.Get("Owner")),
		Title: c.Get("Title").Text(), Status: c.Get("Status").Text(),
	}
}

// ownedColumns are the columns of a row o-: what a list or a move needs.
func ownedColumns(recordType, id, title string) table.Columns {
	return withText(withText(withText(nil, "Type", recordType), "Id", id), "Title", title)
}

// Record reads one record.
func (s *Store) Record(ctx context.Context, tenant, recordType, id string) (directory.Record, error) {
	r, _, err := s.readRecord(ctx, tenant, recordType, id)
	return r, err
}

func (s *Store) readRecord(ctx context.Context, tenant, recordType, id string) (directory.Record, string, error) {
	if err := directory.CheckRecordName(recordType, id); err != nil {
		return directory.Record{}, "", noRecord(err)
	}
	row, err := s.records.Get(ctx, tenant, recordRow(recordType, id))
	if fault.Is(err, fault.RowNotFound) {
		return directory.Record{}, "", noRecord(err)
	}
	if err != nil {
		return directory.Record{}, "", fmt.Errorf("store: read record: %w", err)
	}
	return recordOf(&row), row.ETag, nil
}

func noRecord(cause error) error {
	return fault.New(fault.NotFound, "no such record in this tenant").WithCause(cause)
}

// PutRecord writes a record and its index row in one transaction.
func (s *Store) PutRecord(ctx context.Context, tenant string, r directory.Record) error {
	if err := r.Check(); err != nil {
		return err
	}
	return s.changeRecord(ctx, tenant, r.Type, r.ID, &r)
}

// DeleteRecord deletes a record and its index row.
func (s *Store) DeleteRecord(ctx context.Context, tenant, recordType, id string) error {
	return s.changeRecord(ctx, tenant, recordType, id, nil)
}

// changeRecord reads the record and writes it under its ETag, again if it was
// moved or changed between.
func (s *Store) changeRecord(ctx context.Context, tenant, recordType, id string, after *directory.Record) error {
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	t := &transaction{tenant: tenant, tx: tx}
	for range maxConflicts {
		before, etag, err := s.readRecord(ctx, tenant, recordType, id)
		found := err == nil
		if err != nil && (after == nil || !fault.Is(err, fault.NotFound)) {
			return err
		}
		t.operations = t.operations[:0]
		if found {
			t.replaceRecord(&before, after, etag)
		} else {
			t.insert(recordRow(recordType, id), recordColumns(after, tx))
			t.insert(ownedRow(after), ownedColumns(after.Type, after.ID, after.Title))
		}
		if _, err = s.send(ctx, s.records, t); err == nil {
			return nil
		}
		if !conflicted(err) {
			return fmt.Errorf("store: write record: %w", err)
		}
	}
	return fault.New(fault.StorageBusy, "the record changes faster than it can be written; try again")
}

func (t *transaction) replaceRecord(before, after *directory.Record, etag string) {
	row := recordRow(before.Type, before.ID)
	if after == nil {
		t.add(table.Delete, row, etag, nil)
		t.delete(ownedRow(before))
		return
	}
	t.add(table.Replace, row, etag, recordColumns(after, t.tx))
	columns := ownedColumns(after.Type, after.ID, after.Title)
	if was, is := ownedRow(before), ownedRow(after); was == is {
		t.add(table.Replace, is, "", columns)
	} else {
		t.delete(was)
		t.insert(is, columns)
	}
}

// OwnedRecords lists an owner's records of one status from the index, in order
// of type and id.
func (s *Store) OwnedRecords(ctx context.Context, tenant string, owner directory.ID, status, after string, limit int) ([]directory.Record, string, error) {
	if status != directory.RecordOpen && status != directory.RecordClosed {
		return nil, "", fault.New(fault.InvalidValue, "status must be \"open\" or \"closed\"")
	}
	if limit <= 0 {
		return nil, "", nil
	}
	prefix := ownedBy(owner, status)
	q := table.Query{Partition: tenant, From: prefix, To: end(prefix), Limit: min(limit+1, table.MaxPage)}
	if after != "" {
		if table.CheckGet(tenant, prefix+after, nil) != nil {
			return nil, "", fault.New(fault.InvalidValue, "the position to continue from cannot be read")
		}
		q.After = prefix + after
	}
	var records []directory.Record
	last := ""
	for row, err := range table.Rows(ctx, s.records, q) {
		if err != nil {
			return nil, "", fmt.Errorf("store: list records: %w", err)
		}
		if len(records) == limit {
			return records, last, nil
		}
		r := recordOf(&row)
		r.Owner, r.Status = owner, status
		records, last = append(records, r), strings.TrimPrefix(row.Row, prefix)
	}
	return records, "", nil
}
