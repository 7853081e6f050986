package local

import (
	"sync"
	"time"
)

// shelf is one of a queue's two heaps of messages: the active ones or the dead
// letters. Which are locked is known in memory alone.
type shelf struct {
	name []byte

	mu      sync.Mutex
	locks   map[uint64]lock
	granted uint64
	changed chan struct{}
}

// lock hides the message with a number from all but one receiver.
type lock struct {
	token uint64
	until time.Time
}

func newShelf(name string) *shelf {
	return &shelf{name: []byte(name), locks: map[uint64]lock{}, changed: make(chan struct{})}
}

// news is closed when a message has become visible.
func (s *shelf) news() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *shelf) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// nextExpiry is when the first of the locks that held at a moment runs out. It
// drops those that had run out by then.
func (s *shelf) nextExpiry(at time.Time) (first time.Time, locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for number, l := range s.locks {
		switch {
		case !at.Before(l.until):
			delete(s.locks, number)
		case !locked || l.until.Before(first):
			first, locked = l.until, true
		}
	}
	return first, locked
}

// locked tells whether somebody holds the message now.
func (s *shelf) locked(number uint64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.locks[number]
	return ok && now.Before(l.until)
}

// holds tells whether the lock with a token is still the valid one.
func (s *shelf) holds(number, token uint64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.locks[number]
	return ok && l.token == token && now.Before(l.until)
}

func (s *shelf) lock(number uint64, until time.Time) (token uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.granted++
	s.locks[number] = lock{token: s.granted, until: until}
	return s.granted
}

// unlock gives up the lock with a token, if it is still the one.
func (s *shelf) unlock(number, token uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[number].token == token {
		delete(s.locks, number)
	}
}
