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

const (
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
			return fault.Guarded(func() error {
				became, err := s.one(ctx, tenant, n)
				seen[became].Add(1)
				return err
			})
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

// ignoreChanged takes a lost race as a success: whoever won is at the notice.
func ignoreChanged(err error) error {
	if fault.Is(err, fault.RowChanged) {
		return nil
	}
	return err
}
