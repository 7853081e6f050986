// Package admin is how the vendor looks after tenants: it opens them, shows
// what they hold and what happened in them, and issues and revokes the
// credentials that open their doors.
package admin

import (
	"context"
	"io"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Users is what the service needs of the store of users.
type Users interface {
	Counters(ctx context.Context, tenant string) (directory.Counters, error)
	User(ctx context.Context, tenant string, id directory.ID) (directory.User, error)
	CommitUser(ctx context.Context, tenant string, change directory.UserChange) (directory.User, error)
}

// Groups is what the service needs of the store of groups.
type Groups interface {
	Group(ctx context.Context, tenant string, id directory.ID) (directory.Group, error)
	ListGroups(ctx context.Context, tenant string, after directory.ID, limit int) ([]directory.Group, error)
}

// Leaves is what the service needs of the store of leaves.
type Leaves interface {
	Leave(ctx context.Context, tenant string, id directory.ID) (directory.Leave, error)
	ListLeaves(ctx context.Context, tenant string, before directory.ID, limit int) ([]directory.Leave, error)
}

// Journal is what the service needs of the journal.
type Journal interface {
	Chunks(ctx context.Context, tenant string, leave directory.ID) ([]directory.Chunk, error)
}

// Service administers tenants. A tenant that does not exist is fault.NotFound
// in every method. by names the operator in the activity.
type Service struct {
	Tenants directory.Tenants
	Purges  directory.Purges
	Users   Users
	Groups  Groups
	Leaves  Leaves
	Journal Journal
	// Countries are those that the deployment serves, as ISO 3166-1 alpha-2.
	Countries []string
	Now       func() time.Time
	Random    io.Reader
	// Conceal encrypts a secret of a tenant that must be used again.
	Conceal func(purpose credential.Purpose, tenant, secret string) (hidden string, err error)
	// Changed hears of every tenant whose settings or credentials may have
	// changed, so that this process forgets what it remembers of it.
	Changed func(tenant string)
	// PurgeGrace is how long the id of a deleted tenant stays taken: longer than
	// any request that may still write something of it.
	PurgeGrace time.Duration
}

// moment is the present to the millisecond, which every table keeps exactly: an
// answer to a write then equals the answer to a later read.
func (s *Service) moment() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// tenant reads a tenant; an id that no tenant can have costs no read.
func (s *Service) tenant(ctx context.Context, id string) (directory.Tenant, error) {
	if !directory.ValidTenantID(id) {
		return directory.Tenant{}, fault.New(fault.NotFound, "there is no such tenant; an id is 1 to 64 of a-z, 0-9 and \"-\", for example \"acme\"")
	}
	return s.Tenants.Tenant(ctx, id)
}

// living reads a tenant of which something may still be changed.
func (s *Service) living(ctx context.Context, id string) (directory.Tenant, error) {
	t, err := s.tenant(ctx, id)
	if err == nil && !t.Deleting.IsZero() {
		err = t.CheckOpen()
	}
	return t, err
}
