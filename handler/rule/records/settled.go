package records

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// settledFor is how long the answer counts whether a tenant's memberships are
	// settled. So long may a role outlive a membership whose removal was cut off:
	// no longer than a mapping that another process has changed.
	settledFor = 5 * time.Second
	// maxUnsettled is how many tenants a process remembers.
	maxUnsettled = 4096
)

// unsettled remembers which tenants have a change of members under way.
type unsettled struct {
	mu      sync.Mutex
	tenants map[string]glance
}

// glance is one answer of the store.
type glance struct {
	unsettled bool
	asked     time.Time
}

func (u *unsettled) recall(tenant string, now time.Time) (g glance, fresh bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	g, held := u.tenants[tenant]
	return g, held && now.Sub(g.asked) < settledFor
}

func (u *unsettled) keep(tenant string, g glance) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.tenants == nil || len(u.tenants) >= maxUnsettled {
		u.tenants = map[string]glance{}
	}
	u.tenants[tenant] = g
}

// beside reads, and beside it asks whether the tenant's memberships are settled,
// unless that was asked a moment ago. One request more, none after another, once
// in five seconds.
func (s *Service) beside(ctx context.Context, tenant string, read func(context.Context) error) (settled bool, err error) {
	now := s.Now()
	seen, fresh := s.unsettled.recall(tenant, now)
	reads, readCtx := errgroup.WithContext(ctx)
	reads.Go(func() error { return read(readCtx) })
	if !fresh {
		reads.Go(func() (err error) {
			seen.asked = now
			seen.unsettled, err = s.Members.Unsettled(readCtx, tenant)
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return false, err
	}
	if !fresh {
		s.unsettled.keep(tenant, seen)
	}
	return !seen.unsettled, nil
}
