package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// maxIntent is how many ids the columns of one row can list: 15 columns of
	// 4,096 ids stay below 1 MiB.
	maxIntent = 15 * maxBucketIDs
	// maxHeld is how many reverse rows are held back for the commit, to spare a
	// transaction for a handful of rows.
	maxHeld = 32
	// maxReverse is how many reverse rows fit a transaction beside the group's
	// row and the intent.
	maxReverse = table.MaxOperations - 2
	// reverseWriters is how many transactions of reverse rows are in flight.
	reverseWriters = 8
)

// The kinds of intents.
const (
	// intentChange lists ids whose reverse rows a change of members writes or
	// deletes.
	intentChange = "change"
	// intentGone says that the user or group itself is deleted, and that its
	// memberships are not yet.
	intentGone = "gone"
)

// intentColumns list the ids in columns I, I1, I2 and so on.
func intentColumns(at time.Time, ids []directory.ID) table.Columns {
	c := withTime(withText(nil, "K", intentChange), "At", at)
	for part := range slices.Chunk(ids, maxBucketIDs) {
		c = append(c, table.Column{Name: longName("I", len(c)-2), Value: table.Bytes(string(pack(part...)))})
	}
	return c
}

func goneColumns(at time.Time) table.Columns {
	return withTime(withText(nil, "K", intentGone), "At", at)
}

func intentIDs(c table.Columns) []directory.ID {
	var ids []directory.ID
	for i := 0; ; i++ {
		list := c.Get(longName("I", i))
		if list.Kind() == table.KindNone {
			return ids
		}
		ids = packed(list.Text()).appendTo(ids)
	}
}

// reserve writes the intent and the reverse rows of added ids. It moves the
// group row's ETag first, so that no clean-up that has already looked at the
// members can take these rows away.
func (s *Store) reserve(ctx context.Context, c *groupCommit) error {
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	ids := c.added
	first := &transaction{tenant: c.tenant, tx: tx, own: c.guard == ""}
	columns := withText(intentColumns(s.now(), ids), columnTx, tx)
	if c.guard != "" {
		first.add(table.Merge, groupRow(c.after.ID), c.guard, withText(nil, columnTx, tx))
	}
	first.insert(c.intent, columns)
	n := min(maxReverse, len(ids))
	for _, id := range ids[:n] {
		first.reverse(id, c.after.ID)
	}
	etag, err := s.commit(ctx, first)
	if conflicted(err) {
		return stale("group", err)
	}
	if err != nil {
		return fmt.Errorf("store: announce members: %w", err)
	}
	if c.guard != "" {
		c.guard = etag
	} else {
		c.intentETag = etag
	}
	c.held, ids = holdBack(ids[n:], c.room())
	return s.writeReverse(ctx, c, ids, tx)
}

// room is how many reverse rows the commit can take beside all else.
func (c *groupCommit) room() int {
	// The group's row, two rows of its name, the intent, the activity and the
	// counters; and what is removed in the commit.
	taken := 6 + len(c.lists)
	if !c.late {
		taken += len(c.removed)
	}
	return max(0, min(maxHeld, table.MaxOperations-taken))
}

// holdBack leaves the last ids for the commit where that spares a transaction.
func holdBack(ids []directory.ID, room int) (held, now []directory.ID) {
	odd := len(ids) % table.MaxOperations
	if odd == 0 || odd > room {
		return nil, ids
	}
	return ids[len(ids)-odd:], ids[:len(ids)-odd]
}

// writeReverse writes reverse rows, 100 a transaction.
func (s *Store) writeReverse(ctx context.Context, c *groupCommit, ids []directory.ID, tx string) error {
	writes, ctx := errgroup.WithContext(ctx)
	writes.SetLimit(reverseWriters)
	for part := range slices.Chunk(ids, table.MaxOperations) {
		writes.Go(func() error {
			t := &transaction{tenant: c.tenant, tx: tx}
			for _, id := range part {
				t.reverse(id, c.after.ID)
			}
			if _, err := s.commit(ctx, t); err != nil {
				return fmt.Errorf("store: write groups of members: %w", err)
			}
			return nil
		})
	}
	return writes.Wait()
}

// dropLate deletes the reverse rows of many removed ids, now that the change
// has happened, and returns the group row's ETag. What cannot be done here is
// in the intent.
func (s *Store) dropLate(ctx context.Context, c *groupCommit, etag string) string {
	d := drop{tenant: c.tenant, group: c.after.ID, intent: c.intent, ids: slices.Clone(c.removed), guard: etag}
	_ = s.dropReverse(ctx, &d) // the intent stays, and Mend tries again
	return d.guard
}

// drop is the deletion of reverse rows whose ids are no members.
type drop struct {
	tenant string
	group  directory.ID
	// intent is the row that lists the ids; it goes with the last of them.
	intent, intentETag string
	ids                []directory.ID
	// guard is the ETag of the group's row under which ids are no members; ""
	// if there is no group any more, so that the intent's own ETag guards.
	guard string
}

// dropReverse deletes the rows, and then the intent. Each transaction moves the
// guard, so a change that adds one of the ids meanwhile excludes it.
func (s *Store) dropReverse(ctx context.Context, d *drop) error {
	for {
		t, removals, err := d.build(s)
		if err != nil {
			return err
		}
		etag, err := s.commit(ctx, t)
		id, isRemoval := removals[table.FailedOperation(err)]
		switch {
		case err == nil && len(removals) == len(d.ids):
			d.advance(etag)
			return nil
		case err == nil:
			d.ids = d.ids[len(removals):]
			d.advance(etag)
		case isRemoval && fault.Is(err, fault.RowNotFound):
			d.ids = slices.DeleteFunc(d.ids, func(other directory.ID) bool { return other == id })
		case conflicted(err):
			if done, err := s.reviewDrop(ctx, d); done || err != nil {
				return err
			}
		default:
			return fmt.Errorf("store: delete groups of members: %w", err)
		}
	}
}

func (d *drop) advance(etag string) {
	if d.guard != "" {
		d.guard = etag
	} else {
		d.intentETag = etag
	}
}

// build is the next transaction: up to 98 rows under the guard, and with the
// last of them the intent.
func (d *drop) build(s *Store) (*transaction, map[int]directory.ID, error) {
	tx, err := s.newTx()
	if err != nil {
		return nil, nil, err
	}
	part := d.ids[:min(maxReverse, len(d.ids))]
	last := len(part) == len(d.ids)
	t := &transaction{tenant: d.tenant, tx: tx, own: true}
	mark := withText(nil, columnTx, tx)
	if d.guard != "" {
		t.add(table.Merge, groupRow(d.group), d.guard, mark)
	}
	switch {
	case last:
		t.add(table.Delete, d.intent, d.intentETag, nil)
	case d.guard == "":
		t.add(table.Merge, d.intent, d.intentETag, mark)
	}
	removals := make(map[int]directory.ID, len(part))
	for _, id := range part {
		removals[t.delete(reverseRow(id, d.group))] = id
	}
	return t, removals, nil
}

// reviewDrop looks again who is a member now that the group has changed. It is
// done when the intent is gone: somebody else has worked it off.
func (s *Store) reviewDrop(ctx context.Context, d *drop) (done bool, err error) {
	intent, err := s.directory.Get(ctx, d.tenant, d.intent, columnTx)
	if fault.Is(err, fault.RowNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("store: read intent: %w", err)
	}
	d.intentETag = intent.ETag
	g, members, err := s.GroupAndMembers(ctx, d.tenant, d.group)
	if fault.Is(err, fault.NotFound) {
		d.guard = ""
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, d.guard = splitGroupTag(g.ETag)
	d.ids = slices.DeleteFunc(d.ids, func(id directory.ID) bool {
		_, member := slices.BinarySearchFunc(members, id, compareIDs)
		return member
	})
	return false, nil
}

// intentOwner reads the id in the row key j-<id>-<tx>.
func intentOwner(row string) directory.ID {
	rest := strings.TrimPrefix(row, prefixIntent)
	id, _ := directory.ParseID(rest[:min(36, len(rest))])
	return id
}
