package admin

import (
	"context"
	"fmt"

	"handover/handler/core/directory"
)

const (
	// scanPage and scanPages bound what one page of chosen leaves looks through.
	scanPage  = 1000
	scanPages = 5
)

// ListLeaves returns up to limit leaves of a tenant, newest first, before an
// id; the zero id begins. next continues the list and is zero at its end. With
// wanted, a page has those alone that it chooses, and may be short.
func (s *Service) ListLeaves(ctx context.Context, tenant string, before directory.ID, limit int, wanted func(*directory.Leave) bool) (leaves []directory.Leave, next directory.ID, err error) {
	if _, err := s.tenant(ctx, tenant); err != nil {
		return nil, directory.ID{}, fmt.Errorf("admin: list leaves: %w", err)
	}
	look, pages := scanPage, scanPages
	if wanted == nil {
		look, pages = limit+1, 1
	}
	for range pages {
		page, err := s.Leaves.ListLeaves(ctx, tenant, before, look)
		if err != nil {
			return nil, directory.ID{}, fmt.Errorf("admin: list leaves: %w", err)
		}
		for i := range page {
			if wanted != nil && !wanted(&page[i]) {
				continue
			}
			if len(leaves) == limit {
				return leaves, leaves[limit-1].ID, nil
			}
			leaves = append(leaves, page[i])
		}
		if len(page) < look {
			return leaves, directory.ID{}, nil
		}
		before = page[len(page)-1].ID
	}
	return leaves, before, nil
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
