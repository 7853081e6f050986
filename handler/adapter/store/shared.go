package store

import (
	"context"
	"fmt"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// sharedIndex is a change of an index row that several users may share, x- or
// e-: one id joins or leaves its packed list.
type sharedIndex struct {
	row    string
	id     directory.ID
	member bool
	// seen is the list as it was read, under the ETag; an unread or missing row
	// has none.
	seen packed
	etag string
	// operation is where the change stands in the transaction, or NoOperation.
	operation int
}

// sharedIndexes lists the index rows that a change touches. A value that stays
// the same costs nothing.
func sharedIndexes(change *directory.UserChange) []sharedIndex {
	var list []sharedIndex
	move := func(id directory.ID, was, is string) {
		if was == is {
			return
		}
		if was != "" {
			list = append(list, sharedIndex{row: was, id: id})
		}
		if is != "" {
			list = append(list, sharedIndex{row: is, id: id, member: true})
		}
	}
	id, wasExternal, wasEmail := indexRows(change.Before)
	after, isExternal, isEmail := indexRows(change.After)
	if id.IsZero() {
		id = after
	}
	move(id, wasExternal, isExternal)
	move(id, wasEmail, isEmail)
	return list
}

func indexRows(u *directory.User) (id directory.ID, external, email string) {
	if u == nil {
		return id, "", ""
	}
	if u.ExternalID != "" {
		external = externalRow(u.ExternalID)
	}
	if u.WorkEmail != "" {
		email = emailRow(fold(u.WorkEmail))
	}
	return u.ID, external, email
}

// readShared reads the list. Joining one is tried by an insert first, since a
// value is rarely shared, and read only on a conflict.
func (s *Store) readShared(ctx context.Context, tenant string, x *sharedIndex) error {
	row, err := s.directory.Get(ctx, tenant, x.row)
	if fault.Is(err, fault.RowNotFound) {
		x.seen, x.etag = "", ""
		return nil
	}
	if err != nil {
		return fmt.Errorf("store: read index: %w", err)
	}
	x.seen, x.etag = packed(row.Columns.Get("Ids").Text()), row.ETag
	return nil
}

// write adds the operation, if there is anything to do, and returns its index.
func (x *sharedIndex) write(t *transaction) int {
	if x.member == x.seen.has(x.id) {
		return table.NoOperation
	}
	ids := x.seen.remove(x.id)
	if x.member {
		ids = x.seen.add(x.id)
	}
	columns := table.Columns{{Name: "Ids", Value: table.Bytes(string(ids))}}
	switch {
	case x.etag == "":
		return t.insert(x.row, columns)
	case ids == "":
		return t.add(table.Delete, x.row, x.etag, nil)
	}
	return t.add(table.Replace, x.row, x.etag, columns)
}
