package admin

import (
	"context"
	"fmt"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Overview is a tenant and its numbers.
type Overview struct {
	Tenant   directory.Tenant
	Counters directory.Counters
	// Purge is how far its deletion is, if that was asked for.
	Purge directory.Purge
}

// Settings are what of the tenant an operator sets.
func (o *Overview) Settings() directory.Settings {
	return directory.Settings{Tenant: o.Tenant, UserCap: o.Counters.Cap}
}

// CreateTenant opens a tenant. userCap is the most active users it may have, or
// directory.Unlimited. An id in use is fault.Conflict.
func (s *Service) CreateTenant(ctx context.Context, by string, t directory.Tenant, userCap int64) (Overview, error) {
	now := s.moment()
	t, err := directory.NewTenant(t, userCap, s.Countries, now)
	if err != nil {
		return Overview{}, err
	}
	created, err := s.Tenants.CreateTenant(ctx, t, userCap, directory.Activity{
		At: now, Kind: directory.TenantCreated, Actor: by,
	})
	s.Changed(t.ID)
	if err != nil {
		return Overview{}, fmt.Errorf("admin: create tenant: %w", err)
	}
	return Overview{Tenant: created, Counters: directory.Counters{Cap: userCap}}, nil
}

// Tenant is a tenant's settings and numbers.
func (s *Service) Tenant(ctx context.Context, id string) (Overview, error) {
	t, err := s.tenant(ctx, id)
	if err != nil {
		return Overview{}, fmt.Errorf("admin: read tenant: %w", err)
	}
	o := Overview{Tenant: t}
	if o.Counters, err = s.Users.Counters(ctx, id); err != nil {
		return Overview{}, fmt.Errorf("admin: read counters: %w", err)
	}
	if t.Deleting.IsZero() {
		return o, nil
	}
	if o.Purge, err = s.Purges.Purge(ctx, id); err != nil && !fault.Is(err, fault.NotFound) {
		return Overview{}, fmt.Errorf("admin: read deletion: %w", err)
	}
	return o, nil
}

// ListTenants returns up to limit tenants in order of their ids, after one, or
// from the first if it is empty; next continues the list and is empty at its
// end.
func (s *Service) ListTenants(ctx context.Context, after string, limit int) (tenants []directory.Tenant, next string, err error) {
	if after != "" && !directory.ValidTenantID(after) {
		return nil, "", fault.New(fault.InvalidValue, "after must be the id of a tenant, for example after=acme")
	}
	tenants, err = s.Tenants.ListTenants(ctx, after, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("admin: list tenants: %w", err)
	}
	if len(tenants) > limit {
		tenants = tenants[:limit]
		next = tenants[limit-1].ID
	}
	return tenants, next, nil
}
