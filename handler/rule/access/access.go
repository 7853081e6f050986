// Package access answers who is calling, and whether they may: it compares the
// token that was shown with the tenant's credentials, or with what the tenant
// expects of Entra ID, and an operator's key with the deployment's. For an OAuth
// client that has proven itself it signs an access token.
//
// It keeps a snapshot of each tenant's settings and credentials, at most five
// seconds old, so that a request does not pay for the check with a read of its
// own.
package access

import (
	"context"
	"crypto/sha256"
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

// EntraCaller is the Credential of who was let in on a token of Entra ID itself,
// or on one that was given for an assertion of Entra's: no row stands behind it.
const EntraCaller = "entra"

// Caller is who made a request.
type Caller struct {
	// Tenant is the settings of the tenant, at most five seconds old.
	Tenant directory.Tenant
	// Credential is the id of the credential that was shown, or EntraCaller.
	Credential string
}

// Config is what a Gate needs.
type Config struct {
	Tenants directory.Tenants
	Now     func() time.Time
	// Rate is what each tenant may ask of this process.
	Rate Rate
	// OperatorKeys are the keys of whoever runs the deployment; an empty one
	// opens nothing.
	OperatorKeys []string
	// Operators are the vendor's people in Entra ID, if they sign in there.
	Operators Operators
	// Keys sign and verify access tokens; without them there are none.
	Keys *credential.Keyring
	// Entra checks what Entra ID has signed; without it nothing of that passes.
	Entra directory.EntraVerifier
}

// Gate decides who may pass. It is safe for concurrent use.
type Gate struct {
	now          func() time.Time
	operatorKeys [][sha256.Size]byte
	operators    Operators
	keys         *credential.Keyring
	entra        directory.EntraVerifier
	tenants      *cache[string, directory.Tenant]
	credentials  *cache[credentialKey, credential.Credential]
	failures     *limiters[failing]
	throttle     throttle
	store        directory.Tenants
	uses         uses
}

type credentialKey struct{ tenant, id string }

// New makes a Gate.
func New(c Config) *Gate {
	g := &Gate{
		now: c.Now, operators: c.Operators, keys: c.Keys, entra: c.Entra, failures: newFailures(c.Now), throttle: newThrottle(c),
		store:   c.Tenants,
		tenants: newCache(maxTenants, c.Now, c.Tenants.Tenant),
		credentials: newCache(maxCredentials, c.Now, func(ctx context.Context, key credentialKey) (credential.Credential, error) {
			return c.Tenants.Credential(ctx, key.tenant, key.id)
		}),
	}
	for _, key := range c.OperatorKeys {
		if key != "" {
			g.operatorKeys = append(g.operatorKeys, sha256.Sum256([]byte(key)))
		}
	}
	return g
}

// Authenticate tells who shows the token to a tenant. Whatever is wrong with
// it, the answer is one and the same fault.Unauthorized, or fault.RateLimited to
// a caller who failed too often or whose tenant asks too much; a SCIM token of a
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

// look is what the store says about a tenant and the row behind a proof, both
// fresh.
func (g *Gate) look(ctx context.Context, tenant string, p proof) (t answer[directory.Tenant], c answer[credential.Credential], err error) {
	if p.row() == "" {
		t, err = g.tenants.get(ctx, tenant)
		return t, c, err
	}
	var failed error
	var both sync.WaitGroup
	both.Go(func() { t, failed = g.tenants.get(ctx, tenant) })
	c, err = g.credentials.get(ctx, credentialKey{tenant, p.row()})
	both.Wait()
	if err == nil {
		err = failed
	}
	return t, c, err
}

// judge decides on what is known of tenant and credential. Who has proven itself
// and is refused all the same comes back with the refusal.
func (g *Gate) judge(ctx context.Context, p proof, t answer[directory.Tenant], c answer[credential.Credential]) (Caller, error) {
	if err := p.holds(ctx, g.now(), t.value, c.value); err != nil {
		return Caller{}, err
	}
	if !t.known || p.row() != "" && !c.known {
		return Caller{}, refused()
	}
	caller := Caller{Tenant: t.value, Credential: p.row()}
	g.used(ctx, t.value.ID, c)
	if caller.Credential == "" {
		caller.Credential = EntraCaller
	}
	if err := t.value.CheckOpen(); err != nil {
		return caller, err
	}
	if t.value.ScimOff && p.opens() == credential.ScimToken {
		return caller, fault.New(fault.ScimSwitchedOff, "SCIM is switched off for the tenant %s; an operator can switch it on", t.value.ID)
	}
	return caller, nil
}

func refused() *fault.Fault {
	return fault.New(fault.Unauthorized, "the token is missing, wrong, expired, revoked or another tenant's; issue a new one and send it as Authorization: Bearer")
}
