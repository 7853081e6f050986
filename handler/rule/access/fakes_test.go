package access_test

import (
	"context"
	"sync"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// tenants is the part of directory.Tenants that a Gate reads, in memory.
type tenants struct {
	directory.Tenants
	mu          sync.Mutex
	settings    map[string]directory.Tenant
	credentials map[string]credential.Credential
	reads       int
	failure     error
	panics      bool
	// delay is how long a read takes.
	delay time.Duration
	// used are the ids of credentials whose use was written.
	used []string
}

func newTenants() *tenants {
	return &tenants{
		settings:    map[string]directory.Tenant{},
		credentials: map[string]credential.Credential{},
	}
}

func (f *tenants) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	t, known, err := read(ctx, f, f.settings, id)
	if !known && err == nil {
		err = fault.New(fault.NotFound, "no tenant %s", id)
	}
	return t, err
}

func (f *tenants) Credential(ctx context.Context, tenant, id string) (credential.Credential, error) {
	c, known, err := read(ctx, f, f.credentials, tenant+"/"+id)
	if !known && err == nil {
		err = fault.New(fault.NotFound, "no credential %s", id)
	}
	return c, err
}

func (f *tenants) UsedCredential(_ context.Context, _, id string, _ time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used = append(f.used, id)
	return nil
}

func read[V any](ctx context.Context, f *tenants, from map[string]V, key string) (V, bool, error) {
	f.mu.Lock()
	f.reads++
	v, known := from[key]
	failure, panics, delay := f.failure, f.panics, f.delay
	f.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
	if panics {
		panic("the store broke")
	}
	return v, known && failure == nil, failure
}

// with changes what is stored.
func (f *tenants) with(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// took is how many reads there were since it was asked last.
func (f *tenants) took() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.reads
	f.reads = 0
	return n
}
