package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// purgeBudget is how long one call of PurgeDeleted works: it shares the sweep
	// with the leaves, which must not wait for it.
	purgeBudget = 10 * time.Second
	// forgetAfter is when an announced deletion that never began counts as cut off
	// before it was decided.
	forgetAfter = time.Hour
)

// DeleteTenant marks a tenant as being deleted, and PurgeDeleted carries it out.
// confirm must be its id once more. To ask again changes nothing.
func (s *Service) DeleteTenant(ctx context.Context, by, id, match, confirm string) (Overview, error) {
	if confirm != id {
		return Overview{}, fault.New(fault.InvalidValue, "confirm must be the tenant's id once more, for example confirm=%s; everything of the tenant will be deleted, and nothing brings it back", exampleOf(id))
	}
	o, err := s.Tenant(ctx, id)
	if err != nil || !o.Tenant.Deleting.IsZero() {
		return o, err
	}
	settings := o.Settings()
	if err := settings.CheckVersion(match); err != nil {
		return Overview{}, err
	}
	change := directory.TenantChange{Before: o.Tenant, After: o.Tenant}
	change.After.Deleting = s.moment()
	change.Activity = directory.Activity{At: change.After.Deleting, Kind: directory.TenantDeleting, Actor: by}
	_, err = s.Purges.BeginPurge(ctx, change)
	s.Changed(id)
	if fault.Is(err, fault.RowChanged) {
		return Overview{}, fault.New(fault.VersionMismatch, "the tenant %s changed at this moment; read it again, and then delete it", id).WithCause(err)
	}
	if err != nil {
		return Overview{}, fmt.Errorf("admin: delete tenant: %w", err)
	}
	return s.Tenant(ctx, id)
}

func exampleOf(id string) string {
	if directory.ValidTenantID(id) {
		return id
	}
	return "acme"
}

// PurgeDeleted carries the deletions of tenants on, for some seconds. It may be
// killed at any step, and goes on at the next call. One tenant's trouble does not
// keep it from the others.
func (s *Service) PurgeDeleted(ctx context.Context) error {
	purges, err := s.Purges.Purges(ctx)
	if err != nil {
		return fmt.Errorf("admin: list deletions: %w", err)
	}
	deadline := s.Now().Add(purgeBudget)
	var troubles []error
	for _, p := range purges {
		if err := s.purge(ctx, p, deadline); err != nil {
			troubles = append(troubles, fmt.Errorf("admin: purge %s: %w", p.Tenant, err))
		}
	}
	return errors.Join(troubles...)
}

func (s *Service) purge(ctx context.Context, p directory.Purge, deadline time.Time) error {
	t, err := s.Tenants.Tenant(ctx, p.Tenant)
	switch {
	case fault.Is(err, fault.NotFound): // killed at the very end
		return s.Purges.EndPurge(ctx, p)
	case err != nil:
		return err
	case t.Deleting.IsZero():
		return s.forget(ctx, p)
	}
	over := s.Now().Sub(t.Deleting) >= s.PurgeGrace
	if p.Empty && !over {
		return nil
	}
	for s.Now().Before(deadline) {
		if p, err = s.Purges.PurgeRows(ctx, p); err != nil {
			return err
		}
		if p.Empty && over {
			err := s.Purges.EndPurge(ctx, p)
			s.Changed(p.Tenant)
			return err
		}
		if p.Empty {
			return nil
		}
	}
	return nil
}

// forget drops the announcement of a deletion that was cut off before it was
// decided. A young one may still be under way.
func (s *Service) forget(ctx context.Context, p directory.Purge) error {
	if s.Now().Sub(p.Begun) < forgetAfter {
		return nil
	}
	return s.Purges.ForgetPurge(ctx, p)
}
