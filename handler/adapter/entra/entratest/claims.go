package entratest

import (
	"maps"
	"time"
)

// The template application of provisioning tokens in the public cloud.
const publicTemplate = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"

// lifetime is how long Entra's tokens live: an hour and a little.
const lifetime = 65 * time.Minute

// Provisioning is what the provisioning service of the public cloud says to SCIM
// where the secret was left empty.
func Provisioning(tenantID string, now time.Time) Claims {
	return timed(now, Claims{
		"iss": "https://sts.windows.net/" + tenantID + "/", "aud": publicTemplate, "tid": tenantID,
		"appid": "00000014-0000-0000-c000-000000000000", "ver": "1.0",
		"sub": "5e5e5e5e-0000-4000-8000-00000000005e", "oid": "5e5e5e5e-0000-4000-8000-00000000005e",
	})
}

// Assertion is what a workload identity says to the token endpoint.
func Assertion(tenantID, appID, subject string, now time.Time) Claims {
	return timed(now, Claims{
		"iss": "https://login.microsoftonline.com/" + tenantID + "/v2.0", "aud": "api://" + appID, "tid": tenantID,
		"appid": appID, "sub": subject, "oid": "d2f8ee76-c549-45b8-a143-f5b640669704", "ver": "2.0",
	})
}

// Operator is what somebody of the vendor says to /manage/v1.
func Operator(tenantID, appID, role string, now time.Time) Claims {
	return timed(now, Claims{
		"iss": "https://login.microsoftonline.com/" + tenantID + "/v2.0", "aud": appID, "tid": tenantID,
		"azp": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "sub": "pairwise", "oid": "0b0b0b0b-0000-4000-8000-00000000000b",
		"roles": []string{role}, "ver": "2.0",
	})
}

func timed(now time.Time, claims Claims) Claims {
	claims["iat"], claims["nbf"], claims["exp"] = now.Unix(), now.Unix(), now.Add(lifetime).Unix()
	return claims
}

// With is the claims with one of them changed; nil takes it away.
func (c Claims) With(name string, value any) Claims {
	changed := maps.Clone(c)
	changed[name] = value
	if value == nil {
		delete(changed, name)
	}
	return changed
}
