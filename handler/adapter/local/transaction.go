package local

import (
	"context"

	"go.etcd.io/bbolt"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// Transact implements table.Table. The rows are encoded by the caller, so that
// the one writer has little left to do.
func (t *rows) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	if err := table.Check(partition, operations); err != nil {
		return nil, err
	}
	tr := newTransaction(t.bucket, partition, operations)
	if err := t.file.writer.do(ctx, tr); err != nil {
		return nil, asTableError(err)
	}
	return tr.etags, nil
}

// transaction is a table's step of the writer.
type transaction struct {
	bucket     []byte
	partition  string
	operations []table.Operation
	changes    []change
	etags      []string
}

// change is what an operation puts where; for a merge, value holds the columns
// alone until the row that it merges with is known.
type change struct {
	key, value []byte
}

// newTransaction encodes keys and rows into one piece of memory.
func newTransaction(bucket []byte, partition string, operations []table.Operation) *transaction {
	size := 0
	for i := range operations {
		size += len(partition) + 1 + len(operations[i].Row) + rowSize(operations[i].Columns)
	}
	t := &transaction{
		bucket: bucket, partition: partition, operations: operations,
		changes: make([]change, len(operations)), etags: make([]string, len(operations)),
	}
	memory := make([]byte, 0, size)
	for i := range operations {
		start := len(memory)
		memory = appendKey(memory, partition, operations[i].Row)
		split := len(memory)
		memory = appendRow(memory, operations[i].Columns)
		t.changes[i] = change{key: memory[start:split:split], value: memory[split:len(memory):len(memory)]}
	}
	return t
}

// apply checks all operations and then writes them all.
func (t *transaction) apply(g *group) error {
	bucket := g.tx.Bucket(t.bucket)
	for i := range t.operations {
		if err := t.check(bucket, i); err != nil {
			return err
		}
	}
	if bucket == nil {
		bucket = g.bucket(t.bucket)
	}
	for i := 0; i < len(t.operations) && g.broken == nil; i++ {
		t.write(g, bucket, i)
	}
	return nil
}

// check holds operation i against the row as it is now.
func (t *transaction) check(bucket *bbolt.Bucket, i int) error {
	op := &t.operations[i]
	var old []byte
	if bucket != nil {
		old = bucket.Get(t.changes[i].key)
	}
	switch {
	case op.Action == table.Upsert:
		return nil
	case op.Action == table.Insert && old == nil:
		return nil
	case op.Action == table.Insert:
		return table.Fail(i, fault.RowExists, "the row to insert is already there")
	case old == nil:
		return table.Fail(i, fault.RowNotFound, "the row is not there")
	case len(old) < headerSize:
		return &table.Error{Index: i, Fault: errDamagedRow(errDamaged)}
	case op.IfMatch != "" && op.IfMatch != etag(versionOf(old)):
		return table.Fail(i, fault.RowChanged, "the row has changed since it was read")
	case op.Action == table.Merge:
		return t.merge(i, old)
	default:
		return nil
	}
}

// merge completes the value of operation i with the columns that stay. Two rows
// that fit may not fit together.
func (t *transaction) merge(i int, old []byte) error {
	merged, err := mergeRows(old, t.changes[i].value)
	if err != nil {
		return &table.Error{Index: i, Fault: errDamagedRow(err)}
	}
	t.changes[i].value = merged
	if 2*len(merged)+sizePerColumn*columnCount(merged) < table.MaxEntity/2 && columnCount(merged) <= table.MaxColumns {
		return nil
	}
	columns, err := decodeColumns(string(merged[headerSize:]), columnCount(merged))
	if err != nil {
		return &table.Error{Index: i, Fault: errDamagedRow(err)}
	}
	if f := table.Oversize(t.partition, t.operations[i].Row, columns); f != nil {
		return &table.Error{Index: i, Fault: f}
	}
	return nil
}

// sizePerColumn is what table.Size counts for a column besides name and content.
const sizePerColumn = 12

// write carries operation i out. What it puts must stay untouched until the
// commit, which it does: nobody else holds it.
func (t *transaction) write(g *group, bucket *bbolt.Bucket, i int) {
	if t.operations[i].Action == table.Delete {
		g.note(bucket.Delete(t.changes[i].key))
		return
	}
	g.version++
	setVersion(t.changes[i].value, g.version)
	t.etags[i] = etag(g.version)
	g.note(bucket.Put(t.changes[i].key, t.changes[i].value))
}
