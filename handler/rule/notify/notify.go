// Package notify tells a tenant's webhook what became of its leaves.
//
// A notice is written in the transaction of the move that it tells of, so none is
// lost. It is posted at once, and again with growing waits until the application
// has taken it or days have passed. It may arrive twice, under the same id.
package notify

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Actor is the name under which the service's own acts stand in the activity.
const Actor = "notify"

const (
	// batch is how many notices are read at once.
	batch = 100
	// abreast is how many of a tenant are under way at once.
	abreast = 4
	// giveUpAfter is the age at which a notice that did not arrive is given up: an
	// application that was away for longer looks at the leaves themselves.
	giveUpAfter = 72 * time.Hour
)

// waits are how long a notice waits after each failed try; after one more it is
// given up. Eight tries take 42 hours.
func waits() []time.Duration {
	return []time.Duration{
		time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 24 * time.Hour,
	}
}

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
		all, err := s.round(ctx, tenant)
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

// outcome is what became of one notice.
type outcome int

const (
	// elsewhere: another process is at it.
	elsewhere outcome = iota
	// ended: it has arrived, or nobody wants it any more.
	ended
	// failed: the application did not take it.
	failed
)

// postAll posts notices until one fails. It says go on if all that could be done
// was done, and there was something to do.
func (s *Service) postAll(ctx context.Context, tenant *directory.Tenant, due []directory.Notice) (goOn bool, err error) {
	var seen [failed + 1]atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(abreast)
	for _, n := range due {
		group.Go(func() error {
			if seen[failed].Load() > 0 || ctx.Err() != nil {
				return ctx.Err()
			}
			became, err := s.one(ctx, tenant, n)
			seen[became].Add(1)
			return err
		})
	}
	err = group.Wait()
	return seen[failed].Load() == 0 && seen[ended].Load() > 0, err
}

// one makes one try at one notice.
func (s *Service) one(ctx context.Context, tenant *directory.Tenant, n directory.Notice) (outcome, error) {
	leave, err := s.Leaves.Leave(ctx, tenant.ID, n.Leave)
	switch {
	case tenant.Webhook.IsZero() || fault.Is(err, fault.NotFound):
		return s.end(ctx, tenant.ID, n, directory.Activity{})
	case err != nil:
		return elsewhere, fmt.Errorf("notify: %w", err)
	case s.Now().Sub(n.At) >= giveUpAfter:
		return s.end(ctx, tenant.ID, n, s.line(directory.NoticeGivenUp, n, leave))
	}
	moved, err := s.Journal.Taken(ctx, tenant.ID, leave.ID, leave.Leaver.ID)
	if err != nil {
		return elsewhere, fmt.Errorf("notify: %w", err)
	}
	tried := n.Tried(s.Now(), waitAfter(n.Tries))
	tried, err = s.Notices.CommitNotice(ctx, tenant.ID, directory.NoticeChange{Before: n, After: &tried})
	if err != nil {
		return elsewhere, ignoreChanged(err)
	}
	err = s.Webhook.Post(ctx, tenant.Webhook, directory.Event{Tenant: tenant.ID, Notice: tried, Leave: leave, Moved: moved})
	if err != nil {
		return failed, s.refused(ctx, tenant.ID, tried, leave, err)
	}
	return s.end(ctx, tenant.ID, tried, s.line(directory.NoticeSent, tried, leave))
}

// waitAfter is how long a notice waits that was tried before so many times.
func waitAfter(tries int) time.Duration {
	all := waits()
	return all[min(tries, len(all)-1)]
}

// refused deals with a try that failed. When the notice is due again already
// stands in its row.
func (s *Service) refused(ctx context.Context, tenant string, n directory.Notice, leave directory.Leave, why error) error {
	s.Failed(tenant, n, why)
	if n.Tries > len(waits()) {
		line := s.line(directory.NoticeGivenUp, n, leave)
		line.Fault = fault.Of(why).Code
		_, err := s.end(ctx, tenant, n, line)
		return err
	}
	later := n
	if later.Due = s.Now().Add(fault.Of(why).RetryAfter); !later.Due.After(n.Due) {
		return nil
	}
	_, err := s.Notices.CommitNotice(ctx, tenant, directory.NoticeChange{Before: n, After: &later})
	return ignoreChanged(err)
}

func (s *Service) end(ctx context.Context, tenant string, n directory.Notice, line directory.Activity) (outcome, error) {
	_, err := s.Notices.CommitNotice(ctx, tenant, directory.NoticeChange{Before: n, Activity: line})
	if err != nil {
		return elsewhere, ignoreChanged(err)
	}
	return ended, nil
}

func (s *Service) line(kind directory.ActivityKind, n directory.Notice, leave directory.Leave) directory.Activity {
	return directory.Activity{
		At: s.Now(), Kind: kind, Actor: Actor, Target: n.Leave, User: leave.Leaver.ID, Detail: fmt.Sprintf("%s, try %d", n.State, n.Tries),
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

// ignoreChanged takes a lost race as a success: whoever won is at the notice.
func ignoreChanged(err error) error {
	if fault.Is(err, fault.RowChanged) {
		return nil
	}
	return err
}
