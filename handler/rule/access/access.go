// Package access answers who is calling, and whether they may: it compares the
// token that was shown with the tenant's credentials, and an operator's key
// with the deployment's.
//
// It keeps a snapshot of each tenant's settings and credentials, at most five
// seconds old, so that a request does not pay for the check with a read of its
// own.
package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// maxAge is how long a process may not notice what another one changed: a
	// revoked token, SCIM switched off, a mapping.
	maxAge = 5 * time.Second
	// maxAgeUnknown is how long a tenant or credential counts as unknown after
	// the store said so.
	maxAgeUnknown = time.Second
	// readTimeout bounds one refresh of a snapshot.
	readTimeout = 10 * time.Second
	// The most tenants and credentials that a process remembers, about 4 MB.
	maxTenants     = 4096
	maxCredentials = 8192
)

// Caller is who made a request.
type Caller struct {
	// Tenant is the settings of the tenant, at most five seconds old.
	Tenant directory.Tenant
	// Credential is the id of the credential that was shown.
	Credential string
}

// Config is what a Gate needs.
type Config struct {
	Tenants directory.Tenants
	Now     func() time.Time
	// OperatorKeys are the keys of whoever runs the deployment; an empty one
	// opens nothing.
	OperatorKeys []string
}

// Gate decides who may pass. It is safe for concurrent use.
type Gate struct {
	now         func() time.Time
	operators   [][sha256.Size]byte
	tenants     *cache[string, directory.Tenant]
	credentials *cache[credentialKey, credential.Credential]
}

type credentialKey struct{ tenant, id string }

// New makes a Gate.
func New(c Config) *Gate {
	g := &Gate{
		now:     c.Now,
		tenants: newCache(maxTenants, c.Now, c.Tenants.Tenant),
		credentials: newCache(maxCredentials, c.Now, func(ctx context.Context, key credentialKey) (credential.Credential, error) {
			return c.Tenants.Credential(ctx, key.tenant, key.id)
		}),
	}
	for _, key := range c.OperatorKeys {
		if key != "" {
			g.operators = append(g.operators, sha256.Sum256([]byte(key)))
		}
	}
	return g
}

// Operator lets an operator's key pass, or is fault.Unauthorized. It takes the
// same time for every key of one length.
func (g *Gate) Operator(presented string) error {
	shown, same := sha256.Sum256([]byte(presented)), 0
	for _, key := range g.operators {
		same |= subtle.ConstantTimeCompare(shown[:], key[:])
	}
	if same != 1 {
		return fault.New(fault.Unauthorized, "the operator key is missing or wrong; send it as Authorization: Bearer")
	}
	return nil
}

// Authenticate tells who shows the token to a tenant. Whatever is wrong with
// it, the answer is one and the same fault.Unauthorized; a SCIM token of a
// tenant whose SCIM is off is fault.ScimSwitchedOff. A malformed token costs no
// read.
func (g *Gate) Authenticate(ctx context.Context, tenant, token string, kind credential.Kind) (Caller, error) {
	a, err := g.Admit(ctx, tenant, token, kind)
	if err != nil {
		return Caller{}, err
	}
	return a.Confirm(ctx)
}

// Forget drops what the process remembers of a tenant: call it after every
// change of its settings or credentials.
func (g *Gate) Forget(tenant string) {
	g.tenants.drop(func(id string) bool { return id == tenant })
	g.credentials.drop(func(key credentialKey) bool { return key.tenant == tenant })
}

// look is what the store says about a tenant and a credential, both fresh.
func (g *Gate) look(ctx context.Context, key credentialKey) (t answer[directory.Tenant], c answer[credential.Credential], err error) {
	var failed error
	var both sync.WaitGroup
	both.Go(func() { t, failed = g.tenants.get(ctx, key.tenant) })
	c, err = g.credentials.get(ctx, key)
	both.Wait()
	if err == nil {
		err = failed
	}
	return t, c, err
}

// judge decides on what is known of tenant and credential.
func (g *Gate) judge(shown credential.Presented, t answer[directory.Tenant], c answer[credential.Credential]) (Caller, error) {
	if opens := shown.Opens(c.value, g.now()); !opens || !t.known || !c.known {
		return Caller{}, refused()
	}
	if t.value.ScimOff && shown.Kind == credential.ScimToken {
		return Caller{}, fault.New(fault.ScimSwitchedOff, "SCIM is switched off for the tenant %s; an operator can switch it on", t.value.ID)
	}
	return Caller{Tenant: t.value, Credential: c.value.ID}, nil
}

func refused() error {
	return fault.New(fault.Unauthorized, "the token is missing, wrong, expired, revoked or another tenant's; issue a new one and send it as Authorization: Bearer")
}
