package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handover/handler/core/fault"
)

const (
	// purgeTenants is how many tenants one purge looks at, and purgeLines how many
	// lines it deletes of each: a minute's step, with which a thousand tenants are
	// through in less than an hour.
	purgeTenants = 20
	purgeLines   = 1000
	// purgeEvery is how often the slice of tenants changes.
	purgeEvery = time.Minute
	// listPage is how many ids of tenants are read at once.
	listPage = 1000
)

// Purge deletes lines and entries of journals that are older than their tenant's
// retention. Each call
// takes a few tenants, which the minute decides, so that several processes agree
// without a word and a restart begins nothing anew. It returns how many lines
// went; one tenant's trouble does not keep it from the others.
func (s *Service) Purge(ctx context.Context) (int, error) {
	ids, err := s.slice(ctx)
	if err != nil {
		return 0, err
	}
	purged := 0
	var troubles []error
	for _, id := range ids {
		n, err := s.purgeTenant(ctx, id)
		purged += n
		troubles = append(troubles, err)
	}
	return purged, errors.Join(troubles...)
}

// slice is the tenants whose turn it is in this minute.
func (s *Service) slice(ctx context.Context) ([]string, error) {
	var all []string
	for after := ""; ; after = all[len(all)-1] {
		ids, err := s.History.TenantIDs(ctx, after, listPage)
		if err != nil {
			return nil, fmt.Errorf("history: list tenants: %w", err)
		}
		if all = append(all, ids...); len(ids) < listPage {
			break
		}
	}
	slices := max(1, (len(all)+purgeTenants-1)/purgeTenants)
	from := int(s.Now().Unix()/int64(purgeEvery/time.Second)) % slices * purgeTenants
	return all[from:min(from+purgeTenants, len(all))], nil
}

func (s *Service) purgeTenant(ctx context.Context, id string) (int, error) {
	tenant, err := s.Tenants.Tenant(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("history: read the retention of %s: %w", id, err)
	}
	before := s.Now().Add(-tenant.Retention())
	lines, err := s.History.PurgeActivities(ctx, id, before, purgeLines)
	if err != nil {
		return lines, fmt.Errorf("history: purge the activity of %s: %w", id, err)
	}
	chunks, err := s.History.PurgeChunks(ctx, id, before, purgeLines)
	if err != nil {
		return lines + chunks, fmt.Errorf("history: purge the journals of %s: %w", id, err)
	}
	return lines + chunks, nil
}
