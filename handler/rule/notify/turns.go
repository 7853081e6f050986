package notify

import "sync"

// turns lets one delivery of a tenant be under way in a process.
type turns struct {
	mu sync.Mutex
	// taken has the tenants that somebody is at; true asks them to look once more.
	taken map[string]bool
}

// take begins a turn. If somebody has it, they are asked to look once more.
func (t *turns) take(tenant string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken == nil {
		t.taken = map[string]bool{}
	}
	_, busy := t.taken[tenant]
	t.taken[tenant] = busy
	return !busy
}

// give ends a turn, unless it may go on and somebody has asked to look once more.
func (t *turns) give(tenant string, mayGoOn bool) (goOn bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mayGoOn && t.taken[tenant] {
		t.taken[tenant] = false
		return true
	}
	delete(t.taken, tenant)
	return false
}
