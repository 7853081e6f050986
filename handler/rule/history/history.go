// Package history is what a tenant can be told about its provisioning: what
// happened and what was refused, how it goes in a word, and how it is forgotten
// again, by age or for one person.
package history

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Tenants is what the service needs of the store of tenants.
type Tenants interface {
	Tenant(ctx context.Context, id string) (directory.Tenant, error)
	Credentials(ctx context.Context, tenant string) ([]credential.Credential, error)
}

// Users is what the service needs of the store of users.
type Users interface {
	User(ctx context.Context, tenant string, id directory.ID) (directory.User, error)
	UserByName(ctx context.Context, tenant, userName string) (directory.User, error)
}

// Leaves is what the service needs of the store of leaves.
type Leaves interface {
	Leave(ctx context.Context, tenant string, id directory.ID) (directory.Leave, error)
	ListLeaves(ctx context.Context, tenant string, before directory.ID, limit int) ([]directory.Leave, error)
	CommitLeave(ctx context.Context, tenant string, change directory.LeaveChange) (directory.Leave, error)
}

// Service reads and forgets histories. A tenant that does not exist is
// fault.NotFound.
type Service struct {
	History directory.History
	Tenants Tenants
	Users   Users
	Leaves  Leaves
	Now     func() time.Time
}

func (s *Service) tenant(ctx context.Context, id string) (directory.Tenant, error) {
	if !directory.ValidTenantID(id) {
		return directory.Tenant{}, fault.New(fault.NotFound, "there is no such tenant; an id is 1 to 64 of a-z, 0-9 and \"-\", for example \"acme\"")
	}
	return s.Tenants.Tenant(ctx, id)
}

// Activity is one page of a tenant's history.
func (s *Service) Activity(ctx context.Context, tenant string, q directory.ActivityQuery) (directory.ActivityPage, error) {
	if _, err := s.tenant(ctx, tenant); err != nil {
		return directory.ActivityPage{}, fmt.Errorf("history: read activity: %w", err)
	}
	page, err := s.History.Activities(ctx, tenant, q)
	if err != nil {
		return directory.ActivityPage{}, fmt.Errorf("history: read activity: %w", err)
	}
	return page, nil
}

const (
	// healthLines is how many lines tell how provisioning goes: one page.
	healthLines = 1000
	// glanceLines is the same for each tenant of a list.
	glanceLines = 50
	// glances is how many tenants of a list are looked at side by side.
	glances = 16
)

// Health is how provisioning of a tenant goes.
func (s *Service) Health(ctx context.Context, tenant string) (directory.Health, error) {
	return s.health(ctx, tenant, healthLines)
}

// Healths is the same for several tenants, in their order. What it says of the
// beginning of a failure goes back less far.
func (s *Service) Healths(ctx context.Context, tenants []string) ([]directory.Health, error) {
	list := make([]directory.Health, len(tenants))
	each, ctx := errgroup.WithContext(ctx)
	each.SetLimit(glances)
	for i, tenant := range tenants {
		each.Go(func() (err error) {
			list[i], err = s.health(ctx, tenant, glanceLines)
			return err
		})
	}
	return list, each.Wait()
}

func (s *Service) health(ctx context.Context, tenant string, lines int) (directory.Health, error) {
	var page directory.ActivityPage
	var credentials []credential.Credential
	both, bothCtx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		page, err = s.History.Activities(bothCtx, tenant, directory.ActivityQuery{Limit: lines})
		return err
	})
	both.Go(func() (err error) {
		credentials, err = s.Tenants.Credentials(bothCtx, tenant)
		return err
	})
	if err := both.Wait(); err != nil {
		return directory.Health{}, fmt.Errorf("history: how provisioning goes: %w", err)
	}
	return directory.HealthOf(s.Now(), lastUse(credentials), page.Lines), nil
}

// lastUse is when the directory showed one of its credentials last.
func lastUse(credentials []credential.Credential) (last time.Time) {
	for _, c := range credentials {
		if c.Kind != credential.AppKey && c.LastUsed.After(last) {
			last = c.LastUsed
		}
	}
	return last
}
