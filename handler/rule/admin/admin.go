// Package admin is how the vendor looks after tenants: it opens them, shows
// what they hold and what happened in them, and issues and revokes the
// credentials that open their doors.
package admin

import (
	"context"
	"io"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Actor is the name under which an operator's acts stand in the activity.
const Actor = "operator"

// Users is what the service needs of the store of users.
type Users interface {
	Counters(ctx context.Context, tenant string) (directory.Counters, error)
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
// in every method.
type Service struct {
	Tenants directory.Tenants
	Users   Users
	Leaves  Leaves
	Journal Journal
	// Countries are those that the deployment serves, as ISO 3166-1 alpha-2.
	Countries []string
	Now       func() time.Time
	Random    io.Reader
	// Changed hears of every tenant whose settings or credentials may have
	// changed, so that this process forgets what it remembers of it.
	Changed func(tenant string)
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
