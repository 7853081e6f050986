package local

import (
	"testing"
	"time"
)

// A lock that had run out at the last look is no reason to wake up again, or a
// receiver would never rest.
func TestNextExpiry(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := newShelf("active")
	s.lock(1, start.Add(time.Minute))
	s.lock(2, start.Add(time.Hour))
	tests := []struct {
		name   string
		at     time.Duration
		want   time.Duration
		locked bool
	}{
		{"both hold", 0, time.Minute, true},
		{"one has run out", time.Minute, time.Hour, true},
		{"both have run out", 2 * time.Hour, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first, locked := s.nextExpiry(start.Add(test.at))
			if locked != test.locked || locked && !first.Equal(start.Add(test.want)) {
				t.Errorf("next is %v, %v", first, locked)
			}
		})
	}
}
