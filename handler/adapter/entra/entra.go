// Package entra checks tokens that Entra ID has signed.
//
// It fetches the public keys of each directory from Entra and keeps them, so
// that a token costs no round trip, and goes on with the keys it has while Entra
// does not answer. What a token must bear is asked by the caller; which issuer
// and audience that means follows from the cloud.
package entra

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// maxKeySets is how many directories' keys a process keeps, some 10 KB each.
const maxKeySets = 4096

// Config is what a Verifier needs.
type Config struct {
	Cloud Cloud
	// Transport reaches Entra; nil means http.DefaultTransport.
	Transport http.RoundTripper
	Now       func() time.Time
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	cloud Cloud
	fetch fetcher
	now   func() time.Time

	mu sync.Mutex
	// sets are the directories' keys by the address that they come from.
	sets map[string]*keySet
}

var _ directory.EntraVerifier = (*Verifier)(nil)

// New makes a Verifier. It fetches nothing before the first token.
func New(c Config) *Verifier {
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	return &Verifier{cloud: c.Cloud, fetch: newFetcher(c.Transport), now: c.Now, sets: make(map[string]*keySet)}
}

// VerifyEntra looks at issuer, directory and audience before the signature, so
// that a token which is meant for somebody else makes nobody fetch keys. What is
// said is believed once the signature over the very same characters is right.
func (v *Verifier) VerifyEntra(ctx context.Context, token string, expect directory.EntraExpectation) (directory.EntraClaims, error) {
	if !directory.IsGUID(expect.TenantID) {
		return directory.EntraClaims{}, refused("no directory is expected")
	}
	said, err := read(token)
	if err != nil {
		return directory.EntraClaims{}, err
	}
	i := slices.IndexFunc(v.cloud.issuers(expect), func(i issuer) bool { return i.name == said.issuer })
	if i < 0 {
		return directory.EntraClaims{}, refused("another issuer")
	}
	if said.tenantID != expect.TenantID {
		return directory.EntraClaims{}, refused("another directory")
	}
	if wanted := v.cloud.audiences(expect); !slices.ContainsFunc(said.audiences, func(a string) bool { return slices.Contains(wanted, a) }) {
		return directory.EntraClaims{}, refused("another audience")
	}
	if err := v.checkSignature(ctx, token, said.keyID, v.cloud.issuers(expect)[i]); err != nil {
		return directory.EntraClaims{}, err
	}
	return said.EntraClaims, nil
}

// checkSignature checks signature, issuer and times.
func (v *Verifier) checkSignature(ctx context.Context, token, keyID string, by issuer) error {
	key, err := v.keys(by.keys).key(ctx, keyID)
	if err != nil {
		return fmt.Errorf("entra: find the key: %w", err)
	}
	verifier := oidc.NewVerifier(by.name, signedBy{key}, &oidc.Config{
		SupportedSigningAlgs: []string{oidc.RS256}, SkipClientIDCheck: true, Now: v.now,
	})
	if _, err := verifier.Verify(ctx, token); err != nil {
		return refused("signature or time").WithCause(err)
	}
	return nil
}

// signedBy is the oidc.KeySet of the one key that a token names.
type signedBy struct{ key *rsa.PublicKey }

// VerifySignature is asked by the verifier once it has seen that the token has
// three parts and is RS256 (RFC 7518 §3.3).
func (s signedBy) VerifySignature(_ context.Context, token string) ([]byte, error) {
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(s.key, crypto.SHA256, sum[:], signature); err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.DecodeString(parts[1])
}

// keys is the key set of an address.
func (v *Verifier) keys(address string) *keySet {
	v.mu.Lock()
	defer v.mu.Unlock()
	if set, held := v.sets[address]; held {
		return set
	}
	if len(v.sets) >= maxKeySets {
		for any := range v.sets {
			delete(v.sets, any)
			break
		}
	}
	set := &keySet{address: address, fetch: v.fetch, now: v.now}
	v.sets[address] = set
	return set
}

// refused is the fault of every token that does not do; the log alone learns why.
func refused(why string) *fault.Fault {
	return fault.New(fault.Unauthorized, "the token of Entra ID is wrong, expired or meant for somebody else").WithCause(errors.New("entra: " + why))
}
