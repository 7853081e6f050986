package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// flaky panics in its first transaction with the tenant's counters.
type flaky struct {
	table.Table
	once *sync.Once
}

func (f flaky) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	if operations[len(operations)-1].Row == "q" {
		f.once.Do(func() { panic("a defect") })
	}
	return f.Table.Transact(ctx, partition, operations)
}

// A defect in the goroutine that writes the counters is the fault of the changes
// that it was writing, and not the end of the process.
func TestPanicOfTheCounterWriter(t *testing.T) {
	w := newWorld(t)
	s := w.openOn(flaky{w.directory, &sync.Once{}}, w.records)
	ann := w.user("ann")
	change := directory.UserChange{After: &ann, Activity: did(directory.UserCreated)}
	if _, err := s.CommitUser(t.Context(), tenant, change); !fault.Is(err, fault.Internal) {
		t.Errorf("the change that met it: %v", err)
	}
	if _, err := s.CommitUser(t.Context(), tenant, change); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if c, err := s.Counters(t.Context(), tenant); err != nil || c.Users != 1 {
		t.Errorf("%d users, %v", c.Users, err)
	}
}

// panicking is a table whose transactions end in a panic.
type panicking struct{ table.Table }

func (panicking) Transact(context.Context, string, []table.Operation) ([]string, error) {
	time.Sleep(time.Millisecond)
	panic("a defect")
}

// A defect that ends one change of members in a panic keeps nobody waiting who
// had joined it.
func TestPanicKeepsNobodyWaiting(t *testing.T) {
	w := crowd(t)
	ids, group := w.users(20), w.group("sales")
	s := w.openOn(panicking{w.directory}, w.records)
	outcomes(len(ids), func(i int) (err error) {
		defer func() { _ = recover() }()
		after := group
		_, err = s.CommitGroup(t.Context(), tenant, directory.GroupChange{
			Before: &group, After: &after, Rebase: true, Members: directory.MemberChange{Add: ids[i : i+1]},
		})
		return err
	})
	w.sound()
}
