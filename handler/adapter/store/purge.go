package store

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// purgeWriters is how many transactions of a deletion are in flight.
const purgeWriters = 4

// BeginPurge writes the row by which the sweep finds the deletion, and then marks
// the tenant: killed between the two, the row is found and nothing is deleted.
func (s *Store) BeginPurge(ctx context.Context, change directory.TenantChange) (directory.Tenant, error) {
	tx, err := s.newTx()
	if err != nil {
		return directory.Tenant{}, err
	}
	t := &transaction{tenant: register, tx: tx}
	t.add(table.Upsert, prefixPurge+change.After.ID, "", withText(withTime(nil, "At", change.After.Deleting), columnTx, tx))
	if _, err := s.commit(ctx, t); err != nil {
		return directory.Tenant{}, fmt.Errorf("store: announce deletion: %w", err)
	}
	return s.ChangeTenant(ctx, change)
}

// Purges reads the deletions that are under way.
func (s *Store) Purges(ctx context.Context) ([]directory.Purge, error) {
	var purges []directory.Purge
	for row, err := range table.Rows(ctx, s.directory, table.Query{Partition: register, From: prefixPurge, To: end(prefixPurge)}) {
		if err != nil {
			return nil, fmt.Errorf("store: list deletions: %w", err)
		}
		purges = append(purges, purgeOf(&row))
	}
	return purges, nil
}

// Purge reads one deletion.
func (s *Store) Purge(ctx context.Context, tenant string) (directory.Purge, error) {
	row, err := s.directory.Get(ctx, register, prefixPurge+tenant)
	if fault.Is(err, fault.RowNotFound) {
		return directory.Purge{}, fault.New(fault.NotFound, "the tenant is not being deleted").WithCause(err)
	}
	if err != nil {
		return directory.Purge{}, fmt.Errorf("store: read deletion: %w", err)
	}
	return purgeOf(&row), nil
}

func purgeOf(row *table.Entity) directory.Purge {
	c := row.Columns
	return directory.Purge{
		Tenant: strings.TrimPrefix(row.Row, prefixPurge), Begun: c.Get("At").Time(),
		Rows: c.Get("T").Int(), Removed: c.Get("N").Int(), Empty: c.Get("E").Bool(),
	}
}

// purgeRange is a part of a tenant's rows.
type purgeRange struct {
	in       table.Table
	from, to string
}

// purgeRanges is everything but settings and counters. What would begin new work
// goes first: due rows and credentials.
func (s *Store) purgeRanges() []purgeRange {
	return []purgeRange{
		{s.directory, prefixDue, end(prefixDue)},
		{s.directory, prefixCredential, end(prefixCredential)},
		{s.directory, "a", rowCounters},
		{s.directory, rowCounters + "-", rowTenant},
		{s.directory, rowTenant + "-", ""},
		{s.records, "a", ""},
	}
}

// PurgeRows counts the rows the first time, and each time removes a page of them
// and notes how far it is. Rows that are gone already do not stop it, so it may
// be killed and called again, and by several processes.
func (s *Store) PurgeRows(ctx context.Context, was directory.Purge) (directory.Purge, error) {
	is := was
	if is.Rows == 0 && !is.Empty {
		rows, err := s.countRows(ctx, is.Tenant)
		if err != nil {
			return was, err
		}
		is.Rows = rows
	}
	removed, err := s.purgeFirst(ctx, is.Tenant)
	if err != nil {
		return was, fmt.Errorf("store: delete rows of a tenant: %w", err)
	}
	is.Removed += int64(removed)
	is.Rows, is.Empty = max(is.Rows, is.Removed), removed == 0
	progress := table.Operation{Action: table.Merge, Row: prefixPurge + is.Tenant, Columns: table.Columns{
		{Name: "T", Value: table.Int(is.Rows)}, {Name: "N", Value: table.Int(is.Removed)}, {Name: "E", Value: table.Bool(is.Empty)},
	}}
	if _, err := s.directory.Transact(ctx, register, []table.Operation{progress}); err != nil {
		return was, fmt.Errorf("store: note progress of a deletion: %w", err)
	}
	return is, nil
}

// purgeFirst removes a page of the first range that has any rows.
func (s *Store) purgeFirst(ctx context.Context, tenant string) (int, error) {
	for _, part := range s.purgeRanges() {
		if removed, err := purgePage(ctx, tenant, part); removed > 0 || err != nil {
			return removed, err
		}
	}
	return 0, nil
}

func (s *Store) countRows(ctx context.Context, tenant string) (n int64, err error) {
	for _, part := range s.purgeRanges() {
		if part.from == prefixDue || part.from == prefixCredential {
			continue // within the ranges that follow
		}
		q := table.Query{Partition: tenant, From: part.from, To: part.to, Columns: []string{columnTx}}
		for _, err := range table.Rows(ctx, part.in, q) {
			if err != nil {
				return 0, fmt.Errorf("store: count rows of a tenant: %w", err)
			}
			n++
		}
	}
	return n, nil
}

// purgePage removes the first page of a range that is not empty.
func purgePage(ctx context.Context, tenant string, part purgeRange) (int, error) {
	q := table.Query{Partition: tenant, From: part.from, To: part.to, Columns: []string{columnTx}}
	for {
		page, err := part.in.Query(ctx, q)
		if err != nil {
			return 0, err
		}
		if len(page.Entities) > 0 {
			return len(page.Entities), purgeEntities(ctx, tenant, part.in, page.Entities)
		}
		if !page.More {
			return 0, nil
		}
		q.After = page.Next
	}
}

func purgeEntities(ctx context.Context, tenant string, in table.Table, entities []table.Entity) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(purgeWriters)
	for len(entities) > 0 {
		part := entities[:min(table.MaxOperations, len(entities))]
		entities = entities[len(part):]
		work.Go(func() error { return purgeBatch(ctx, tenant, in, part) })
	}
	return work.Wait()
}

// purgeBatch deletes rows together, without those that somebody else deleted.
func purgeBatch(ctx context.Context, tenant string, in table.Table, entities []table.Entity) error {
	operations := make([]table.Operation, len(entities))
	for i := range entities {
		operations[i] = table.Operation{Action: table.Delete, Row: entities[i].Row}
	}
	for len(operations) > 0 {
		_, err := in.Transact(ctx, tenant, operations)
		failed := table.FailedOperation(err)
		if err == nil {
			return nil
		}
		if !fault.Is(err, fault.RowNotFound) || failed < 0 || failed >= len(operations) {
			return err
		}
		operations = append(operations[:failed], operations[failed+1:]...)
	}
	return nil
}

// ForgetPurge deletes the row of a deletion that never began.
func (s *Store) ForgetPurge(ctx context.Context, p directory.Purge) error {
	return s.remove(ctx, register, prefixPurge+p.Tenant)
}

// EndPurge deletes what was kept, and the row by which the deletion is found
// last.
func (s *Store) EndPurge(ctx context.Context, p directory.Purge) error {
	for _, row := range []struct{ partition, row string }{
		{p.Tenant, rowCounters},
		{p.Tenant, rowTenant},
		{register, prefixTenant + p.Tenant},
		{register, prefixHint + p.Tenant},
		{register, prefixPurge + p.Tenant},
	} {
		if err := s.remove(ctx, row.partition, row.row); err != nil {
			return err
		}
	}
	return nil
}
