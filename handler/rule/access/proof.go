package access

import (
	"context"
	"strings"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// proof is what somebody showed, as far as it could be checked without a read.
type proof interface {
	// row is the id of the credential that must still be there; "" if the proof
	// rests on the tenant's settings alone.
	row() string
	// opens is the kind of credential whose door the proof opens.
	opens() credential.Kind
	// holds decides on what is stored: fault.Unauthorized if the proof is none.
	holds(ctx context.Context, now time.Time, t directory.Tenant, c credential.Credential) error
}

// prove tells the kinds of tokens apart. What does not begin like any of them
// is no proof.
func (g *Gate) prove(tenant, token string, kind credential.Kind) (proof, bool) {
	switch {
	case kind == credential.ScimToken && credential.LooksLikeAccess(token):
		return g.proveAccess(tenant, token)
	case kind == credential.ScimToken && looksSigned(token):
		return provisioningToken{token, g.entra}, g.entra != nil
	}
	shown, ok := credential.Parse(token)
	return secret{shown}, ok && shown.Kind == kind
}

func (g *Gate) proveAccess(tenant, token string) (proof, bool) {
	if g.keys == nil {
		return nil, false
	}
	access, ok := g.keys.VerifyAccess(tenant, token, g.now())
	if access.Federated {
		return federatedAccess{access}, ok
	}
	return clientAccess{access}, ok
}

// looksSigned tells whether a text begins like a JWT: a JSON object in base64.
func looksSigned(token string) bool {
	return strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2
}

// secret is the text of a credential.
type secret struct{ credential.Presented }

func (s secret) row() string            { return s.ID }
func (s secret) opens() credential.Kind { return s.Kind }

func (s secret) holds(_ context.Context, now time.Time, _ directory.Tenant, c credential.Credential) error {
	if !s.Opens(c, now) {
		return refused()
	}
	return nil
}

// clientAccess is an access token that was given for an OAuth client's secret.
type clientAccess struct{ credential.Access }

func (a clientAccess) row() string          { return a.Behind }
func (clientAccess) opens() credential.Kind { return credential.ScimToken }

// holds while the secret does: it was not revoked and has not expired.
func (a clientAccess) holds(_ context.Context, now time.Time, _ directory.Tenant, c credential.Credential) error {
	if c.Kind != credential.OAuthClient || c.ID != a.Behind || c.Expired(now) {
		return refused()
	}
	return nil
}

// federatedAccess is an access token that was given for an assertion.
type federatedAccess struct{ credential.Access }

func (federatedAccess) row() string            { return "" }
func (federatedAccess) opens() credential.Kind { return credential.ScimToken }

// holds while the settings are those by which the assertion was accepted.
func (a federatedAccess) holds(_ context.Context, _ time.Time, t directory.Tenant, _ credential.Credential) error {
	if !t.Entra.TakesAssertions() || t.Entra.Fingerprint() != a.Behind {
		return refused()
	}
	return nil
}

// provisioningToken is a JWT with which Entra calls where the administrator has
// left the secret empty.
type provisioningToken struct {
	token string
	entra directory.EntraVerifier
}

func (provisioningToken) row() string            { return "" }
func (provisioningToken) opens() credential.Kind { return credential.ScimToken }

func (p provisioningToken) holds(ctx context.Context, _ time.Time, t directory.Tenant, _ credential.Credential) error {
	if t.Entra.TenantID == "" {
		return refused()
	}
	claims, err := p.entra.VerifyEntra(ctx, p.token, directory.EntraExpectation{Use: directory.ForProvisioning, TenantID: t.Entra.TenantID})
	switch {
	case fault.Is(err, fault.Unauthorized):
		return refused().WithCause(err)
	case err != nil:
		return err
	case !t.Entra.TakesProvisioning(claims):
		return refused()
	}
	return nil
}
