package admin

import (
	"context"
	"fmt"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Limits of a tenant's settings, ours: long enough for any directory's names,
// short enough that the settings stay one small row.
const (
	maxUserName = 256
	maxDeputies = 16
	maxRoleName = 64
)

// Overview is a tenant and its numbers.
type Overview struct {
	Tenant   directory.Tenant
	Counters directory.Counters
}

// CreateTenant opens a tenant. userCap is the most active users it may have, or
// directory.Unlimited. An id in use is fault.Conflict.
func (s *Service) CreateTenant(ctx context.Context, t directory.Tenant, userCap int64) (Overview, error) {
	now := s.moment()
	t, err := directory.NewTenant(t, s.Countries, now)
	if err != nil {
		return Overview{}, err
	}
	if err := checkSettings(t, userCap); err != nil {
		return Overview{}, err
	}
	created, err := s.Tenants.CreateTenant(ctx, t, userCap, directory.Activity{
		At: now, Kind: directory.TenantCreated, Actor: Actor,
	})
	s.Changed(t.ID)
	if err != nil {
		return Overview{}, fmt.Errorf("admin: create tenant: %w", err)
	}
	return Overview{Tenant: created, Counters: directory.Counters{Cap: userCap}}, nil
}

// checkSettings refuses what a tenant may not be set to, beyond what
// directory.NewTenant knows.
func checkSettings(t directory.Tenant, userCap int64) error {
	if userCap < directory.Unlimited {
		return fault.New(fault.InvalidValue, "userCap must be 0 or more, or left out for no cap, for example 50")
	}
	if len(t.MasterAdmin) > maxUserName {
		return fault.New(fault.InvalidValue, "masterAdmin must be a userName of at most %d bytes, for example \"ann@acme.com\"", maxUserName)
	}
	if len(t.Deputies) > maxDeputies {
		return fault.New(fault.InvalidValue, "deputies must be at most %d userNames, for example [\"bob@acme.com\"]", maxDeputies)
	}
	for _, deputy := range t.Deputies {
		if deputy == "" || len(deputy) > maxUserName {
			return fault.New(fault.InvalidValue, "deputies must be userNames of 1 to %d bytes, for example [\"bob@acme.com\"]", maxUserName)
		}
	}
	if len(t.DefaultRole) > maxRoleName {
		return fault.New(fault.InvalidValue, "defaultRole must be at most %d bytes, for example \"Sales\"", maxRoleName)
	}
	return nil
}

// Tenant is a tenant's settings and numbers.
func (s *Service) Tenant(ctx context.Context, id string) (Overview, error) {
	t, err := s.tenant(ctx, id)
	if err != nil {
		return Overview{}, fmt.Errorf("admin: read tenant: %w", err)
	}
	counters, err := s.Users.Counters(ctx, id)
	if err != nil {
		return Overview{}, fmt.Errorf("admin: read counters: %w", err)
	}
	return Overview{Tenant: t, Counters: counters}, nil
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
