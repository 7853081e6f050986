package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// hintEvery is how long a process relies on a hint that it has written.
	hintEvery = time.Minute
	// hintAge is how old a hint must be to be forgotten: a process that relies
	// on it may have committed up to hintEvery after writing it, and a request
	// may take as long again.
	hintAge = 2 * hintEvery
)

// hints remembers which tenants' hints this process has written lately.
type hints struct {
	mu      sync.Mutex
	written map[string]time.Time
}

// fresh tells whether the hint of a tenant can be relied on.
func (h *hints) fresh(tenant string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.written[tenant]
	return ok && now.Sub(at) < hintEvery
}

// note remembers a hint and forgets those that no longer count.
func (h *hints) note(tenant string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.written == nil {
		h.written = map[string]time.Time{}
	}
	for other, at := range h.written {
		if now.Sub(at) >= hintEvery {
			delete(h.written, other)
		}
	}
	h.written[tenant] = now
}

// hint says, before the commit that creates due work, that the tenant has some,
// so that a restart knows where to look without reading every partition.
func (s *Store) hint(ctx context.Context, tenant string) error {
	now := s.now()
	if s.hints.fresh(tenant, now) {
		return nil
	}
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	t := &transaction{tenant: register, tx: tx}
	t.add(table.Upsert, prefixHint+tenant, "", withText(withTime(nil, "At", now), columnTx, tx))
	if _, err := s.commit(ctx, t); err != nil {
		return fmt.Errorf("store: write hint: %w", err)
	}
	s.hints.note(tenant, now)
	return nil
}

// TenantsWithWork reads the hints.
func (s *Store) TenantsWithWork(ctx context.Context) ([]directory.Work, error) {
	var work []directory.Work
	q := table.Query{Partition: register, From: prefixHint, To: end(prefixHint)}
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list hints: %w", err)
		}
		work = append(work, directory.Work{
			Tenant: strings.TrimPrefix(row.Row, prefixHint), ETag: row.ETag, Since: row.Columns.Get("At").Time(),
		})
	}
	return work, nil
}

// Rest deletes a hint that is old enough and that nobody has renewed.
func (s *Store) Rest(ctx context.Context, work directory.Work) error {
	if s.now().Sub(work.Since) < hintAge {
		return nil
	}
	t := &transaction{tenant: register}
	t.add(table.Delete, prefixHint+work.Tenant, work.ETag, nil)
	_, err := s.commit(ctx, t)
	if err == nil || fault.Is(err, fault.RowChanged) || fault.Is(err, fault.RowNotFound) {
		return nil
	}
	return fmt.Errorf("store: forget hint: %w", err)
}
