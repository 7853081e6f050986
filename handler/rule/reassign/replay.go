package reassign

import (
	"context"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Replay sends a leave on that waits for a person or for a recipient, with its
// failures forgotten. It returns the leave as it is then: queued, or at an end
// where the user has come back. A leave in any other state is
// fault.IllegalMove. by names the operator in the activity.
func (s *Service) Replay(ctx context.Context, by, tenant string, id directory.ID) (directory.Leave, error) {
	for {
		leave, err := s.leaveOf(ctx, tenant, id)
		if err != nil {
			return directory.Leave{}, err
		}
		if leave.State != directory.Parked && leave.State != directory.Blocked {
			return directory.Leave{}, fault.New(fault.IllegalMove,
				"the leave is %s; only one that is parked or blocked is replayed", leave.State)
		}
		replayed, err := s.replay(ctx, by, tenant, leave)
		if !fault.Is(err, fault.RowChanged) {
			return replayed, err
		}
		if err := ctx.Err(); err != nil {
			return directory.Leave{}, err
		}
	}
}

func (s *Service) replay(ctx context.Context, by, tenant string, leave directory.Leave) (directory.Leave, error) {
	leaver, err := s.leaver(ctx, tenant, leave)
	if err != nil {
		return directory.Leave{}, err
	}
	if !leave.Owns(leaver) {
		return s.userReturned(ctx, tenant, leave)
	}
	now := s.Now()
	after, err := leave.MoveTo(directory.Queued, now, now.Add(s.Limits.Resend))
	if err != nil {
		return directory.Leave{}, err
	}
	after.Failures, after.Code, after.Reason = 0, "", ""
	queued, err := s.commitFor(ctx, by, tenant, leave, after, leaver)
	if err != nil {
		return directory.Leave{}, err
	}
	// The leave is queued, whatever becomes of this message: if the queue is
	// away, the due row has it sent again.
	_ = s.Queue.Send(ctx, directory.Message{Tenant: tenant, Leave: leave.ID.String(), Attempt: queued.Attempt})
	return queued, nil
}

// leaveOf reads a leave of a tenant of which something may still be changed.
func (s *Service) leaveOf(ctx context.Context, tenant string, id directory.ID) (directory.Leave, error) {
	if _, err := s.living(ctx, tenant); err != nil {
		return directory.Leave{}, err
	}
	return s.Leaves.Leave(ctx, tenant, id)
}

// living reads a tenant that is not being deleted; an id that no tenant can
// have costs no read.
func (s *Service) living(ctx context.Context, tenant string) (directory.Tenant, error) {
	if !directory.ValidTenantID(tenant) {
		return directory.Tenant{}, fault.New(fault.NotFound, "there is no such tenant; an id is 1 to 64 of a-z, 0-9 and \"-\", for example \"acme\"")
	}
	t, err := s.Tenants.Tenant(ctx, tenant)
	if err == nil && !t.Deleting.IsZero() {
		err = t.CheckOpen()
	}
	return t, err
}
