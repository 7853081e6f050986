package entra

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"
)

const (
	fetchTimeout = 5 * time.Second
	// maxKeySetBytes bounds an answer; Entra's have some 20 KB.
	maxKeySetBytes = 256 << 10
	// The sizes of keys in bits: less is not safe (NIST SP 800-131A), more would
	// make each check slow.
	minKeyBits, maxKeyBits = 2048, 8192
)

// fetcher gets the keys from an address, by their ids.
type fetcher func(ctx context.Context, address string) (map[string]*rsa.PublicKey, error)

func newFetcher(transport http.RoundTripper) fetcher {
	client := &http.Client{
		Transport: transport, Timeout: fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context, address string) (map[string]*rsa.PublicKey, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, fmt.Errorf("entra: fetch keys: %w", err)
		}
		answer, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("entra: fetch keys: %w", err)
		}
		defer answer.Body.Close()
		content, err := io.ReadAll(io.LimitReader(answer.Body, maxKeySetBytes+1))
		switch {
		case err != nil:
			return nil, fmt.Errorf("entra: fetch keys: %w", err)
		case answer.StatusCode != http.StatusOK:
			return nil, fmt.Errorf("entra: fetch keys: status %d", answer.StatusCode)
		case len(content) > maxKeySetBytes:
			return nil, fmt.Errorf("entra: fetch keys: more than %d bytes", maxKeySetBytes)
		}
		return parseKeys(content)
	}
}

// webKey is one key of a JWK set (RFC 7517 §4, RFC 7518 §6.3.1).
type webKey struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// parseKeys reads a JWK set. Keys that are no use here are passed over; a set
// without a single useful one is an error, so that it cannot drop those we have.
func parseKeys(content []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []webKey `json:"keys"`
	}
	if err := json.Unmarshal(content, &set); err != nil {
		return nil, fmt.Errorf("entra: read keys: %w", err)
	}
	keys := make(map[string]*rsa.PublicKey, len(set.Keys))
	for _, k := range set.Keys {
		if key := k.public(); key != nil {
			keys[k.ID] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("entra: read keys: none that verifies RS256")
	}
	return keys, nil
}

// public is the key that verifies RS256; nil if this one does not.
func (k webKey) public() *rsa.PublicKey {
	if k.Type != "RSA" || k.ID == "" || k.Use != "" && k.Use != "sig" || k.Algorithm != "" && k.Algorithm != "RS256" {
		return nil
	}
	modulus, errN := base64.RawURLEncoding.DecodeString(k.Modulus)
	exponent, errE := base64.RawURLEncoding.DecodeString(k.Exponent)
	if errN != nil || errE != nil || len(exponent) > 4 {
		return nil
	}
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent).Int64()
	if bits := n.BitLen(); bits < minKeyBits || bits > maxKeyBits || n.Bit(0) == 0 || e < 3 || e > 1<<31-1 || e%2 == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e)}
}
