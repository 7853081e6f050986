package access

import (
	"context"
	"sync"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/tally"
)

const (
	// usedEvery is how often at most the last use of a credential is written.
	usedEvery = time.Minute
	// useTimeout bounds one such write, which nobody waits for.
	useTimeout = 10 * time.Second
	// maxUses is how many credentials a process remembers.
	maxUses = 8192
)

// uses remembers when this process last wrote that a credential was used.
type uses struct {
	mu      sync.Mutex
	written map[credentialKey]time.Time
}

// due tells whether a use is to be written, and takes note that it is.
func (u *uses) due(key credentialKey, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, ok := u.written[key]; ok && now.Sub(at) < usedEvery {
		return false
	}
	if u.written == nil || len(u.written) >= maxUses {
		u.written = map[credentialKey]time.Time{}
	}
	u.written[key] = now
	return true
}

// used writes beside the request when a credential was last used. The request
// neither waits for it nor pays for it, and a write that fails is made up for
// with the next use.
func (g *Gate) used(ctx context.Context, tenant string, c answer[credential.Credential]) {
	now := g.now()
	key := credentialKey{tenant, c.value.ID}
	if !c.known || now.Sub(c.value.LastUsed) < usedEvery || !g.uses.due(key, now) {
		return
	}
	ctx, cancel := context.WithTimeout(tally.With(context.WithoutCancel(ctx), new(tally.Tally)), useTimeout)
	go func() {
		defer cancel()
		defer func() { _ = recover() }()                         // a note is no reason to end the process
		_ = g.store.UsedCredential(ctx, key.tenant, key.id, now) // the next use makes up for it
	}()
}
