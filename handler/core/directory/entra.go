package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// EntraBinding is what ties a tenant to its customer's directory in Entra ID.
// The zero value means that no token of Entra is accepted.
type EntraBinding struct {
	// TenantID is the directory whose signature counts, a GUID.
	TenantID string
	// AppIDs are application ids, GUIDs. A provisioning token must come from one of
	// them, if there are any; an assertion of a workload identity must be
	// addressed to one of them.
	AppIDs []string
	// Subject is the object id of who calls, a GUID. A provisioning token must
	// bear it, if it is set; an assertion always.
	Subject string
}

// maxAppIDs bounds the list of application ids, ours.
const maxAppIDs = 16

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// IsGUID tells whether text is a GUID in lower case, as Entra writes them.
func IsGUID(text string) bool { return guid.MatchString(text) }

// IsZero tells whether no token of Entra is accepted.
func (b EntraBinding) IsZero() bool {
	return b.TenantID == "" && len(b.AppIDs) == 0 && b.Subject == ""
}

// Checked returns the binding in the form in which it is compared: GUIDs in
// lower case, each application once. What is no GUID is fault.InvalidValue.
func (b EntraBinding) Checked() (EntraBinding, error) {
	const example = "for example \"72f988bf-86f1-41af-91ab-2d7cd011db47\""
	if b.IsZero() {
		return EntraBinding{}, nil
	}
	checked := EntraBinding{TenantID: strings.ToLower(b.TenantID), Subject: strings.ToLower(b.Subject)}
	for _, id := range b.AppIDs {
		if id = strings.ToLower(id); !slices.Contains(checked.AppIDs, id) {
			checked.AppIDs = append(checked.AppIDs, id)
		}
	}
	isWrong := func(id string) bool { return !IsGUID(id) }
	switch {
	case isWrong(checked.TenantID):
		return EntraBinding{}, fault.New(fault.InvalidValue, "entra.tenantId must be the GUID of the customer's directory, %s", example)
	case len(checked.AppIDs) > maxAppIDs:
		return EntraBinding{}, fault.New(fault.InvalidValue, "entra.appIds must be at most %d application ids", maxAppIDs)
	case slices.ContainsFunc(checked.AppIDs, isWrong):
		return EntraBinding{}, fault.New(fault.InvalidValue, "entra.appIds must be the GUIDs of applications, %s", example)
	case checked.Subject != "" && isWrong(checked.Subject):
		return EntraBinding{}, fault.New(fault.InvalidValue, "entra.subject must be the GUID of the object that calls, %s", example)
	}
	return checked, nil
}

// TakesProvisioning tells whether a provisioning token of the directory is this
// customer's: every application of a directory gets tokens with the same issuer
// and audience, so what else is set must match.
func (b EntraBinding) TakesProvisioning(c EntraClaims) bool {
	return b.TenantID != "" &&
		(len(b.AppIDs) == 0 || slices.Contains(b.AppIDs, c.AppID)) &&
		(b.Subject == "" || c.Subject == b.Subject)
}

// TakesAssertions tells whether the settings suffice for workload identity
// federation at all: without subject and audience every workload of the
// directory would pass.
func (b EntraBinding) TakesAssertions() bool {
	return b.TenantID != "" && len(b.AppIDs) > 0 && b.Subject != ""
}

// Fingerprint names the settings in 16 hex digits. It changes with each of them.
func (b EntraBinding) Fingerprint() string {
	sum := sha256.Sum256([]byte(b.TenantID + "\n" + b.Subject + "\n" + strings.Join(b.AppIDs, "\n")))
	return hex.EncodeToString(sum[:8])
}

// EntraUse is for what somebody shows a token that Entra ID has signed. It
// decides issuer and audience.
type EntraUse int

// The uses.
const (
	// ForProvisioning: shown to SCIM, where the administrator left the secret empty.
	ForProvisioning EntraUse = iota
	// ForFederation: exchanged for an access token by a workload identity.
	ForFederation
	// ForOperation: shown to /manage/v1.
	ForOperation
)

// EntraExpectation is what a token of Entra must bear.
type EntraExpectation struct {
	Use EntraUse
	// TenantID is the directory that must have signed it, a GUID in lower case.
	TenantID string
	// AppIDs are the applications, one of which it must be addressed to. It is not
	// read ForProvisioning: those tokens are addressed to the template of their cloud.
	AppIDs []string
}

// EntraClaims is what a token of Entra says, once that is proven.
type EntraClaims struct {
	// Subject is the claim sub.
	Subject string
	// ObjectID is the object that the token was issued to.
	ObjectID string
	// AppID is the application that asked for the token.
	AppID string
	// Roles are the app roles of who bears it.
	Roles []string
}

// EntraVerifier checks tokens that Entra ID has signed.
type EntraVerifier interface {
	// VerifyEntra is fault.Unauthorized for a token that is not as expected, and
	// fault.Unavailable when Entra's keys cannot be had.
	VerifyEntra(ctx context.Context, token string, expect EntraExpectation) (EntraClaims, error)
}
