package store

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// insertActivity writes a line of the tenant's history into the transaction of
// what it tells of. The zero Activity writes nothing.
func (t *transaction) insertActivity(a directory.Activity) {
	if a.IsZero() {
		return
	}
	var c table.Columns
	c = withText(c, "K", string(a.Kind))
	c = withText(c, "By", a.Actor)
	c = withID(c, "Id", a.Target)
	c = withID(c, "Us", a.User)
	c = withText(c, "De", a.Detail)
	c = withText(c, "F", string(a.Fault))
	if a.LeftOut > 0 {
		c = withInt(c, "LO", int64(a.LeftOut))
	}
	c = withTime(c, "At", a.At)
	at := a.At
	for t.writes(activityRow(at, t.tx)) {
		at = at.Add(1)
	}
	t.insert(activityRow(at, t.tx), c)
}

// writes tells whether the transaction has an operation on the row already.
func (t *transaction) writes(row string) bool {
	return slices.ContainsFunc(t.operations, func(o table.Operation) bool { return o.Row == row })
}

// Note writes a line of the tenant's history on its own.
func (s *Store) Note(ctx context.Context, tenant string, activity directory.Activity) error {
	if activity.IsZero() {
		return nil
	}
	tx, err := s.newTx()
	if err != nil {
		return err
	}
	t := &transaction{tenant: tenant, tx: tx, own: true}
	t.insertActivity(activity)
	if _, err := s.commit(ctx, t); err != nil {
		return fmt.Errorf("store: write activity: %w", err)
	}
	return nil
}

// maxActivityScan is how many lines one call looks at: two pages of the engine.
const maxActivityScan = 2 * table.MaxPage

// activityPosition is what follows the prefix in a row key.
var activityPosition = regexp.MustCompile(`^[0-9a-f]{16}-[0-9a-f]{8}$`)

// Activities reads lines of the tenant's history, newest first.
func (s *Store) Activities(ctx context.Context, tenant string, q directory.ActivityQuery) (directory.ActivityPage, error) {
	if q.Limit <= 0 {
		return directory.ActivityPage{}, nil
	}
	rows, err := activityRange(tenant, q.Before)
	if err != nil {
		return directory.ActivityPage{}, err
	}
	if q.User.IsZero() && q.Fault == "" && q.Kind == "" {
		rows.Limit = min(q.Limit+1, table.MaxPage)
	}
	page, looked, last := directory.ActivityPage{}, 0, ""
	for row, err := range table.Rows(ctx, s.directory, rows) {
		switch {
		case err != nil:
			return directory.ActivityPage{}, fmt.Errorf("store: list activities: %w", err)
		case len(page.Lines) == q.Limit || looked == maxActivityScan:
			page.Next = strings.TrimPrefix(last, prefixActivity)
			return page, nil
		}
		looked, last = looked+1, row.Row
		if line := activityOf(row.Columns); q.Wants(line) {
			page.Lines = append(page.Lines, line)
		}
	}
	return page, nil
}

// activityRange is the lines of a tenant behind a position, from the newest on
// for an empty one.
func activityRange(tenant, before string) (table.Query, error) {
	q := table.Query{Partition: tenant, From: prefixActivity, To: end(prefixActivity)}
	if before == "" {
		return q, nil
	}
	if !activityPosition.MatchString(before) {
		return q, fault.New(fault.InvalidValue, "before must be the next of the page before, for example before=e7563a0b8b9c7fff-0123abcd")
	}
	q.After = prefixActivity + before
	return q, nil
}

func activityOf(c table.Columns) directory.Activity {
	return directory.Activity{
		At: c.Get("At").Time(), Kind: directory.ActivityKind(c.Get("K").Text()),
		Actor: c.Get("By").Text(), Target: getID(c.Get("Id")), User: getID(c.Get("Us")), Detail: c.Get("De").Text(),
		Fault: fault.Code(c.Get("F").Text()), LeftOut: int(c.Get("LO").Int()),
	}
}
