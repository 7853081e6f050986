package admin

import (
	"context"
	"fmt"

	"handover/handler/core/directory"
)

// ListLeaves returns up to limit leaves of a tenant, newest first, before an
// id; the zero id begins. next continues the list and is zero at its end.
func (s *Service) ListLeaves(ctx context.Context, tenant string, before directory.ID, limit int) (leaves []directory.Leave, next directory.ID, err error) {
	if _, err := s.tenant(ctx, tenant); err != nil {
		return nil, directory.ID{}, fmt.Errorf("admin: list leaves: %w", err)
	}
	leaves, err = s.Leaves.ListLeaves(ctx, tenant, before, limit+1)
	if err != nil {
		return nil, directory.ID{}, fmt.Errorf("admin: list leaves: %w", err)
	}
	if len(leaves) > limit {
		leaves = leaves[:limit]
		next = leaves[limit-1].ID
	}
	return leaves, next, nil
}

// Leave returns a leave and its journal: what it moved, chunk by chunk.
func (s *Service) Leave(ctx context.Context, tenant string, id directory.ID) (directory.Leave, []directory.Chunk, error) {
	if _, err := s.tenant(ctx, tenant); err != nil {
		return directory.Leave{}, nil, fmt.Errorf("admin: read leave: %w", err)
	}
	leave, err := s.Leaves.Leave(ctx, tenant, id)
	if err != nil {
		return directory.Leave{}, nil, fmt.Errorf("admin: read leave: %w", err)
	}
	chunks, err := s.Journal.Chunks(ctx, tenant, id)
	if err != nil {
		return directory.Leave{}, nil, fmt.Errorf("admin: read journal: %w", err)
	}
	return leave, chunks, nil
}
