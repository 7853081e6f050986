package entra

import (
	"context"
	"crypto/rsa"
	"fmt"
	"sync"
	"time"

	"handover/handler/core/fault"
)

const (
	// refetchAfter is how long after a fetch, whatever it came to, the next one
	// may begin: strangers can name unknown keys as often as they like.
	refetchAfter = time.Minute
	// refreshAfter is when keys are fetched though nobody misses one, so that
	// those which Entra has withdrawn go. Microsoft asks for a check every 24 h.
	refreshAfter = 24 * time.Hour
)

// keySet is the keys of one directory. A key leaves it only when a fetch has
// succeeded that no longer lists it.
type keySet struct {
	address string
	fetch   fetcher
	now     func() time.Time

	mu   sync.Mutex
	keys map[string]*rsa.PublicKey
	// tried is when the last fetch began, fetched when the last good one did.
	tried, fetched time.Time
	// failure is what the last fetch came to.
	failure error
	// flight is closed when the fetch under way has ended; nil if there is none.
	flight chan struct{}
}

// key returns the key with an id. A known one costs no wait. An unknown one is
// fault.Unauthorized when Entra does not list it, and fault.Unavailable when
// Entra could not be asked.
func (s *keySet) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	key, flight := s.look(ctx, id)
	if key != nil {
		return key, nil
	}
	if flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for Entra's keys: %w", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch key := s.keys[id]; {
	case key != nil:
		return key, nil
	case s.failure != nil:
		wait := max(time.Second, s.tried.Add(refetchAfter).Sub(s.now()))
		return nil, fault.New(fault.Unavailable, "the signing keys of Entra ID cannot be fetched just now; try again later").WithRetryAfter(wait).WithCause(s.failure)
	}
	return nil, refused("a key that Entra does not list")
}

// look returns the key, or what to wait for. It starts a fetch if one is due.
func (s *keySet) look(ctx context.Context, id string) (*rsa.PublicKey, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, now := s.keys[id], s.now()
	wanted := key == nil || now.Sub(s.fetched) >= refreshAfter
	if wanted && s.flight == nil && now.Sub(s.tried) >= refetchAfter {
		s.tried, s.flight = now, make(chan struct{})
		// The fetch serves everybody: it does not end with who began it.
		go s.refresh(context.WithoutCancel(ctx))
	}
	return key, s.flight
}

func (s *keySet) refresh(ctx context.Context) {
	keys, err := s.fetch(ctx, s.address)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
	if err == nil {
		s.keys, s.fetched = keys, s.tried
	}
	close(s.flight)
	s.flight = nil
}
