// Package credential is the secrets that callers show: their format, which
// scanners and typing errors can be checked against, and their stored form,
// from which nobody can make them again; and what the service itself signs, with
// the keys of its deployment.
package credential

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// Kind tells what a credential opens; it is the prefix of its text.
type Kind string

// The kinds of credentials.
const (
	// ScimToken opens a tenant's SCIM endpoint.
	ScimToken Kind = "hvs"
	// AppKey opens a tenant's application API.
	AppKey Kind = "hva"
	// OAuthClient is exchanged for access tokens to a tenant's SCIM endpoint;
	// the id of the credential is the client id, its text the client secret.
	OAuthClient Kind = "hvc"
)

// Credential is what is kept of a secret.
type Credential struct {
	// ID names it in lists and logs: 16 hex digits.
	ID   string
	Kind Kind
	// Hash is the SHA-256 of the secret's 32 bytes.
	Hash    [sha256.Size]byte
	Label   string
	Created time.Time
	// Expires is when it ends; zero for never.
	Expires time.Time
	// LastUsed is when it was last shown, to the minute; zero for never.
	LastUsed time.Time
}

const (
	idBytes     = 8
	secretBytes = 32
	sumBytes    = 4
)

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Issue makes a new secret. Its text is shown once:
// <kind>_<base32 of id, 256 random bits and their checksum>.
func Issue(kind Kind, label string, now, expires time.Time, random io.Reader) (Credential, string, error) {
	raw := make([]byte, idBytes+secretBytes, idBytes+secretBytes+sumBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return Credential{}, "", fault.New(fault.Internal, "no randomness for a new secret").WithCause(err)
	}
	c := Credential{
		ID: hex.EncodeToString(raw[:idBytes]), Kind: kind, Hash: sha256.Sum256(raw[idBytes:]),
		Label: label, Created: now.UTC(), Expires: expires,
	}
	raw = binary.BigEndian.AppendUint32(raw, checksum(kind, raw))
	return c, string(kind) + "_" + encoding.EncodeToString(raw), nil
}

// Presented is a well-formed secret that somebody showed.
type Presented struct {
	ID   string
	Kind Kind
	hash [sha256.Size]byte
}

// Parse reads a secret's text and checks its sum, so that a typing error is
// found without a read. It says nothing about whether the secret is known.
func Parse(text string) (Presented, bool) {
	kind, rest, ok := strings.Cut(text, "_")
	if !ok || len(rest) != encoding.EncodedLen(idBytes+secretBytes+sumBytes) {
		return Presented{}, false
	}
	var buffer [80]byte
	n, err := encoding.Decode(buffer[:], []byte(rest))
	if err != nil || n != idBytes+secretBytes+sumBytes {
		return Presented{}, false
	}
	raw := buffer[:idBytes+secretBytes]
	if binary.BigEndian.Uint32(buffer[len(raw):n]) != checksum(Kind(kind), raw) {
		return Presented{}, false
	}
	return Presented{ID: hex.EncodeToString(raw[:idBytes]), Kind: Kind(kind), hash: sha256.Sum256(raw[idBytes:])}, true
}

// Opens tells whether the secret is the one that c keeps, in constant time, and
// c has not expired.
func (p Presented) Opens(c Credential, now time.Time) bool {
	same := subtle.ConstantTimeCompare(p.hash[:], c.Hash[:]) == 1
	return same && p.Kind == c.Kind && p.ID == c.ID && !c.Expired(now)
}

// Expired tells whether the credential has ended.
func (c Credential) Expired(now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}

func checksum(kind Kind, raw []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte(kind)), crc32.IEEETable, raw)
}
