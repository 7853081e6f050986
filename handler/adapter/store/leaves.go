package store

import (
	"context"
	"fmt"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Leave reads a leave by id.
func (s *Store) Leave(ctx context.Context, tenant string, id directory.ID) (directory.Leave, error) {
	row, err := s.directory.Get(ctx, tenant, leaveRow(id))
	if fault.Is(err, fault.RowNotFound) {
		return directory.Leave{}, fault.New(fault.NotFound, "no such leave in this tenant").WithCause(err)
	}
	if err != nil {
		return directory.Leave{}, fmt.Errorf("store: read leave: %w", err)
	}
	return leaveOf(&row), nil
}

// ListLeaves reads forward over inverted ids: the newest comes first.
func (s *Store) ListLeaves(ctx context.Context, tenant string, before directory.ID, limit int) ([]directory.Leave, error) {
	if limit <= 0 {
		return nil, nil
	}
	q := table.Query{Partition: tenant, From: prefixLeave, To: end(prefixLeave), Limit: min(limit, table.MaxPage)}
	if !before.IsZero() {
		q.After = leaveRow(before)
	}
	var leaves []directory.Leave
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list leaves: %w", err)
		}
		leaves = append(leaves, leaveOf(&row))
		if len(leaves) == limit {
			break
		}
	}
	return leaves, nil
}

// insertLeave writes a new leave and its due row.
func (t *transaction) insertLeave(l *directory.Leave) {
	t.insert(leaveRow(l.ID), leaveColumns(l, t.tx))
	if due := dueOf(l); due != "" {
		t.insert(due, dueColumns(l))
	}
}

// dueOf is the key of a leave's due row: nothing for a leave that is final.
func dueOf(l *directory.Leave) string {
	if l == nil || l.State.Final() {
		return ""
	}
	return dueRow(kept(l.Due), l.ID)
}

func dueColumns(l *directory.Leave) table.Columns { return withTime(nil, "DU", l.Due) }

// CommitLeave decides a move of a leave: its row, its due row, and the state on
// the leaver's row under the version that was read.
func (s *Store) CommitLeave(ctx context.Context, tenant string, change directory.LeaveChange) (directory.Leave, error) {
	if change.Before != nil && change.Before.ETag == "" || change.Leaver != nil && change.Leaver.ETag == "" {
		return directory.Leave{}, stale("leave", nil)
	}
	if !change.After.State.Final() || change.Notice != nil {
		if err := s.hint(ctx, tenant); err != nil {
			return directory.Leave{}, err
		}
	}
	tx, err := s.newTx()
	if err != nil {
		return directory.Leave{}, err
	}
	t := &transaction{tenant: tenant, tx: tx, own: change.Before == nil}
	t.moveLeave(&change)
	etag, err := s.commit(ctx, t)
	if conflicted(err) {
		return directory.Leave{}, stale("leave", err)
	}
	if err != nil {
		return directory.Leave{}, fmt.Errorf("store: commit leave: %w", err)
	}
	return storedLeave(change.After, etag), nil
}

func (t *transaction) moveLeave(change *directory.LeaveChange) {
	before, after := change.Before, &change.After
	if before == nil {
		t.insertLeave(after)
	} else {
		t.add(table.Replace, leaveRow(after.ID), before.ETag, leaveColumns(after, t.tx))
		if was, is := dueOf(before), dueOf(after); was != is {
			if was != "" {
				t.delete(was)
			}
			if is != "" {
				t.insert(is, dueColumns(after))
			}
		}
	}
	if u := change.Leaver; u != nil {
		c := withID(nil, "LI", after.ID)
		t.add(table.Merge, userRow(u.ID), u.ETag, withText(c, "LS", string(after.State)))
	}
	if change.Notice != nil {
		t.insert(noticeRow(change.Notice), noticeColumns(change.Notice, t.tx))
	}
	t.insertActivity(change.Activity)
}

// DueLeaves reads due rows by their keys: the time stands in front.
func (s *Store) DueLeaves(ctx context.Context, tenant string, until time.Time, limit int) ([]directory.ID, error) {
	if limit <= 0 {
		return nil, nil
	}
	q := table.Query{Partition: tenant, From: prefixDue, To: behindMoment(prefixDue, until), Columns: []string{"DU"}, Limit: min(limit, table.MaxPage)}
	var due []directory.ID
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list due leaves: %w", err)
		}
		due = append(due, idAtEnd(row.Row))
		if len(due) == limit {
			break
		}
	}
	return due, nil
}

// Touch gives a user's row a new mark, and so a new version.
func (s *Store) Touch(ctx context.Context, tenant string, user directory.User) error {
	if user.ETag == "" {
		return stale("user", nil)
	}
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	t := &transaction{tenant: tenant, tx: tx}
	t.add(table.Merge, userRow(user.ID), user.ETag, withText(nil, columnTx, tx))
	_, err = s.commit(ctx, t)
	if conflicted(err) {
		return stale("user", err)
	}
	if err != nil {
		return fmt.Errorf("store: touch user: %w", err)
	}
	return nil
}
