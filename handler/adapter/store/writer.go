package store

import (
	"context"
	"sync"

	"handover/handler/adapter/table"
)

const (
	// maxBatchSize is the most bytes, counted by table.Size, of the changes that
	// share a transaction. In the worst case JSON triples them, and 4 MiB is the
	// limit.
	maxBatchSize = 1 << 20
	// maxIdleWriters is how many tenants' counters a process remembers at least.
	maxIdleWriters = 4096
)

// writers holds one writer a tenant.
type writers struct {
	mu       sync.Mutex
	byTenant map[string]*writer
}

// writer combines the changes of one tenant that move its counters. While one
// transaction is in flight the next changes wait, and then share the next one
// with a single merge of the counter row: free-running writers would spend
// most of their tries on conflicts over that row.
type writer struct {
	store  *Store
	tenant string

	mu      sync.Mutex
	waiting []*submission
	running bool

	// counter is used by the running flush alone.
	counter counterRow
}

// submission is a transaction that waits for the writer.
type submission struct {
	ctx context.Context
	*transaction
	size int
	etag string
	err  error
	// decided is set before done is closed, by the flush alone.
	decided bool
	done    chan struct{}
}

func (w *writers) of(s *Store, tenant string) *writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byTenant == nil {
		w.byTenant = map[string]*writer{}
	}
	one := w.byTenant[tenant]
	if one == nil {
		one = &writer{store: s, tenant: tenant}
		w.byTenant[tenant] = one
	}
	return one
}

// retire forgets an idle writer where there are many. Should somebody submit to
// it nevertheless, two writers of a tenant meet at the counter row's ETag.
func (w *writers) retire(one *writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.byTenant) > maxIdleWriters {
		delete(w.byTenant, one.tenant)
	}
}

// submit waits until the transaction is decided.
func (w *writer) submit(ctx context.Context, t *transaction) (string, error) {
	sub := &submission{ctx: ctx, transaction: t, done: make(chan struct{})}
	for i := range t.operations {
		sub.size += table.Size(t.tenant, t.operations[i].Row, t.operations[i].Columns)
	}
	w.enqueue(sub)
	select {
	case <-sub.done:
	case <-ctx.Done():
		if w.withdraw(sub) {
			return "", ctx.Err()
		}
		<-sub.done
	}
	return sub.etag, sub.err
}

// enqueue starts the work where nobody is at it; an idle writer has no
// goroutine.
func (w *writer) enqueue(sub *submission) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, sub)
	if !w.running {
		w.running = true
		go w.run()
	}
}

// withdraw takes a submission back that no flush has taken yet.
func (w *writer) withdraw(sub *submission) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.waiting {
		if other == sub {
			w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (w *writer) run() {
	for {
		batch := w.take()
		if len(batch) == 0 {
			w.store.writers.retire(w)
			return
		}
		w.guarded(batch)
	}
}

// take picks what fits one transaction beside the counter row: no row twice, at
// most 100 operations. The rest keeps its order.
func (w *writer) take() []*submission {
	w.mu.Lock()
	defer w.mu.Unlock()
	var batch, rest []*submission
	rows := map[string]bool{}
	operations, size := 1, 0
	for _, sub := range w.waiting {
		fits := operations+len(sub.operations) <= table.MaxOperations && size+sub.size <= maxBatchSize
		if len(batch) > 0 && (!fits || sub.touches(rows)) {
			rest = append(rest, sub)
			continue
		}
		sub.mark(rows)
		batch = append(batch, sub)
		operations, size = operations+len(sub.operations), size+sub.size
	}
	w.waiting = rest
	w.running = len(batch) > 0
	return batch
}

func (t *transaction) touches(rows map[string]bool) bool {
	for i := range t.operations {
		if rows[t.operations[i].Row] {
			return true
		}
	}
	return false
}

func (t *transaction) mark(rows map[string]bool) {
	for i := range t.operations {
		rows[t.operations[i].Row] = true
	}
}
