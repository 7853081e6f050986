package store

import (
	"context"
	"fmt"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// DueNotices reads notices by their keys: the time stands in front.
func (s *Store) DueNotices(ctx context.Context, tenant string, until time.Time, limit int) ([]directory.Notice, error) {
	if limit <= 0 {
		return nil, nil
	}
	q := table.Query{Partition: tenant, From: prefixNotice, To: behindMoment(prefixNotice, until), Limit: min(limit, table.MaxPage)}
	var due []directory.Notice
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list notices: %w", err)
		}
		if due = append(due, noticeOf(&row)); len(due) == limit {
			break
		}
	}
	return due, nil
}

// CommitNotice moves a notice to its next time, or ends it.
func (s *Store) CommitNotice(ctx context.Context, tenant string, change directory.NoticeChange) (directory.Notice, error) {
	if change.Before.ETag == "" {
		return directory.Notice{}, stale("notice", nil)
	}
	if change.After != nil {
		if err := s.hint(ctx, tenant); err != nil {
			return directory.Notice{}, err
		}
	}
	tx, err := s.newTx()
	if err != nil {
		return directory.Notice{}, err
	}
	t := &transaction{tenant: tenant, tx: tx}
	if change.After != nil {
		t.insert(noticeRow(change.After), noticeColumns(change.After, tx))
	}
	t.add(table.Delete, noticeRow(&change.Before), change.Before.ETag, nil)
	t.insertActivity(change.Activity)
	etag, err := s.commit(ctx, t)
	if conflicted(err) {
		return directory.Notice{}, stale("notice", err)
	}
	if err != nil {
		return directory.Notice{}, fmt.Errorf("store: commit notice: %w", err)
	}
	if change.After == nil {
		return directory.Notice{}, nil
	}
	after := *change.After
	after.At, after.Due, after.ETag = kept(after.At), kept(after.Due), etag
	return after, nil
}

// noticeColumns are the columns of a row o-.
func noticeColumns(n *directory.Notice, tx string) table.Columns {
	c := make(table.Columns, 0, 10)
	c = withID(c, "Id", n.Leave)
	c = withInt(c, "AT", int64(n.Attempt))
	c = withText(c, "ST", string(n.State))
	c = withText(c, "CO", string(n.Code))
	c = withText(c, "RE", n.Reason)
	c = withTime(c, "At", n.At)
	c = withInt(c, "TR", int64(n.Tries))
	c = withTime(c, "DU", n.Due)
	return withText(c, columnTx, tx)
}

// noticeOf reads a row o-.
func noticeOf(row *table.Entity) directory.Notice {
	c := row.Columns
	return directory.Notice{
		Leave: getID(c.Get("Id")), Attempt: int(c.Get("AT").Int()), State: directory.LeaveState(c.Get("ST").Text()),
		Code: fault.Code(c.Get("CO").Text()), Reason: c.Get("RE").Text(), At: c.Get("At").Time(),
		Tries: int(c.Get("TR").Int()), Due: c.Get("DU").Time(), ETag: row.ETag,
	}
}
