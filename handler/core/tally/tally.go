// Package tally counts what one request costs: the round trips to the tables
// that were made on its behalf.
package tally

import (
	"context"
	"sync/atomic"
)

type key struct{}

// Tally is the count of one request. It is safe for concurrent use.
type Tally struct{ trips atomic.Int64 }

// With returns a context whose round trips are counted in the tally.
func With(ctx context.Context, t *Tally) context.Context {
	return context.WithValue(ctx, key{}, t)
}

// Trip counts one round trip for whoever the context belongs to.
func Trip(ctx context.Context) {
	if t, ok := ctx.Value(key{}).(*Tally); ok {
		t.trips.Add(1)
	}
}

// Trips is the count so far.
func (t *Tally) Trips() int64 { return t.trips.Load() }
