package credential

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// accessPrefix begins every access token, so that scanners recognise it.
const accessPrefix = "hvt_"

// accessBytes is the length of an access token's payload: how it was got, the
// id behind it, and when it was issued.
const accessBytes = 1 + idBytes + 8

// Access is what an OAuth access token says. It opens nothing by itself: what
// stands behind it must still be there.
type Access struct {
	// Behind is what the token was given for, 16 hex digits: the id of the OAuth
	// client's credential; or, if Federated, the fingerprint of the settings by
	// which an assertion of Entra was accepted.
	Behind    string
	Federated bool
	Issued    time.Time
}

// LooksLikeAccess tells an access token from other secrets by its prefix.
func LooksLikeAccess(text string) bool { return strings.HasPrefix(text, accessPrefix) }

// SignAccess makes the text of an access token of a tenant: "hvt_" and what
// Seal makes.
func (r *Keyring) SignAccess(tenant string, a Access, expires time.Time) (string, error) {
	behind, err := hex.DecodeString(a.Behind)
	if err != nil || len(behind) != idBytes {
		return "", fault.New(fault.Internal, "an access token can be made for an id of %d hex digits alone", 2*idBytes).WithCause(err)
	}
	payload := make([]byte, 1, accessBytes)
	if a.Federated {
		payload[0] = 1
	}
	payload = binary.BigEndian.AppendUint64(append(payload, behind...), uint64(a.Issued.Unix()))
	sealed, err := r.Seal(ForAccessTokens, tenant, payload, expires)
	return accessPrefix + sealed, err
}

// VerifyAccess reads an access token that this ring has signed for the tenant
// and that has not expired.
func (r *Keyring) VerifyAccess(tenant, text string, now time.Time) (Access, bool) {
	sealed, ok := strings.CutPrefix(text, accessPrefix)
	if !ok {
		return Access{}, false
	}
	payload, verdict := r.Open(ForAccessTokens, tenant, sealed, now)
	if verdict != Intact || len(payload) != accessBytes || payload[0] > 1 {
		return Access{}, false
	}
	return Access{
		Federated: payload[0] == 1,
		Behind:    hex.EncodeToString(payload[1 : 1+idBytes]),
		Issued:    time.Unix(int64(binary.BigEndian.Uint64(payload[1+idBytes:])), 0).UTC(),
	}, true
}
