package reassign

import (
	"context"
	"errors"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// sweepBatch is how many due leaves of a tenant one sweep drives.
	sweepBatch = 200
	// mendAfter is the age from which an unfinished membership change counts as
	// cut off: longer than any request may take (230 s at Azure's front end).
	mendAfter = 5 * time.Minute
)

// Swept is what one sweep found.
type Swept struct {
	// Tenants were looked at; Leaves were due and driven on.
	Tenants, Leaves int
	// Open are the leaves that are not at an end, as the sweep left them: of
	// each tenant the 200 that are due first.
	Open directory.Backlog
}

func (s *Swept) add(other Swept) {
	s.Tenants += other.Tenants
	s.Leaves += other.Leaves
	s.Open.Add(other.Open)
}

// Sweep drives on whatever is overdue, in whatever state a process was killed:
// leaves that were never sent, messages that were lost, claims that expired,
// blocked leaves whose recipient has come, memberships half removed. One
// tenant's trouble does not keep it from the others; the errors come together.
func (s *Service) Sweep(ctx context.Context) (Swept, error) {
	return s.sweep(ctx, s.Now(), s.Now().Add(-mendAfter), s.overdue)
}

// Recover is the sweep of a process that starts and knows that it is alone, as
// one that holds the lock of a local file does: every claim and every message
// is then a dead process's, and need not be waited for.
func (s *Service) Recover(ctx context.Context) (Swept, error) {
	abandoned := func(l directory.Leave) bool { return l.Holder != s.Process }
	return s.sweep(ctx, farFuture, s.Now(), abandoned)
}

// farFuture is after every due time.
var farFuture = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *Service) sweep(ctx context.Context, until, mendBefore time.Time, stale func(directory.Leave) bool) (Swept, error) {
	works, err := s.Leaves.TenantsWithWork(ctx)
	if err != nil {
		return Swept{}, err
	}
	swept := Swept{Open: directory.Backlog{}}
	var troubles []error
	for _, work := range works {
		one, err := s.sweepTenant(ctx, work, until, mendBefore, stale)
		swept.add(one)
		troubles = append(troubles, err)
	}
	return swept, errors.Join(troubles...)
}

func (s *Service) sweepTenant(ctx context.Context, work directory.Work, until, mendBefore time.Time, stale func(directory.Leave) bool) (Swept, error) {
	swept := Swept{Tenants: 1}
	due, err := s.Leaves.DueLeaves(ctx, work.Tenant, until, sweepBatch)
	if err != nil {
		return swept, err
	}
	swept.Leaves = len(due)
	var troubles []error
	for _, id := range due {
		troubles = append(troubles, s.drive(ctx, work.Tenant, id, stale))
	}
	left, err := s.Leaves.Mend(ctx, work.Tenant, mendBefore)
	troubles = append(troubles, err)
	var rows int
	rows, swept.Open, err = s.backlog(ctx, work.Tenant)
	if err := errors.Join(append(troubles, err)...); err != nil || left > 0 || rows > 0 {
		return swept, err
	}
	if told, err := s.allTold(ctx, work.Tenant); err != nil || !told {
		return swept, err
	}
	return swept, s.Leaves.Rest(ctx, work)
}

// backlog counts the leaves of a tenant that are not at an end, and their due
// rows. It reads each of them; where all is well there are none.
func (s *Service) backlog(ctx context.Context, tenant string) (rows int, open directory.Backlog, err error) {
	ids, err := s.Leaves.DueLeaves(ctx, tenant, farFuture, sweepBatch)
	open = directory.Backlog{}
	for _, id := range ids {
		leave, err := s.Leaves.Leave(ctx, tenant, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return len(ids), open, err
		}
		if err == nil {
			open.Count(leave, s.Now())
		}
	}
	return len(ids), open, err
}
