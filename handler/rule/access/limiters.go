package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiters holds one limiter a key, and no more than a number of them: a full one
// gives up, of a few taken at random, that with the most allowance left.
type limiters[K comparable] struct {
	limit       rate.Limit
	burst, size int
	now         func() time.Time

	mu    sync.Mutex
	byKey map[K]*rate.Limiter
}

func newLimiters[K comparable](limit rate.Limit, burst, size int, now func() time.Time) *limiters[K] {
	return &limiters[K]{limit: limit, burst: burst, size: size, now: now, byKey: make(map[K]*rate.Limiter)}
}

// take is how long the key must wait for its turn, which it then does not take; 0
// if it has had it.
func (l *limiters[K]) take(key K) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	limiter, held := l.byKey[key]
	if !held {
		if len(l.byKey) >= l.size {
			delete(l.byKey, l.calmest(now))
		}
		limiter = rate.NewLimiter(l.limit, l.burst)
		l.byKey[key] = limiter
	}
	r := limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// calmest is, of a few keys taken at random, the one with the most allowance.
func (l *limiters[K]) calmest(now time.Time) (calmest K) {
	const sample = 8
	n, most := 0, -1.0
	for key, limiter := range l.byKey {
		if left := limiter.TokensAt(now); left > most {
			calmest, most = key, left
		}
		if n++; n == sample {
			break
		}
	}
	return calmest
}
