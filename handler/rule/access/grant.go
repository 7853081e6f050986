package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// accessLifetime is how long an access token lives: Entra wants one to six hours.
const accessLifetime = time.Hour

// Grant is an access token.
type Grant struct {
	Token string
	// Lifetime is an hour, or what is left of the client secret's own.
	Lifetime time.Duration
	// Credential is the id of the OAuth client, or EntraCaller.
	Credential string
}

// GrantForSecret gives an OAuth client of a tenant an access token. Whatever is
// wrong with id or secret is fault.Unauthorized in one and the same sentence, or
// fault.RateLimited to who failed too often.
func (g *Gate) GrantForSecret(ctx context.Context, tenant, clientID, clientSecret string) (Grant, error) {
	shown, ok := credential.Parse(clientSecret)
	if !ok || shown.Kind != credential.OAuthClient || shown.ID != clientID || !directory.ValidTenantID(tenant) {
		return Grant{}, g.failed(ctx, tenant, noClient())
	}
	p := secret{shown}
	t, c, err := g.look(ctx, tenant, p)
	if err != nil {
		return Grant{}, fmt.Errorf("access: read the OAuth client: %w", err)
	}
	if _, err := g.judge(ctx, p, t, c); err != nil {
		return Grant{}, g.failed(ctx, tenant, noClient())
	}
	lifetime := accessLifetime
	if !c.value.Expires.IsZero() {
		lifetime = min(lifetime, c.value.Expires.Sub(g.now()))
	}
	return g.grant(tenant, clientID, credential.Access{Behind: clientID}, lifetime)
}

// GrantForAssertion gives an access token to the workload identity that the
// tenant's settings name, for an assertion that Entra ID has signed. A client id
// may be missing; else it must be the tenant's id or one of its applications.
func (g *Gate) GrantForAssertion(ctx context.Context, tenant, clientID, assertion string) (Grant, error) {
	if g.entra == nil || !looksSigned(assertion) || !directory.ValidTenantID(tenant) {
		return Grant{}, g.failed(ctx, tenant, noClient())
	}
	t, err := g.tenants.get(ctx, tenant)
	if err != nil {
		return Grant{}, fmt.Errorf("access: read the tenant: %w", err)
	}
	binding := t.value.Entra
	if !binding.TakesAssertions() || clientID != "" && clientID != tenant && !slices.Contains(binding.AppIDs, clientID) {
		return Grant{}, g.failed(ctx, tenant, noClient())
	}
	claims, err := g.entra.VerifyEntra(ctx, assertion, directory.EntraExpectation{
		Use: directory.ForFederation, TenantID: binding.TenantID, AppIDs: binding.AppIDs,
	})
	switch {
	case fault.Is(err, fault.Unauthorized):
		return Grant{}, g.failed(ctx, tenant, noClient().WithCause(err))
	case err != nil:
		return Grant{}, fmt.Errorf("access: check the assertion: %w", err)
	case claims.Subject != binding.Subject:
		return Grant{}, g.failed(ctx, tenant, noClient())
	}
	return g.grant(tenant, EntraCaller, credential.Access{Behind: binding.Fingerprint(), Federated: true}, accessLifetime)
}

func (g *Gate) grant(tenant, who string, a credential.Access, lifetime time.Duration) (Grant, error) {
	if g.keys == nil {
		return Grant{}, fault.New(fault.Unavailable, "this deployment has no keys to sign access tokens with; its operator sets HANDOVER_KEYS")
	}
	a.Issued = g.now()
	token, err := g.keys.SignAccess(tenant, a, a.Issued.Add(lifetime))
	if err != nil {
		return Grant{}, fmt.Errorf("access: sign an access token: %w", err)
	}
	return Grant{Token: token, Lifetime: lifetime, Credential: who}, nil
}

func noClient() *fault.Fault {
	return fault.New(fault.Unauthorized, "the client is unknown, or its secret or assertion is missing, wrong, expired, revoked or another tenant's")
}
