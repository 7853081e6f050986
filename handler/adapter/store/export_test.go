package store

// What tests look at from outside.
var (
	Key      = key
	Fold     = fold
	Prefixes = prefixes
	Writers  = func(s *Store) int { return len(s.writers.byTenant) }
	Locks    = func(s *Store) int { return len(s.groups.held) }
)

// RowKinds lists the beginnings of all row keys: those of a tenant's partition,
// of the partition "~", and of the table records.
var RowKinds = [3][]string{
	{
		rowTenant, rowCounters, prefixCredential, prefixUser, prefixName, prefixExternal, prefixEmail, prefixGroup,
		prefixDisplay, prefixMembers, prefixReverse, prefixIntent, prefixLeave, prefixDue, prefixNotice, prefixActivity,
	},
	{prefixTenant, prefixHint, prefixPurge},
	{prefixRecord, prefixOwned, prefixChunk},
}
