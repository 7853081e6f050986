package store

import (
	"context"
	"fmt"
	"slices"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
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
	c = withText(c, "De", a.Detail)
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

// Activities reads the newest lines of the tenant's history.
func (s *Store) Activities(ctx context.Context, tenant string, limit int) ([]directory.Activity, error) {
	if limit <= 0 {
		return nil, nil
	}
	var list []directory.Activity
	q := table.Query{Partition: tenant, From: prefixActivity, To: end(prefixActivity), Limit: min(limit, table.MaxPage)}
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list activities: %w", err)
		}
		list = append(list, activityOf(row.Columns))
		if len(list) == limit {
			break
		}
	}
	return list, nil
}

func activityOf(c table.Columns) directory.Activity {
	return directory.Activity{
		At: c.Get("At").Time(), Kind: directory.ActivityKind(c.Get("K").Text()),
		Actor: c.Get("By").Text(), Target: getID(c.Get("Id")), Detail: c.Get("De").Text(),
	}
}
