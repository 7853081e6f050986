package access

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"handover/handler/core/fault"
)

// answer is what the store said about one key.
type answer[V any] struct {
	value V
	// known is false when the store has no such row.
	known bool
	// asked is when the read began: the answer is at least as true as then.
	asked time.Time
}

// flight is one read under way, shared by all who want its answer.
type flight[V any] struct {
	done   chan struct{}
	answer answer[V]
	err    error
}

// cache keeps the store's answers for a short time. It holds a bounded number
// of them, and reads each key once at a time, however many ask for it.
type cache[K comparable, V any] struct {
	read func(ctx context.Context, key K) (V, error)
	now  func() time.Time
	size int

	mu      sync.Mutex
	answers map[K]answer[V]
	flights map[K]*flight[V]
}

func newCache[K comparable, V any](size int, now func() time.Time, read func(context.Context, K) (V, error)) *cache[K, V] {
	return &cache[K, V]{
		read: read, now: now, size: size,
		answers: make(map[K]answer[V]), flights: make(map[K]*flight[V]),
	}
}

// peek is the latest answer about a key without a read; fresh tells whether it
// may still decide.
func (c *cache[K, V]) peek(key K) (a answer[V], fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, held := c.answers[key]
	return a, held && c.fresh(a)
}

// get is a fresh answer about a key, from the cache or from the store.
func (c *cache[K, V]) get(ctx context.Context, key K) (answer[V], error) {
	c.mu.Lock()
	if a, held := c.answers[key]; held && c.fresh(a) {
		c.mu.Unlock()
		return a, nil
	}
	f, under := c.flights[key]
	if !under {
		f = &flight[V]{done: make(chan struct{})}
		c.flights[key] = f
		go c.fly(context.WithoutCancel(ctx), key, f)
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.answer, f.err
	case <-ctx.Done():
		return answer[V]{}, ctx.Err()
	}
}

// fly reads a key. It does not end with the request that began it, because
// others may wait for it; readTimeout bounds it.
func (c *cache[K, V]) fly(ctx context.Context, key K, f *flight[V]) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	f.answer.asked = c.now()
	f.answer.value, f.err = c.ask(ctx, key)
	f.answer.known = f.err == nil
	if fault.Is(f.err, fault.NotFound) {
		f.err = nil
	}
	c.mu.Lock()
	if c.flights[key] == f {
		delete(c.flights, key)
		if f.err == nil {
			c.keep(key, f.answer)
		}
	}
	c.mu.Unlock()
	close(f.done)
}

func (c *cache[K, V]) ask(ctx context.Context, key K) (value V, err error) {
	defer survive(&err)
	return c.read(ctx, key)
}

// survive is deferred where a panic would end the process, and makes a fault of
// it.
func survive(err *error) {
	if p := recover(); p != nil {
		*err = fault.New(fault.Internal, "something failed inside the service; the request may be tried again").
			WithCause(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}
}

// drop forgets the keys that match. A read of one of them that is under way
// answers those who wait for it already, and nobody later.
func (c *cache[K, V]) drop(match func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.answers {
		if match(key) {
			delete(c.answers, key)
		}
	}
	for key := range c.flights {
		if match(key) {
			delete(c.flights, key)
		}
	}
}

func (c *cache[K, V]) fresh(a answer[V]) bool {
	limit := maxAge
	if !a.known {
		limit = maxAgeUnknown
	}
	return c.now().Sub(a.asked) < limit
}

// keep stores an answer. A full cache gives up one of a few taken at random:
// what the store does not know first, else the oldest.
func (c *cache[K, V]) keep(key K, a answer[V]) {
	if _, held := c.answers[key]; !held && len(c.answers) >= c.size {
		delete(c.answers, c.worst())
	}
	c.answers[key] = a
}

func (c *cache[K, V]) worst() (worst K) {
	const sample = 8
	var held answer[V]
	n := 0
	for key, a := range c.answers {
		if n == 0 || (held.known && !a.known) || (held.known == a.known && a.asked.Before(held.asked)) {
			worst, held = key, a
		}
		if n++; n == sample {
			break
		}
	}
	return worst
}
