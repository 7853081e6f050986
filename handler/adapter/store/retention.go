package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// PurgeActivities deletes lines of the history from before a time.
func (s *Store) PurgeActivities(ctx context.Context, tenant string, before time.Time, limit int) (int, error) {
	return s.purge(ctx, s.directory, limit, table.Query{
		Partition: tenant, From: prefixActivity + fmt.Sprintf("%016x.", ^uint64(nanos(before))), To: end(prefixActivity),
	})
}

// PurgeChunks deletes entries of the journal from before a time.
func (s *Store) PurgeChunks(ctx context.Context, tenant string, before time.Time, limit int) (int, error) {
	return s.purge(ctx, s.records, limit, table.Query{
		Partition: tenant, From: prefixChunk, To: end(prefixChunk),
		Where: []table.Condition{{Column: "At", Is: table.Less, Value: table.Time(before)}},
	})
}

// purge deletes up to limit of the rows that a query selects, 100 in a
// transaction. Where somebody else is at it, it leaves the rest to them.
func (s *Store) purge(ctx context.Context, from table.Table, limit int, q table.Query) (int, error) {
	purged := 0
	for q.Columns = []string{"At"}; purged < limit; {
		q.Limit = min(limit-purged, table.MaxOperations)
		page, err := from.Query(ctx, q)
		if err != nil {
			return purged, fmt.Errorf("store: list what is to be purged: %w", err)
		}
		if len(page.Entities) > 0 {
			err = s.deleteRows(ctx, from, q.Partition, page.Entities)
		}
		switch {
		case fault.Is(err, fault.RowNotFound):
			return purged, nil
		case err != nil:
			return purged, fmt.Errorf("store: purge: %w", err)
		}
		if purged += len(page.Entities); !page.More {
			return purged, nil
		}
		q.After = page.Next
	}
	return purged, nil
}

func (s *Store) deleteRows(ctx context.Context, from table.Table, tenant string, rows []table.Entity) error {
	t := &transaction{tenant: tenant}
	for i := range rows {
		t.delete(rows[i].Row)
	}
	_, err := s.send(ctx, from, t)
	return err
}

// TenantIDs reads the list of tenants alone.
func (s *Store) TenantIDs(ctx context.Context, after string, limit int) ([]string, error) {
	if limit <= 0 {
		return nil, nil
	}
	q := table.Query{Partition: register, From: prefixTenant, To: end(prefixTenant), Columns: []string{columnTx}, Limit: min(limit, table.MaxPage)}
	if after != "" {
		q.After = prefixTenant + after
	}
	var ids []string
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list ids of tenants: %w", err)
		}
		if ids = append(ids, strings.TrimPrefix(row.Row, prefixTenant)); len(ids) == limit {
			break
		}
	}
	return ids, nil
}
