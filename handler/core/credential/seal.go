package credential

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// Verdict is what Open says about a sealed text.
type Verdict int

// The verdicts. What nobody has looked at counts as forged.
const (
	// Forged: no key of the ring has sealed it for this purpose and tenant.
	Forged Verdict = iota
	// Expired: it is ours, and its time is over.
	Expired
	// Intact: it is ours, and says what it said when it was sealed.
	Intact
)

const (
	expiryBytes = 8
	// maxSealed bounds what is looked at, in bytes: ours are far shorter.
	maxSealed = 4096
)

// Seal signs a payload, which stays readable for everybody: <key id>.<base64url
// of expiry and payload>.<base64url of the HMAC of both>. The text consists of
// RFC 3986's unreserved characters, as RFC 9865 §2 wants it of cursors. The
// tenant must be a valid id.
func (r *Keyring) Seal(purpose Purpose, tenant string, payload []byte, expires time.Time) (string, error) {
	key := r.keys[0]
	body := binary.BigEndian.AppendUint64(make([]byte, 0, expiryBytes+len(payload)), uint64(expires.Unix()))
	signed := key.id + "." + base64.RawURLEncoding.EncodeToString(append(body, payload...))
	mac, err := key.mac(purpose, tenant, signed)
	if err != nil {
		return "", err
	}
	return signed + "." + mac, nil
}

// Open returns the payload of a text that Seal has made for the same purpose and
// tenant; no payload comes without the verdict Intact.
func (r *Keyring) Open(purpose Purpose, tenant, text string, now time.Time) ([]byte, Verdict) {
	last := strings.LastIndexByte(text, '.')
	if len(text) > maxSealed || last < 0 {
		return nil, Forged
	}
	signed := text[:last]
	id, encoded, _ := strings.Cut(signed, ".")
	key, known := r.find(id)
	if !known {
		return nil, Forged
	}
	mac, err := key.mac(purpose, tenant, signed)
	if err != nil || !hmac.Equal([]byte(mac), []byte(text[last+1:])) {
		return nil, Forged
	}
	body, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(body) < expiryBytes {
		return nil, Forged
	}
	if expires := int64(binary.BigEndian.Uint64(body)); now.Unix() >= expires {
		return nil, Expired
	}
	return body[expiryBytes:], Intact
}
