package store

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// plan is what a change does to a group's members, once it is known who is one.
type plan struct {
	// was and buckets are the number of bucket rows before and after.
	was, buckets int
	added        []directory.ID
	removed      []directory.ID
	// lists are the buckets to be written; an empty one is deleted if it exists.
	lists map[int]packed
	// exists names the buckets that were there.
	exists map[int]bool
	count  int
}

func (p *plan) empty() bool { return len(p.added) == 0 && len(p.removed) == 0 }

// planMembers reads the buckets concerned and, beside them, whether the ids to
// be added exist.
func (s *Store) planMembers(ctx context.Context, tenant string, change *directory.GroupChange) (*plan, error) {
	p := &plan{was: 1, buckets: 1, lists: map[int]packed{}, exists: map[int]bool{}}
	if change.Before != nil {
		p.was, _ = splitGroupTag(change.Before.ETag)
		p.buckets, p.count = p.was, change.Before.Members
	}
	edits := editsOf(&change.Members)
	if len(edits) == 0 && !change.Members.Clear {
		return p, nil
	}
	p.grow(change, len(edits))
	var missing []directory.ID
	m := membership{buckets: p.was, lists: map[int]packed{}}
	reads, readCtx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		if p.count > 0 {
			m, err = s.readFor(readCtx, tenant, change, p, edits)
		}
		return err
	})
	reads.Go(func() (err error) {
		missing, err = s.missing(readCtx, tenant, edits)
		return err
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	if change.Before != nil && m.newest > change.Before.Version {
		return nil, stale("group", nil)
	}
	p.apply(&m, edits, change.Members.Clear)
	return p, p.check(missing)
}

// grow decides the number of buckets before they are read.
func (p *plan) grow(change *directory.GroupChange, edits int) {
	most := edits
	if !change.Members.Clear {
		most += p.count
	}
	p.buckets = bucketsFor(most, p.was)
}

// editsOf is the change in ascending order of ids, each once.
func editsOf(m *directory.MemberChange) []edit {
	edits := make([]edit, 0, len(m.Add)+len(m.Remove))
	for _, id := range m.Add {
		edits = append(edits, edit{id, true})
	}
	if !m.Clear {
		for _, id := range m.Remove {
			edits = append(edits, edit{id, false})
		}
	}
	sortEdits(edits)
	return slices.CompactFunc(edits, func(a, b edit) bool { return a.id == b.id })
}

// readFor reads one bucket where that is enough, else all of them.
func (s *Store) readFor(ctx context.Context, tenant string, change *directory.GroupChange, p *plan, edits []edit) (membership, error) {
	group := change.Before.ID
	if p.buckets == p.was && !change.Members.Clear && oneBucket(edits, p.was) {
		return s.readBucket(ctx, tenant, group, p.was, bucketOf(edits[0].id, p.was))
	}
	return s.readBuckets(ctx, tenant, group, p.was)
}

func oneBucket(edits []edit, buckets int) bool {
	for _, e := range edits {
		if bucketOf(e.id, buckets) != bucketOf(edits[0].id, buckets) {
			return false
		}
	}
	return true
}

// missing lists the ids to be added of which there is no user or group.
func (s *Store) missing(ctx context.Context, tenant string, edits []edit) ([]directory.ID, error) {
	return readEach(ctx, len(edits), func(ctx context.Context, i int) (directory.ID, bool, error) {
		e := edits[i]
		if !e.member {
			return e.id, false, nil
		}
		row := userRow(e.id)
		switch e.id.Sort() {
		case directory.SortUser:
		case directory.SortGroup:
			row = groupRow(e.id)
		default:
			return e.id, true, nil
		}
		_, err := s.directory.Get(ctx, tenant, row, "V")
		if fault.Is(err, fault.RowNotFound) {
			return e.id, true, nil
		}
		return e.id, false, err
	})
}

// apply works out the new buckets.
func (p *plan) apply(m *membership, edits []edit, clear bool) {
	for bucket := range m.lists {
		p.exists[bucket] = true
	}
	if clear {
		edits = withRemovals(m, edits)
	}
	if p.buckets != p.was {
		m = m.divided(p.buckets)
	}
	parts := make(map[int][]edit, 1)
	for _, e := range edits {
		bucket := bucketOf(e.id, p.buckets)
		parts[bucket] = append(parts[bucket], e)
	}
	for bucket, part := range parts {
		list, added, removed := m.lists[bucket].with(part)
		if len(added)+len(removed) > 0 || p.buckets != p.was {
			p.lists[bucket] = list
		}
		p.added, p.removed = append(p.added, added...), append(p.removed, removed...)
	}
	if p.buckets != p.was {
		for bucket := range p.buckets {
			if _, edited := p.lists[bucket]; !edited {
				p.lists[bucket] = m.lists[bucket]
			}
		}
	}
	slices.SortFunc(p.added, compareIDs)
	slices.SortFunc(p.removed, compareIDs)
	p.count += len(p.added) - len(p.removed)
}

// withRemovals turns a Clear into the removal of everyone who is not added.
func withRemovals(m *membership, edits []edit) []edit {
	stay := make(map[directory.ID]bool, len(edits))
	for _, e := range edits {
		stay[e.id] = true
	}
	for _, id := range m.ids() {
		if !stay[id] {
			edits = append(edits, edit{id, false})
		}
	}
	sortEdits(edits)
	return edits
}

// divided spreads the ids over another number of buckets.
func (m *membership) divided(buckets int) *membership {
	texts := make([]strings.Builder, buckets)
	for _, id := range m.ids() {
		texts[bucketOf(id, buckets)].Write(id[:])
	}
	d := &membership{buckets: buckets, lists: map[int]packed{}, newest: m.newest}
	for bucket := range texts {
		if texts[bucket].Len() > 0 {
			d.lists[bucket] = packed(texts[bucket].String())
		}
	}
	return d
}

// check refuses what cannot be kept, and ids that name nothing. An id that is a
// member already needs no check.
func (p *plan) check(missing []directory.ID) error {
	unknown := missing[:0]
	for _, id := range missing {
		if _, isNew := slices.BinarySearchFunc(p.added, id, compareIDs); isNew {
			unknown = append(unknown, id)
		}
	}
	if n := len(unknown); n > 0 {
		return fault.New(fault.InvalidValue, "members: %d of the values name no user or group of this tenant, the first is %s", n, unknown[0])
	}
	full := p.count > maxMembers
	for _, list := range p.lists {
		full = full || list.len() > maxBucketIDs
	}
	if full {
		return fault.New(fault.TooLarge, "a group has at most %d members; this change would make %d", maxMembers, p.count)
	}
	if n := len(p.added) + len(p.removed); n > maxIntent {
		return fault.New(fault.TooLarge, "one change adds and removes at most %d members; this one has %d", maxIntent, n)
	}
	return nil
}

// writeBuckets adds the operations on bucket rows. The group row's ETag guards
// them.
func (t *transaction) writeBuckets(group directory.ID, p *plan, version int64) {
	for bucket := range p.buckets {
		list, touched := p.lists[bucket]
		switch {
		case !touched:
		case list != "":
			t.add(table.Upsert, bucketRow(group, bucket), "", bucketColumns(list, version))
		case p.exists[bucket]:
			t.delete(bucketRow(group, bucket))
		}
	}
}
