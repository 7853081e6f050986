package store

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// maxInCommit is how many reverse rows ride in the deciding transaction beside
// up to 64 buckets. A larger change of members leaves an intent, by which a
// sweep can clean up if the process is killed half way.
const maxInCommit = 30

// groupCommit is one change of a group on its way into the tables.
type groupCommit struct {
	transaction
	change *directory.GroupChange
	after  directory.Group
	*plan
	// guard is the ETag that the group's row must have, "" for a new group.
	guard string
	// early says that reverse rows of added ids are written before the commit,
	// late that those of removed ids are deleted after it.
	early, late bool
	// intent is the row that lists them, under intentETag if it exists already.
	intent, intentETag string
	// held are added ids whose reverse rows ride in the commit.
	held []directory.ID
	// lost are reverse rows that should have been there and are not.
	lost map[directory.ID]bool
	name int
	// also is the activity of changes that this one was joined with.
	also []directory.Activity
}

// CommitGroup decides a change of one group. In one process one change of a
// group runs at a time; the row's ETag guards against others.
func (s *Store) CommitGroup(ctx context.Context, tenant string, change directory.GroupChange) (directory.Group, error) {
	if change.Before != nil {
		if _, guard := splitGroupTag(change.Before.ETag); guard == "" {
			return directory.Group{}, stale("group", nil)
		}
	}
	if change.After == nil {
		return directory.Group{}, s.deleteGroup(ctx, tenant, &change)
	}
	key := tenant + "/" + change.After.ID.String()
	if change.Rebase && change.Before != nil && sameGroup(change.Before, change.After) {
		return s.joinGroup(ctx, tenant, key, change)
	}
	release, _, err := s.groups.acquire(ctx, key)
	if err != nil {
		return directory.Group{}, err
	}
	defer release()
	return s.writeGroup(ctx, tenant, &change, nil)
}

// rebaseGroup makes a change of members alone to whatever version the group
// has, as long as the group itself is as it was. Who had to wait reads first.
// The activity of changes that were joined to it is written along.
func (s *Store) rebaseGroup(ctx context.Context, tenant string, change directory.GroupChange, also []directory.Activity, changed bool) (directory.Group, error) {
	before, after := *change.Before, *change.After
	change.Before, change.After = &before, &after
	for range maxConflicts {
		if changed {
			g, err := s.Group(ctx, tenant, before.ID)
			if fault.Is(err, fault.NotFound) || err == nil && !sameGroup(&g, &before) {
				return directory.Group{}, stale("group", err)
			}
			if err != nil {
				return directory.Group{}, err
			}
			before, after.Version = g, g.Version+1
		}
		g, err := s.writeGroup(ctx, tenant, &change, also)
		if !fault.Is(err, fault.RowChanged) {
			return g, err
		}
		changed = true
	}
	return directory.Group{}, busyGroup()
}

// writeGroup creates or changes a group; the caller holds its lock.
func (s *Store) writeGroup(ctx context.Context, tenant string, change *directory.GroupChange, also []directory.Activity) (directory.Group, error) {
	p, err := s.planMembers(ctx, tenant, change)
	if err != nil {
		return directory.Group{}, err
	}
	if change.Before != nil && p.empty() && sameGroup(change.Before, change.After) {
		return *change.Before, nil
	}
	c := newGroupCommit(tenant, change, p)
	c.also = also
	if err := s.announce(ctx, c); err != nil {
		return directory.Group{}, err
	}
	etag, err := s.sendGroup(ctx, c)
	if err != nil {
		return directory.Group{}, err
	}
	if c.late {
		etag = s.dropLate(ctx, c, etag)
	}
	return storedGroup(c.after, groupTag(p.buckets, etag)), nil
}

func newGroupCommit(tenant string, change *directory.GroupChange, p *plan) *groupCommit {
	c := &groupCommit{change: change, after: *change.After, plan: p, lost: map[directory.ID]bool{}}
	c.tenant, c.after.Members, c.own = tenant, p.count, change.Before == nil
	if change.Before != nil {
		_, c.guard = splitGroupTag(change.Before.ETag)
	} else {
		c.delta.Groups = 1
	}
	inCommit := len(p.removed)
	if c.late = inCommit > maxInCommit; c.late {
		inCommit = 0
	}
	if c.early = len(p.added)+inCommit > maxInCommit; !c.early {
		c.held = p.added
	}
	return c
}

// sameGroup tells whether a change leaves the group itself as it is.
func sameGroup(a, b *directory.Group) bool {
	return a.DisplayName == b.DisplayName && a.ExternalID == b.ExternalID && bytes.Equal(a.Document, b.Document)
}

// announce draws the mark of the commit, and writes what must be there before
// it: the hint, the intent and the reverse rows of many added ids.
func (s *Store) announce(ctx context.Context, c *groupCommit) (err error) {
	if c.tx, err = s.newTx(); err != nil || (!c.early && !c.late) {
		return err
	}
	c.intent = intentRow(c.after.ID, c.tx)
	if err := s.hint(ctx, c.tenant); err != nil || !c.early {
		return err
	}
	return s.reserve(ctx, c)
}

// sendGroup makes the change happen, all of it or nothing.
func (s *Store) sendGroup(ctx context.Context, c *groupCommit) (string, error) {
	for {
		removals := c.build(s)
		etag, err := s.commit(ctx, &c.transaction)
		if err == nil {
			return etag, nil
		}
		failed := table.FailedOperation(err)
		id, isRemoval := removals[failed]
		switch {
		case !conflicted(err):
			return "", fmt.Errorf("store: commit group: %w", err)
		case isRemoval && fault.Is(err, fault.RowNotFound):
			c.lost[id] = true
			continue
		case failed == c.name && fault.Is(err, fault.RowExists):
			return "", fault.New(fault.Uniqueness, "displayName is in use by another group of this tenant").WithAttribute("displayName").WithCause(err)
		case c.change.Before == nil && failed == c.main:
			return "", fault.New(fault.Conflict, "the id of the new group is in use; try again").WithCause(err)
		}
		return "", stale("group", err)
	}
}

// build writes the deciding transaction down and tells which operation removes
// which member's reverse row.
func (c *groupCommit) build(s *Store) map[int]directory.ID {
	c.operations, c.main, c.name = c.operations[:0], 0, table.NoOperation
	c.writeRow()
	c.writeName()
	c.writeBuckets(c.after.ID, c.plan, c.after.Version)
	for _, id := range c.held {
		c.reverse(id, c.after.ID)
	}
	removals := map[int]directory.ID{}
	if !c.late {
		for _, id := range c.removed {
			if !c.lost[id] {
				removals[c.delete(reverseRow(id, c.after.ID))] = id
			}
		}
	}
	switch {
	case c.late && c.early:
		c.add(table.Replace, c.intent, c.intentETag, intentColumns(s.now(), c.removed))
	case c.late:
		c.insert(c.intent, intentColumns(s.now(), c.removed))
	case c.early:
		c.add(table.Delete, c.intent, c.intentETag, nil)
	}
	c.insertActivity(c.change.Activity)
	for _, activity := range c.also {
		c.insertActivity(activity)
	}
	return removals
}

func (c *groupCommit) writeRow() {
	row := groupRow(c.after.ID)
	switch {
	case c.change.Before == nil:
		c.insert(row, groupColumns(&c.after, c.buckets, c.tx))
	case sameGroup(c.change.Before, c.change.After):
		c.add(table.Merge, row, c.guard, groupProgress(&c.after, c.buckets, c.tx))
	default:
		c.add(table.Replace, row, c.guard, groupColumns(&c.after, c.buckets, c.tx))
	}
}

// writeName keeps displayName unique: a second insert of the index row fails.
func (c *groupCommit) writeName() {
	folded, was := fold(c.after.DisplayName), ""
	if c.change.Before != nil {
		if was = fold(c.change.Before.DisplayName); was == folded {
			return
		}
	}
	c.name = c.insert(displayRow(folded), table.Columns{{Name: "Ids", Value: table.Bytes(string(pack(c.after.ID)))}})
	if c.change.Before != nil {
		c.delete(displayRow(was))
	}
}

// reverse writes the row by which a member finds its groups.
func (t *transaction) reverse(member, group directory.ID) {
	t.add(table.Upsert, reverseRow(member, group), "", withText(nil, columnTx, t.tx))
}

// deleteGroup commits the end of a group. A small one goes whole; a larger one
// leaves its buckets as the list of what is to be cleaned up.
func (s *Store) deleteGroup(ctx context.Context, tenant string, change *directory.GroupChange) error {
	g := change.Before
	release, _, err := s.groups.acquire(ctx, tenant+"/"+g.ID.String())
	if err != nil {
		return err
	}
	t, tidy, err := s.endOfGroup(ctx, tenant, change)
	if err == nil {
		_, err = s.commit(ctx, t)
	}
	release()
	if conflicted(err) {
		return stale("group", err)
	}
	if err != nil {
		return fmt.Errorf("store: delete group: %w", err)
	}
	if tidy {
		s.tidy(ctx, tenant, g.ID, t.tx)
	}
	return nil
}

func (s *Store) endOfGroup(ctx context.Context, tenant string, change *directory.GroupChange) (t *transaction, tidy bool, err error) {
	g := change.Before
	buckets, guard := splitGroupTag(g.ETag)
	m := membership{buckets: buckets}
	var parents []directory.ID
	reads, readCtx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		if 0 < g.Members && g.Members <= maxInCommit {
			m, err = s.readBuckets(readCtx, tenant, g.ID, buckets)
		}
		return err
	})
	reads.Go(func() (err error) {
		parents, err = s.GroupsOf(readCtx, tenant, g.ID)
		return err
	})
	if err := reads.Wait(); err != nil {
		return nil, false, err
	}
	t = &transaction{tenant: tenant, delta: directory.Counters{Groups: -1}}
	if t.tx, err = s.newTx(); err != nil {
		return nil, false, err
	}
	t.add(table.Delete, groupRow(g.ID), guard, nil)
	t.delete(displayRow(fold(g.DisplayName)))
	whole := g.Members <= maxInCommit && len(parents) == 0
	if whole {
		t.removeAll(g.ID, &m)
	} else {
		if err := s.hint(ctx, tenant); err != nil {
			return nil, false, err
		}
		t.insert(intentRow(g.ID, t.tx), goneColumns(s.now()))
	}
	t.insertActivity(change.Activity)
	return t, !whole && g.Members <= maxInlineMembers && len(parents) <= maxInlineGroups, nil
}

// removeAll deletes buckets and reverse rows together.
func (t *transaction) removeAll(group directory.ID, m *membership) {
	for bucket, list := range m.lists {
		t.delete(bucketRow(group, bucket))
		for i := range list.len() {
			t.delete(reverseRow(list.at(i), group))
		}
	}
}
