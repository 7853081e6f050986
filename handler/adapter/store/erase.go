package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// EraseActivities takes the details out of the lines about users, line by line:
// there are few among many.
func (s *Store) EraseActivities(ctx context.Context, tenant string, users []directory.ID, before string) (erased int, next string, err error) {
	rows, err := activityRange(tenant, before)
	if err != nil {
		return 0, "", err
	}
	looked, last := 0, ""
	for row, err := range table.Rows(ctx, s.directory, rows) {
		if err != nil {
			return erased, "", fmt.Errorf("store: list activities: %w", err)
		}
		if looked == maxActivityScan {
			return erased, strings.TrimPrefix(last, prefixActivity), nil
		}
		looked, last = looked+1, row.Row
		if line := activityOf(row.Columns); line.Detail == "" || !slices.Contains(users, line.Target) {
			continue
		}
		bare := slices.DeleteFunc(slices.Clone(row.Columns), func(c table.Column) bool { return c.Name == "De" })
		if err := s.eraseRow(ctx, s.directory, tenant, row.Row, row.ETag, bare); err != nil {
			return erased, "", fmt.Errorf("store: erase activity: %w", err)
		}
		erased++
	}
	return erased, "", nil
}

// EraseChunks takes the titles out of the chunks of a leave.
func (s *Store) EraseChunks(ctx context.Context, tenant string, leave directory.ID) (int, error) {
	prefix, erased := chunksOf(leave), 0
	for row, err := range table.Rows(ctx, s.records, table.Query{Partition: tenant, From: prefix, To: end(prefix)}) {
		if err != nil {
			return erased, fmt.Errorf("store: read journal: %w", err)
		}
		bare, had, err := withoutTitles(&row)
		if err != nil {
			return erased, err
		}
		if !had {
			continue
		}
		if err := s.eraseRow(ctx, s.records, tenant, row.Row, row.ETag, bare); err != nil {
			return erased, fmt.Errorf("store: erase journal: %w", err)
		}
		erased++
	}
	return erased, nil
}

// withoutTitles is the columns of a chunk as they shall be; had tells whether
// there was a title.
func withoutTitles(row *table.Entity) (columns table.Columns, had bool, err error) {
	var moved []directory.MovedRecord
	if err := json.Unmarshal(getLong(row.Columns, "M"), &moved); err != nil {
		return nil, false, fault.New(fault.Internal, "chunk %d of the journal cannot be read", chunkNumber(row.Row)).WithCause(err)
	}
	for i := range moved {
		had = had || moved[i].Title != ""
		moved[i].Title = ""
	}
	list, err := json.Marshal(moved)
	if err != nil {
		return nil, false, fmt.Errorf("store: write journal: %w", err)
	}
	columns = slices.DeleteFunc(slices.Clone(row.Columns), func(c table.Column) bool {
		return strings.TrimRight(c.Name, "0123456789") == "M"
	})
	return withLong(columns, "M", string(list)), had, nil
}

// eraseRow puts columns in the place of a row's. One that is gone, or that
// somebody else has erased meanwhile, needs nothing.
func (s *Store) eraseRow(ctx context.Context, in table.Table, tenant, row, etag string, columns table.Columns) error {
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	t := &transaction{tenant: tenant, tx: tx}
	t.add(table.Replace, row, etag, columns)
	_, err = s.send(ctx, in, t)
	if fault.Is(err, fault.RowNotFound) || fault.Is(err, fault.RowChanged) {
		return nil
	}
	return err
}
