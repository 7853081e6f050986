package access

import (
	"golang.org/x/time/rate"

	"handover/handler/core/fault"
)

// maxThrottled is how many tenants' limiters a process remembers, about 1 MB.
const maxThrottled = 4096

// Rate is how many requests of each tenant a process admits, from its directory
// and its application together. The zero value admits all.
type Rate struct {
	// PerSecond is the rate in the long run, Burst what may come at once.
	PerSecond, Burst int
}

// throttle makes each tenant keep to the rate. It is asked after the caller has
// proven who it is, so that no stranger uses up what a tenant has.
type throttle struct{ tenants *limiters[string] }

func newThrottle(c Config) throttle {
	if c.Rate.PerSecond == 0 {
		return throttle{}
	}
	return throttle{newLimiters[string](rate.Limit(c.Rate.PerSecond), c.Rate.Burst, maxThrottled, c.Now)}
}

// take is fault.RateLimited when the tenant has had its share.
func (t throttle) take(tenant string) error {
	if t.tenants == nil {
		return nil
	}
	if wait := t.tenants.take(tenant); wait > 0 {
		return fault.New(fault.RateLimited, "the tenant sends more requests than it may; go on after the time in Retry-After").WithRetryAfter(wait)
	}
	return nil
}
