package tabletest

import (
	"context"
	"sync"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// Method is one of the methods of table.Table.
type Method string

// The methods.
const (
	Get      Method = "Get"
	Query    Method = "Query"
	Transact Method = "Transact"
)

// Call is what a plan decides on.
type Call struct {
	Method    Method
	Partition string
	// Number counts the calls of this method from 1.
	Number int
	// Operations are those of a Transact.
	Operations []table.Operation
}

// Outcome is what becomes of a call.
type Outcome int

// The outcomes.
const (
	// Pass hands the call to the engine.
	Pass Outcome = iota
	// FailBefore answers fault.StorageUnknown and does nothing.
	FailBefore
	// FailAfter does it, and answers fault.StorageUnknown all the same: the
	// answer was lost.
	FailAfter
	// Busy answers fault.StorageBusy and does nothing.
	Busy
)

// Plan decides about every call. Calls come one at a time.
type Plan func(Call) Outcome

// Nth plans an outcome for the n-th call of a method and lets all others pass.
func Nth(method Method, n int, outcome Outcome) Plan {
	return func(c Call) Outcome {
		if c.Method == method && c.Number == n {
			return outcome
		}
		return Pass
	}
}

// Faulty makes an engine fail as planned.
func Faulty(inner table.Table, plan Plan) table.Table {
	return &faulty{inner: inner, plan: plan, calls: map[Method]int{}}
}

type faulty struct {
	inner table.Table
	mu    sync.Mutex
	plan  Plan
	calls map[Method]int
}

func (f *faulty) decide(c Call) Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[c.Method]++
	c.Number = f.calls[c.Method]
	return f.plan(c)
}

// around runs a call as planned; err is what the engine answered.
func (f *faulty) around(c Call, run func() error) error {
	switch f.decide(c) {
	case FailBefore:
		return table.Fail(table.NoOperation, fault.StorageUnknown, "planned failure before the %s", c.Method)
	case FailAfter:
		_ = run() // lost on the way
		return table.Fail(table.NoOperation, fault.StorageUnknown, "planned failure after the %s", c.Method)
	case Busy:
		return table.Fail(table.NoOperation, fault.StorageBusy, "planned refusal of the %s", c.Method)
	default:
		return run()
	}
}

// Get implements table.Table.
func (f *faulty) Get(ctx context.Context, partition, row string, columns ...string) (entity table.Entity, err error) {
	err = f.around(Call{Method: Get, Partition: partition}, func() error {
		entity, err = f.inner.Get(ctx, partition, row, columns...)
		return err
	})
	if err != nil {
		return table.Entity{}, err
	}
	return entity, nil
}

// Query implements table.Table.
func (f *faulty) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = f.around(Call{Method: Query, Partition: q.Partition}, func() error {
		page, err = f.inner.Query(ctx, q)
		return err
	})
	if err != nil {
		return table.Page{}, err
	}
	return page, nil
}

// Transact implements table.Table.
func (f *faulty) Transact(ctx context.Context, partition string, operations []table.Operation) (etags []string, err error) {
	err = f.around(Call{Method: Transact, Partition: partition, Operations: operations}, func() error {
		etags, err = f.inner.Transact(ctx, partition, operations)
		return err
	})
	if err != nil {
		return nil, err
	}
	return etags, nil
}
