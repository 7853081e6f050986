package history

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"handover/handler/core/directory"
)

const (
	// refusalsPerSecond is how many refusals of one tenant are written; those
	// beyond are counted.
	refusalsPerSecond = 10
	// refusalBacklog is how many refusals of all tenants may wait to be written.
	refusalBacklog = 1024
	// scribes is how many are written at once.
	scribes = 4
)

// Refusals writes down what was refused, beside the request that was, so that
// neither a slow storage nor a broken one delays its answer. What it cannot keep
// up with is counted, and the next line of the tenant says how much that was.
type Refusals struct {
	note    func(ctx context.Context, tenant string, line directory.Activity) error
	now     func() time.Time
	failed  func(error)
	backlog chan refusal

	mu      sync.Mutex
	tenants map[string]*allowance
}

// refusal is a line that waits to be written.
type refusal struct {
	tenant string
	line   directory.Activity
}

// allowance is what one tenant may still have written in this second.
type allowance struct {
	limiter *rate.Limiter
	// leftOut counts the lines that were not written since the last one that was;
	// latest is the latest of them.
	leftOut int
	latest  directory.Activity
}

// NewRefusals makes a Refusals that writes by note; failed is told what could not
// be written, by several at once.
func NewRefusals(note func(ctx context.Context, tenant string, line directory.Activity) error, now func() time.Time, failed func(error)) *Refusals {
	return &Refusals{note: note, now: now, failed: failed, backlog: make(chan refusal, refusalBacklog), tenants: map[string]*allowance{}}
}

// Refused takes a line. It never blocks.
func (r *Refusals) Refused(tenant string, line directory.Activity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.tenants[tenant]
	if a == nil {
		a = &allowance{limiter: rate.NewLimiter(refusalsPerSecond, refusalsPerSecond)}
		r.tenants[tenant] = a
	}
	if !r.pass(tenant, a, line) {
		a.leftOut++
		a.latest = line
	}
}

// pass hands a line over to be written, with what was left out before it, unless
// the tenant has no allowance left or the backlog is full.
func (r *Refusals) pass(tenant string, a *allowance, line directory.Activity) bool {
	now := r.now()
	if a.limiter.TokensAt(now) < 1 {
		return false
	}
	line.LeftOut = a.leftOut
	select {
	case r.backlog <- refusal{tenant, line}:
		a.limiter.AllowN(now, 1)
		a.leftOut = 0
		return true
	default:
		return false
	}
}

// Run writes until the context ends.
func (r *Refusals) Run(ctx context.Context) {
	var group sync.WaitGroup
	for range scribes {
		group.Go(func() { r.write(ctx) })
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			r.settle()
		}
	}
	group.Wait()
}

// settle writes the latest line that was left out of tenants for whom nothing
// came since, and forgets those who have their whole allowance.
func (r *Refusals) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for tenant, a := range r.tenants {
		if a.leftOut > 0 {
			a.leftOut--
			if !r.pass(tenant, a, a.latest) {
				a.leftOut++
			}
		} else if a.limiter.TokensAt(r.now()) >= refusalsPerSecond {
			delete(r.tenants, tenant)
		}
	}
}

func (r *Refusals) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-r.backlog:
			if err := r.note(ctx, one.tenant, one.line); err != nil && ctx.Err() == nil {
				r.failed(err)
			}
		}
	}
}
