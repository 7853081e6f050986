package store

import (
	"context"
	"errors"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// maxTries is how often a transaction is sent whose answers are lost.
	maxTries = 5
	// firstPause is waited before the third try, and doubles then.
	firstPause = 100 * time.Millisecond
)

// columnTx marks a row with the write that it comes from.
const columnTx = "Tx"

// transaction is one decision about to be written, and how to find out whether
// it was when the answer is lost.
type transaction struct {
	// partition of the table directory.
	tenant     string
	operations []table.Operation
	// main is the operation whose row carries tx, or that deletes it.
	main int
	tx   string
	// own says that nobody else inserts or deletes the main row's key.
	own bool
	// delta is what the change does to the tenant's counters.
	delta directory.Counters
	// doubtful is set once an answer was lost.
	doubtful bool
}

func (t *transaction) moves() bool { return t.delta != directory.Counters{} }

// add appends an operation and returns its index.
func (t *transaction) add(action table.Action, row, ifMatch string, columns table.Columns) int {
	t.operations = append(t.operations, table.Operation{Action: action, Row: row, IfMatch: ifMatch, Columns: columns})
	return len(t.operations) - 1
}

func (t *transaction) insert(row string, columns table.Columns) int {
	return t.add(table.Insert, row, "", columns)
}

func (t *transaction) delete(row string) int { return t.add(table.Delete, row, "", nil) }

// commit writes a change of the table directory. It returns the new ETag of the
// main row; "" where that is gone, or where nobody can say after a lost answer,
// so that the next change must read first. An error is about the operation that
// table.FailedOperation names.
func (s *Store) commit(ctx context.Context, t *transaction) (string, error) {
	if t.moves() {
		return s.writers.of(s, t.tenant).submit(ctx, t)
	}
	return s.send(ctx, s.directory, t)
}

// send transacts until it is known whether the transaction happened.
func (s *Store) send(ctx context.Context, in table.Table, t *transaction) (string, error) {
	for try := 1; ; try++ {
		etags, err := in.Transact(ctx, t.tenant, t.operations)
		if err == nil {
			return etags[t.main], nil
		}
		lost := unanswered(err)
		t.doubtful = t.doubtful || lost
		if t.doubtful {
			etag, is := s.landed(ctx, in, t)
			if is == committed || t.mustBeOurs(err) {
				return etag, nil
			}
			lost = lost || is == undecided
		}
		if !lost {
			return "", err
		}
		if try == maxTries || pause(ctx, try) != nil {
			return "", overdue(err)
		}
	}
}

// overdue is the answer when nobody can say what became of a change.
func overdue(cause error) error {
	return fault.New(fault.StorageUnknown, "the storage did not answer in time; whether it wrote is not known, and trying again is safe").WithCause(cause)
}

// unanswered tells whether the fate of a transaction is unknown.
func unanswered(err error) bool {
	return fault.Is(err, fault.StorageUnknown) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// verdict is what is known of a transaction whose answer was lost.
type verdict int

const (
	undecided verdict = iota
	committed
	// missing means not yet: what is under way may still arrive, but then it
	// collides with the next try.
	missing
)

// landed reads the main row of a transaction whose answer was lost.
func (s *Store) landed(ctx context.Context, in table.Table, t *transaction) (etag string, is verdict) {
	op := &t.operations[t.main]
	row, err := in.Get(ctx, t.tenant, op.Row, columnTx)
	gone := fault.Is(err, fault.RowNotFound)
	switch {
	case gone && op.Action == table.Delete:
		return "", committed
	case err != nil && !gone:
		return "", undecided
	case !gone && op.Action != table.Delete && row.Columns.Get(columnTx).Text() == t.tx:
		return row.ETag, committed
	}
	return "", missing
}

// mustBeOurs tells that a conflict over the main row proves that the lost
// answer was a yes: the row that we insert is there and has changed since, or
// the one that we delete is gone.
func (t *transaction) mustBeOurs(err error) bool {
	if !t.doubtful || table.FailedOperation(err) != t.main {
		return false
	}
	switch t.operations[t.main].Action {
	case table.Insert:
		return t.own && fault.Is(err, fault.RowExists)
	case table.Delete:
		return fault.Is(err, fault.RowNotFound)
	}
	return false
}

// pause waits before the next try: not at all, then 100 ms, 200 ms and so on.
func pause(ctx context.Context, try int) error {
	if try < 2 {
		return ctx.Err()
	}
	timer := time.NewTimer(firstPause << (try - 2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// conflicted tells whether a row was not as the transaction wanted it.
func conflicted(err error) bool {
	return fault.Is(err, fault.RowChanged) || fault.Is(err, fault.RowExists) || fault.Is(err, fault.RowNotFound)
}

// stale is the answer to a change of what is no longer as it was read.
func stale(what string, cause error) error {
	return fault.New(fault.RowChanged, "the %s changed while this change was being made; try again", what).WithCause(cause)
}
