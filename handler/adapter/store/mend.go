package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// maxInlineGroups is in how many groups a deleted user or group may be for
	// its memberships to be removed in the same call.
	maxInlineGroups = 16
	// maxInlineMembers is the same for the members of a deleted group.
	maxInlineMembers = 2_000
)

// Mend works through the intents that were written before a time: what a
// killed process left half done. It may be killed itself, and called again.
func (s *Store) Mend(ctx context.Context, tenant string, before time.Time) (left int, err error) {
	var old []string
	q := table.Query{Partition: tenant, From: prefixIntent, To: end(prefixIntent), Columns: []string{"At"}}
	for row, err := range table.Rows(ctx, s.directory, q) {
		switch {
		case err != nil:
			return left, fmt.Errorf("store: list intents: %w", err)
		case row.Columns.Get("At").Time().Before(before):
			old = append(old, row.Row)
		default:
			left++
		}
	}
	for i, row := range old {
		if err := s.mendIntent(ctx, tenant, row); err != nil {
			return left + len(old) - i, err
		}
	}
	return left, nil
}

// tidy does at once what Mend would do later. What fails here stays in the
// intent.
func (s *Store) tidy(ctx context.Context, tenant string, id directory.ID, tx string) {
	_ = s.mendGone(ctx, tenant, id, intentRow(id, tx)) // the intent stays, and Mend tries again
}

func (s *Store) mendIntent(ctx context.Context, tenant, row string) error {
	intent, err := s.directory.Get(ctx, tenant, row)
	if fault.Is(err, fault.RowNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("store: read intent: %w", err)
	}
	id := intentOwner(row)
	if intent.Columns.Get("K").Text() == intentGone {
		return s.mendGone(ctx, tenant, id, row)
	}
	return s.mendChange(ctx, tenant, id, &intent)
}

// mendChange deletes the reverse rows of an unfinished change whose ids are no
// members.
func (s *Store) mendChange(ctx context.Context, tenant string, group directory.ID, intent *table.Entity) error {
	d := drop{tenant: tenant, group: group, intent: intent.Row, ids: intentIDs(intent.Columns)}
	if done, err := s.reviewDrop(ctx, &d); done || err != nil {
		return err
	}
	ids, err := s.present(ctx, tenant, group, d.ids)
	if err != nil {
		return err
	}
	d.ids = ids
	return s.dropReverse(ctx, &d)
}

// present keeps the ids that have a reverse row: a missing row would fail the
// transaction that deletes it.
func (s *Store) present(ctx context.Context, tenant string, group directory.ID, ids []directory.ID) ([]directory.ID, error) {
	return readEach(ctx, len(ids), func(ctx context.Context, i int) (directory.ID, bool, error) {
		_, err := s.directory.Get(ctx, tenant, reverseRow(ids[i], group), columnTx)
		if fault.Is(err, fault.RowNotFound) {
			return ids[i], false, nil
		}
		return ids[i], err == nil, err
	})
}

// mendGone takes a deleted user or group out of its groups, removes a deleted
// group's own members, and then the intent.
func (s *Store) mendGone(ctx context.Context, tenant string, id directory.ID, intent string) error {
	groups, err := s.GroupsOf(ctx, tenant, id)
	if err != nil {
		return err
	}
	work, workCtx := errgroup.WithContext(ctx)
	work.SetLimit(reverseWriters)
	for _, group := range groups {
		work.Go(func() error { return s.leaveGroup(workCtx, tenant, group, id) })
	}
	if id.Sort() == directory.SortGroup {
		work.Go(func() error { return s.clearDeleted(workCtx, tenant, id) })
	}
	if err := work.Wait(); err != nil {
		return err
	}
	return s.remove(ctx, tenant, intent)
}

// leaveGroup takes one member out of one group.
func (s *Store) leaveGroup(ctx context.Context, tenant string, group, member directory.ID) error {
	release, _, err := s.groups.acquire(ctx, tenant+"/"+group.String())
	if err != nil {
		return err
	}
	defer release()
	for range maxConflicts {
		g, err := s.Group(ctx, tenant, group)
		if fault.Is(err, fault.NotFound) {
			return s.remove(ctx, tenant, reverseRow(member, group))
		}
		if err != nil {
			return err
		}
		after := g
		after.Version, after.Modified = g.Version+1, s.now()
		change := directory.GroupChange{Before: &g, After: &after, Members: directory.MemberChange{Remove: []directory.ID{member}}}
		changed, err := s.writeGroup(ctx, tenant, &change, nil)
		if err == nil && changed.Version == g.Version {
			return s.remove(ctx, tenant, reverseRow(member, group))
		}
		if !fault.Is(err, fault.RowChanged) {
			return err
		}
	}
	return busyGroup()
}

// clearDeleted deletes the reverse rows of a deleted group's members, bucket by
// bucket; a bucket goes when its members have.
func (s *Store) clearDeleted(ctx context.Context, tenant string, group directory.ID) error {
	m, err := s.readBuckets(ctx, tenant, group, maxBuckets)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(reverseWriters)
	for bucket, list := range m.lists {
		work.Go(func() error { return s.clearBucket(ctx, tenant, group, bucket, list.appendTo(nil)) })
	}
	return work.Wait()
}

func (s *Store) clearBucket(ctx context.Context, tenant string, group directory.ID, bucket int, ids []directory.ID) error {
	ids, err := s.present(ctx, tenant, group, ids)
	if err != nil {
		return err
	}
	for len(ids) > 0 {
		part := ids[:min(table.MaxOperations, len(ids))]
		t := &transaction{tenant: tenant}
		for _, id := range part {
			t.delete(reverseRow(id, group))
		}
		_, err := s.commit(ctx, t)
		switch failed := table.FailedOperation(err); {
		case err == nil:
			ids = ids[len(part):]
		case fault.Is(err, fault.RowNotFound) && failed >= 0 && failed < len(part):
			ids = slices.Delete(ids, failed, failed+1)
		default:
			return fmt.Errorf("store: delete groups of members: %w", err)
		}
	}
	return s.remove(ctx, tenant, bucketRow(group, bucket))
}

// remove deletes a row of the table directory; one that is gone already is as
// well.
func (s *Store) remove(ctx context.Context, tenant, row string) error {
	t := &transaction{tenant: tenant}
	t.delete(row)
	if _, err := s.commit(ctx, t); err != nil && !fault.Is(err, fault.RowNotFound) {
		return fmt.Errorf("store: delete row: %w", err)
	}
	return nil
}
