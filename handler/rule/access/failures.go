package access

import (
	"context"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// How often a caller may fail: a typing error in a directory's settings, which is
// tried a few times a minute, stays far below.
const (
	failuresPerSecond = 1
	failuresAtOnce    = 30
	// maxFailing is how many callers who failed a process remembers, about 2 MB.
	maxFailing = 8192
)

type addressKey struct{}

// From returns a context that tells from which address, a short text, a request
// comes: failures are then counted by address and tenant, else by tenant alone.
func From(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// failing is whom failures are counted for.
type failing struct{ address, tenant string }

// newFailures counts failed proofs. It is never asked before a proof has been
// looked at: many customers' directories call from the same addresses, and
// whoever could use up a limit there would lock the others out.
func newFailures(now func() time.Time) *limiters[failing] {
	return newLimiters[failing](failuresPerSecond, failuresAtOnce, maxFailing, now)
}

// failed counts a refusal and returns it, or fault.RateLimited in its place to
// who failed too often. Other errors, and none, pass through.
func (g *Gate) failed(ctx context.Context, tenant string, err error) error {
	if !fault.Is(err, fault.Unauthorized) {
		return err
	}
	address, _ := ctx.Value(addressKey{}).(string)
	who := failing{address: address}
	if directory.ValidTenantID(tenant) {
		who.tenant = tenant
	}
	if wait := g.failures.take(who); wait > 0 {
		return fault.New(fault.RateLimited, "too many wrong tokens; correct ones pass all the same").WithRetryAfter(wait).WithCause(err)
	}
	return err
}
