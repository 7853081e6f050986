package credential

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// Purpose is what something is signed or hidden for. What is made for one purpose, or
// for one tenant, is worth nothing for another.
type Purpose string

// The purposes.
const (
	ForAccessTokens Purpose = "oauth-token"
	ForCursors      Purpose = "cursor"
	ForCookies      Purpose = "cookie"
	ForWebhooks     Purpose = "webhook"
	// ForConnectors is the secrets with which business applications are called.
	ForConnectors Purpose = "connector"
)

// minSecret is the least size of a deployment's key in bytes: no less than the
// output of SHA-256 (RFC 2104 §3).
const minSecret = 32

// Keyring is the keys of a deployment: the first signs, all verify. It is safe
// for concurrent use.
type Keyring struct{ keys []ringKey }

type ringKey struct {
	id string
	// extracted is the first half of HKDF (RFC 5869 §2.2), which does not depend
	// on what the key is for.
	extracted []byte
}

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// ParseKeyring reads a list such as "2026b:secret,2026a:secret". A secret is at
// least 32 bytes, in hex or base64url. Whatever is wrong is
// fault.SettingsInvalid, which tells the place in the list and no secret.
func ParseKeyring(list string) (*Keyring, error) {
	ring := &Keyring{}
	for i, item := range strings.Split(list, ",") {
		id, text, found := strings.Cut(strings.TrimSpace(item), ":")
		secret, readable := decodeSecret(text)
		problem := problemWith(id, secret, readable)
		if !found {
			problem = "it must be written as id:secret, with commas between keys"
		} else if _, twice := ring.find(id); twice {
			problem = fmt.Sprintf("the id %q is given twice", id)
		}
		if problem != "" {
			return nil, fault.New(fault.SettingsInvalid, "key %d of the list of keys cannot be used: %s", i+1, problem)
		}
		extracted, err := hkdf.Extract(sha256.New, secret, nil)
		if err != nil {
			return nil, fault.New(fault.Internal, "key %d of the list of keys could not be prepared", i+1).WithCause(err)
		}
		ring.keys = append(ring.keys, ringKey{id, extracted})
	}
	return ring, nil
}

// problemWith tells in words why a key cannot be used; "" for one that can.
func problemWith(id string, secret []byte, readable bool) string {
	switch {
	case !keyID.MatchString(id):
		return "its id must be 1 to 32 letters, digits, \"-\" and \"_\""
	case !readable:
		return "its secret must be hex or base64url; openssl rand -hex 32 makes one"
	case len(secret) < minSecret:
		return fmt.Sprintf("its secret has %d bytes and must have at least %d; openssl rand -hex 32 makes one", len(secret), minSecret)
	}
	return ""
}

// decodeSecret takes what consists of hex digits as hex, all else as base64url.
func decodeSecret(text string) ([]byte, bool) {
	if secret, err := hex.DecodeString(text); err == nil {
		return secret, true
	}
	secret, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	return secret, err == nil
}

// find returns the key with an id.
func (r *Keyring) find(id string) (ringKey, bool) {
	i := slices.IndexFunc(r.keys, func(k ringKey) bool { return k.id == id })
	if i < 0 {
		return ringKey{}, false
	}
	return r.keys[i], true
}

// derive makes the key for a purpose and tenant. It is made each time, in a
// microsecond: a cache, which strangers could fill with names of tenants, would
// grow without bound.
func (k ringKey) derive(purpose Purpose, tenant string) ([]byte, error) {
	derived, err := hkdf.Expand(sha256.New, k.extracted, "handover/1/"+string(purpose)+"/"+tenant, sha256.Size)
	if err != nil {
		return nil, fault.New(fault.Internal, "a key could not be derived").WithCause(err)
	}
	return derived, nil
}

// mac is the HMAC of a text, in base64url, under the key for a purpose and tenant.
func (k ringKey) mac(purpose Purpose, tenant, text string) (string, error) {
	derived, err := k.derive(purpose, tenant)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, derived)
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)), nil
}
