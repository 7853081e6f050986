package reassign

import (
	"context"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// decide commits a move of a leave, with the notice in the same transaction where
// the tenant has a webhook and wants to hear of it.
func (s *Service) decide(ctx context.Context, tenant string, change directory.LeaveChange) (directory.Leave, error) {
	if change.After.State.Noticed() && change.Before.State != change.After.State {
		t, err := s.Tenants.Tenant(ctx, tenant)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return directory.Leave{}, err
		}
		if !t.Webhook.IsZero() {
			notice := directory.NoticeOf(change.After)
			change.Notice = &notice
		}
	}
	leave, err := s.Leaves.CommitLeave(ctx, tenant, change)
	if err == nil && change.Notice != nil {
		s.NoticeWritten(ctx, tenant, leave.ID)
	}
	return leave, err
}

// allTold tells whether no notice of a tenant is on its way any more.
func (s *Service) allTold(ctx context.Context, tenant string) (bool, error) {
	notices, err := s.Notices.DueNotices(ctx, tenant, farFuture, 1)
	return len(notices) == 0, err
}
