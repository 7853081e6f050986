package local

import (
	"bytes"
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// Table returns the table with a name. A table that nobody has written to is
// empty; the first write makes it.
func (f *File) Table(name string) table.Table {
	return &rows{file: f, bucket: []byte("table/" + name)}
}

// rows is one table: a bucket whose keys are partition, zero byte, row key.
// The zero byte sorts below all of the keys' alphabet, so that a partition's
// rows lie together.
type rows struct {
	file   *File
	bucket []byte
}

const separator = 0

func appendKey(to []byte, partition, row string) []byte {
	to = append(to, partition...)
	to = append(to, separator)
	return append(to, row...)
}

// Get implements table.Table.
func (t *rows) Get(ctx context.Context, partition, row string, columns ...string) (table.Entity, error) {
	if err := ctx.Err(); err != nil {
		return table.Entity{}, err
	}
	if err := table.CheckGet(partition, row, columns); err != nil {
		return table.Entity{}, err
	}
	tx, err := t.file.db.Begin(false)
	if err != nil {
		return table.Entity{}, asTableError(errUnavailable(err))
	}
	defer func() { _ = tx.Rollback() }() // only fails for a transaction that is closed

	raw := lookUp(tx.Bucket(t.bucket), partition, row)
	if raw == nil {
		return table.Entity{}, table.Fail(table.NoOperation, fault.RowNotFound, "the row is not there")
	}
	d := decoder{wanted: columns}
	entity, err := d.entity(nil, raw)
	if err != nil {
		return table.Entity{}, asTableError(errDamagedRow(err))
	}
	entity.Row = row
	return entity, nil
}

func lookUp(bucket *bbolt.Bucket, partition, row string) []byte {
	if bucket == nil {
		return nil
	}
	key := make([]byte, 0, 128)
	return bucket.Get(appendKey(key, partition, row))
}

// Query implements table.Table.
func (t *rows) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := ctx.Err(); err != nil {
		return table.Page{}, err
	}
	if err := table.CheckQuery(q); err != nil {
		return table.Page{}, err
	}
	tx, err := t.file.db.Begin(false)
	if err != nil {
		return table.Page{}, asTableError(errUnavailable(err))
	}
	defer func() { _ = tx.Rollback() }()

	bucket := tx.Bucket(t.bucket)
	if bucket == nil {
		return table.Page{}, nil
	}
	s := newScan(q)
	page, err := s.page(ctx, bucket.Cursor())
	if errors.Is(err, errDamaged) {
		err = asTableError(errDamagedRow(err))
	}
	return page, err
}

// scan is a query while it runs.
type scan struct {
	query  table.Query
	start  []byte
	end    []byte
	prefix int
	limit  int
	decode decoder
}

func newScan(q table.Query) *scan {
	s := &scan{query: q, limit: q.Limit, prefix: len(q.Partition) + 1, decode: decoder{wanted: q.Columns}}
	if s.limit == 0 {
		s.limit = table.MaxPage
	}
	s.start = appendKey(nil, q.Partition, q.From)
	if q.After != "" {
		s.start = append(appendKey(nil, q.Partition, q.After), 0) // the next key that can be
	}
	s.end = appendKey(nil, q.Partition, q.To)
	if q.To == "" {
		s.end[s.prefix-1] = separator + 1
	}
	return s
}

// patience is how many rows are scanned between two looks at the context.
const patience = 1024

// page reads until it has enough rows and has seen that another one follows.
func (s *scan) page(ctx context.Context, c *bbolt.Cursor) (table.Page, error) {
	var page table.Page
	scanned := 0
	for key, raw := c.Seek(s.start); key != nil && bytes.Compare(key, s.end) < 0; key, raw = c.Next() {
		if len(page.Entities) == s.limit {
			page.More, page.Next = true, page.Entities[s.limit-1].Row
			return page, nil
		}
		if scanned++; scanned%patience == 0 && ctx.Err() != nil {
			return table.Page{}, ctx.Err()
		}
		if err := s.take(&page, key[s.prefix:], raw); err != nil {
			return table.Page{}, err
		}
	}
	return page, nil
}

// take adds a row to the page if it satisfies the conditions.
func (s *scan) take(page *table.Page, row, raw []byte) error {
	matched, err := matches(raw, s.query.Where)
	if err != nil || !matched {
		return err
	}
	entity, err := s.decode.entity(row, raw)
	if err != nil {
		return err
	}
	page.Entities = append(page.Entities, entity)
	return nil
}

// asTableError gives a fault the form of the port and leaves the rest alone.
func asTableError(err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok && !errors.As(err, new(*table.Error)) {
		return &table.Error{Index: table.NoOperation, Fault: f}
	}
	return err
}

func errDamagedRow(cause error) *fault.Fault {
	return fault.New(fault.Internal, "a row of the data file is damaged; restore the file from a copy").WithCause(cause)
}
