// Package notify tells a tenant's webhook what became of its leaves.
//
// A notice is written in the transaction of the move that it tells of, so none is
// lost. It is posted at once, and again with growing waits until the application
// has taken it or days have passed. It may arrive twice, under the same id.
package notify

import (
	"context"
	"fmt"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Actor is the name under which the service's own acts stand in the activity.
const Actor = "notify"

// batch is how many notices are read at once.
const batch = 100

// Leaves is what the service needs of the store of leaves.
type Leaves interface {
	Leave(ctx context.Context, tenant string, id directory.ID) (directory.Leave, error)
}

// Tenants is what the service needs of the store of tenants.
type Tenants interface {
	Tenant(ctx context.Context, id string) (directory.Tenant, error)
}

// Journal is what the service needs of the journal.
type Journal interface {
	// Taken counts by type what a leave has moved away from its leaver, also what
	// was handed back since. It takes no more memory for a long journal.
	Taken(ctx context.Context, tenant string, leave, leaver directory.ID) (map[string]int, error)
}

// Service delivers notices. It is safe for concurrent use, and so are several in
// several processes: a try is counted in a transaction before it is made.
type Service struct {
	Notices directory.Notices
	Leaves  Leaves
	Tenants Tenants
	Journal Journal
	Webhook directory.Webhook
	Now     func() time.Time
	// Failed hears of each try that failed, of several at once.
	Failed func(tenant string, n directory.Notice, err error)

	turns turns
}

// Deliver posts the due notices of a tenant until there are none, or one of them
// fails: the others then wait for the next sweep and lose no try. Whoever comes
// while this process is at it has it look once more.
func (s *Service) Deliver(ctx context.Context, tenant string) error {
	if !s.turns.take(tenant) {
		return nil
	}
	for {
		all := false
		err := fault.Guarded(func() (err error) {
			all, err = s.round(ctx, tenant)
			return err
		})
		if !s.turns.give(tenant, all) {
			return err
		}
	}
}

// round posts until nothing is due; all says that it got so far.
func (s *Service) round(ctx context.Context, id string) (all bool, err error) {
	for {
		due, err := s.Notices.DueNotices(ctx, id, s.Now(), batch)
		if err != nil || len(due) == 0 {
			return err == nil, err
		}
		tenant, err := s.Tenants.Tenant(ctx, id)
		if fault.Is(err, fault.NotFound) || err == nil && !tenant.Deleting.IsZero() {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("notify: %w", err)
		}
		if goOn, err := s.postAll(ctx, &tenant, due); err != nil || !goOn {
			return false, err
		}
	}
}

// Try posts an event that tells of nothing, so that an operator sees whether the
// application takes it. A tenant without a webhook is fault.NotFound.
func (s *Service) Try(ctx context.Context, id string) error {
	if !directory.ValidTenantID(id) {
		return fault.New(fault.NotFound, "there is no such tenant; an id is 1 to 64 of a-z, 0-9 and \"-\", for example \"acme\"")
	}
	tenant, err := s.Tenants.Tenant(ctx, id)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	if tenant.Webhook.IsZero() {
		return fault.New(fault.NotFound, "the tenant %s has no webhook; set one first", id)
	}
	if err := s.Webhook.Post(ctx, tenant.Webhook, directory.Event{Tenant: id}); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
