package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// PurgeActivities deletes lines of the history from before a time, 100 in a
// transaction. Where somebody else is at it, it leaves the rest to them.
func (s *Store) PurgeActivities(ctx context.Context, tenant string, before time.Time, limit int) (int, error) {
	q := table.Query{
		Partition: tenant, From: prefixActivity + fmt.Sprintf("%016x.", ^uint64(nanos(before))), To: end(prefixActivity),
		Columns: []string{"At"},
	}
	purged := 0
	for purged < limit {
		q.Limit = min(limit-purged, table.MaxOperations)
		page, err := s.directory.Query(ctx, q)
		if err != nil {
			return purged, fmt.Errorf("store: list old activities: %w", err)
		}
		if len(page.Entities) > 0 {
			err = s.deleteRows(ctx, tenant, page.Entities)
		}
		switch {
		case fault.Is(err, fault.RowNotFound):
			return purged, nil
		case err != nil:
			return purged, fmt.Errorf("store: purge activities: %w", err)
		}
		if purged += len(page.Entities); !page.More {
			return purged, nil
		}
		q.After = page.Next
	}
	return purged, nil
}

func (s *Store) deleteRows(ctx context.Context, tenant string, rows []table.Entity) error {
	t := &transaction{tenant: tenant}
	for i := range rows {
		t.delete(rows[i].Row)
	}
	_, err := s.commit(ctx, t)
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
