package store

// What tests look at from outside.
var (
	Key     = key
	Fold    = fold
	Writers = func(s *Store) int { return len(s.writers.byTenant) }
	Locks   = func(s *Store) int { return len(s.groups.held) }
)
