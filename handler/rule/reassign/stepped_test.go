package reassign_test

import (
	"context"
	"time"

	"handover/handler/core/directory"
)

// stepped is the ports of a walk's process: a step before and after each request.
type stepped struct{ *walk }

func between[T any](w *walk, request func() (T, error)) (T, error) {
	w.step()
	answer, err := request()
	w.step()
	return answer, err
}

func (s stepped) User(ctx context.Context, tenant string, id directory.ID) (directory.User, error) {
	return between(s.walk, func() (directory.User, error) { return s.ledger.User(ctx, tenant, id) })
}

func (s stepped) Leave(ctx context.Context, tenant string, id directory.ID) (directory.Leave, error) {
	return between(s.walk, func() (directory.Leave, error) { return s.ledger.Leave(ctx, tenant, id) })
}

func (s stepped) CommitLeave(ctx context.Context, tenant string, c directory.LeaveChange) (directory.Leave, error) {
	return between(s.walk, func() (directory.Leave, error) { return s.ledger.CommitLeave(ctx, tenant, c) })
}

func (s stepped) Touch(ctx context.Context, tenant string, user directory.User) error {
	_, err := between(s.walk, func() (struct{}, error) { return struct{}{}, s.ledger.Touch(ctx, tenant, user) })
	return err
}

func (s stepped) DueLeaves(ctx context.Context, tenant string, until time.Time, limit int) ([]directory.ID, error) {
	return between(s.walk, func() ([]directory.ID, error) { return s.ledger.DueLeaves(ctx, tenant, until, limit) })
}

// Move is a connector's, which moves nothing between tenants or to nobody.
func (s stepped) Move(ctx context.Context, m directory.Move) (directory.Moved, error) {
	if m.Tenant != tenantID || m.To.ID.IsZero() {
		s.Errorf("asked to move from %s to %s in tenant %s", m.From.ID, m.To.ID, m.Tenant)
	}
	return between(s.walk, func() (directory.Moved, error) { return s.ledger.Move(ctx, m) })
}

func (s stepped) LastChunk(ctx context.Context, tenant string, leave directory.ID) (int, error) {
	return between(s.walk, func() (int, error) { return s.ledger.LastChunk(ctx, tenant, leave) })
}

func (s stepped) Chunks(ctx context.Context, tenant string, leave directory.ID) ([]directory.Chunk, error) {
	return between(s.walk, func() ([]directory.Chunk, error) { return s.ledger.Chunks(ctx, tenant, leave) })
}

func (s stepped) Send(ctx context.Context, m directory.Message) error {
	_, err := between(s.walk, func() (struct{}, error) { return struct{}{}, s.ledger.Send(ctx, m) })
	return err
}
