package store

import (
	"context"
	"fmt"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// maxRereads is how often a group and its members are read until they belong
// together.
const maxRereads = 10

// Group reads a group without its members, in one request.
func (s *Store) Group(ctx context.Context, tenant string, id directory.ID) (directory.Group, error) {
	row, err := s.directory.Get(ctx, tenant, groupRow(id))
	if fault.Is(err, fault.RowNotFound) {
		return directory.Group{}, noGroup(err)
	}
	if err != nil {
		return directory.Group{}, fmt.Errorf("store: read group: %w", err)
	}
	return groupOf(&row), nil
}

func noGroup(cause error) error {
	return fault.New(fault.NotFound, "no such group in this tenant").WithCause(cause)
}

// GroupAndMembers reads the row and then the buckets. The two reads are no
// snapshot: where a bucket is newer than the row, or the numbers disagree, it
// reads again.
func (s *Store) GroupAndMembers(ctx context.Context, tenant string, id directory.ID) (directory.Group, []directory.ID, error) {
	for range maxRereads {
		g, err := s.Group(ctx, tenant, id)
		if err != nil {
			return directory.Group{}, nil, err
		}
		if g.Members == 0 {
			return g, nil, nil
		}
		buckets, _ := splitGroupTag(g.ETag)
		m, err := s.readBuckets(ctx, tenant, id, buckets)
		if err != nil {
			return directory.Group{}, nil, err
		}
		if m.newest <= g.Version && m.count() == g.Members {
			return g, m.ids(), nil
		}
	}
	return directory.Group{}, nil, busyGroup()
}

func busyGroup() error {
	return fault.New(fault.StorageBusy, "the group's members change faster than they can be read; try again")
}

// GroupsByName compares after folding, like userName.
func (s *Store) GroupsByName(ctx context.Context, tenant, displayName string) ([]directory.Group, error) {
	folded := fold(displayName)
	row, err := s.directory.Get(ctx, tenant, displayRow(folded))
	if fault.Is(err, fault.RowNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: read displayName index: %w", err)
	}
	has := func(g *directory.Group) bool { return fold(g.DisplayName) == folded }
	return readAll(ctx, packed(row.Columns.Get("Ids").Text()), has, func(ctx context.Context, id directory.ID) (directory.Group, error) {
		return s.Group(ctx, tenant, id)
	})
}

// ListGroups reads groups in order of creation.
func (s *Store) ListGroups(ctx context.Context, tenant string, after directory.ID, limit int) ([]directory.Group, error) {
	var groups []directory.Group
	_, err := s.walk(ctx, tenant, prefixGroup, after, limit, nil, func(row *table.Entity) {
		groups = append(groups, groupOf(row))
	})
	return groups, err
}

// SkipGroups passes over groups by their keys alone, 1,000 a request.
func (s *Store) SkipGroups(ctx context.Context, tenant string, after directory.ID, n int) (directory.ID, bool, error) {
	return s.skip(ctx, tenant, prefixGroup, after, n)
}

// HasMember reads the group's row, which tells the bucket, and the bucket. A
// group that does not exist has no members.
func (s *Store) HasMember(ctx context.Context, tenant string, group, member directory.ID) (bool, error) {
	for range maxRereads {
		row, err := s.directory.Get(ctx, tenant, groupRow(group), "V", "NB", "N")
		if fault.Is(err, fault.RowNotFound) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("store: read group: %w", err)
		}
		g := groupOf(&row)
		if g.Members == 0 {
			return false, nil
		}
		buckets, _ := splitGroupTag(g.ETag)
		m, err := s.readBucket(ctx, tenant, group, buckets, bucketOf(member, buckets))
		if err != nil {
			return false, err
		}
		if m.newest <= g.Version {
			return m.has(member), nil
		}
	}
	return false, busyGroup()
}

// GroupsOf reads the keys of the reverse rows, in one request. They are a
// superset of the truth while a change is under way: whoever grants something
// asks HasMember, too.
func (s *Store) GroupsOf(ctx context.Context, tenant string, member directory.ID) ([]directory.ID, error) {
	prefix := reverseOf(member)
	var groups []directory.ID
	q := table.Query{Partition: tenant, From: prefix, To: end(prefix), Columns: []string{columnTx}}
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list groups of a member: %w", err)
		}
		groups = append(groups, idAtEnd(row.Row))
	}
	return groups, nil
}
