package tabletest

import (
	"context"
	"sync/atomic"
	"time"

	"handover/handler/adapter/table"
)

// Counts are numbers of requests.
type Counts struct {
	Get, Query, Transact int64
}

// Total is the number of all requests.
func (c Counts) Total() int64 { return c.Get + c.Query + c.Transact }

// Counter is an engine that counts the requests made of it.
type Counter struct {
	inner               table.Table
	gets, queries, sent atomic.Int64
}

// Counting counts the requests to an engine.
func Counting(inner table.Table) *Counter { return &Counter{inner: inner} }

// Take returns the counts since the last Take and begins anew.
func (c *Counter) Take() Counts {
	return Counts{Get: c.gets.Swap(0), Query: c.queries.Swap(0), Transact: c.sent.Swap(0)}
}

// Get implements table.Table.
func (c *Counter) Get(ctx context.Context, partition, row string, columns ...string) (table.Entity, error) {
	c.gets.Add(1)
	return c.inner.Get(ctx, partition, row, columns...)
}

// Query implements table.Table.
func (c *Counter) Query(ctx context.Context, q table.Query) (table.Page, error) {
	c.queries.Add(1)
	return c.inner.Query(ctx, q)
}

// Transact implements table.Table.
func (c *Counter) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	c.sent.Add(1)
	return c.inner.Transact(ctx, partition, operations)
}

// Delayed makes every request of an engine take a time longer. In the fake time
// of testing/synctest, where all else takes none, the time that an operation
// takes, divided by delay, is the number of requests that waited for one
// another: its depth.
func Delayed(inner table.Table, delay time.Duration) table.Table {
	return &delayed{inner: inner, delay: delay}
}

type delayed struct {
	inner table.Table
	delay time.Duration
}

// Get implements table.Table.
func (d *delayed) Get(ctx context.Context, partition, row string, columns ...string) (table.Entity, error) {
	time.Sleep(d.delay)
	return d.inner.Get(ctx, partition, row, columns...)
}

// Query implements table.Table.
func (d *delayed) Query(ctx context.Context, q table.Query) (table.Page, error) {
	time.Sleep(d.delay)
	return d.inner.Query(ctx, q)
}

// Transact implements table.Table.
func (d *delayed) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	time.Sleep(d.delay)
	return d.inner.Transact(ctx, partition, operations)
}
