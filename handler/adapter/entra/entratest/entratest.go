// Package entratest is an Entra ID for tests: it signs real RS256 tokens and
// hands out the keys that check them, without a network.
package entratest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// FirstKey is the id of the key that a Provider begins with.
const FirstKey = "first"

// Claims are what a token says, by name.
type Claims map[string]any

// Provider signs tokens, and is the http.RoundTripper through which its keys are
// fetched: every directory has the same ones. It is safe for concurrent use.
type Provider struct {
	t       testing.TB
	mu      sync.Mutex
	keys    map[string]*rsa.PrivateKey
	listed  []string
	down    bool
	content []byte
	delay   time.Duration
	fetched []string
}

// New makes a Provider with one key.
func New(t testing.TB) *Provider {
	p := &Provider{t: t, keys: map[string]*rsa.PrivateKey{}}
	p.AddKey(FirstKey)
	return p
}

// AddKey makes a key and lists it.
func (p *Provider) AddKey(id string) {
	p.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		p.t.Fatal(err)
	}
	p.change(func() { p.keys[id], p.listed = key, append(p.listed, id) })
}

// List says which keys are handed out from now on.
func (p *Provider) List(ids ...string) { p.change(func() { p.listed = ids }) }

// Down says whether the keys can be fetched.
func (p *Provider) Down(down bool) { p.change(func() { p.down = down }) }

// Answer hands out content in the place of the keys; nil ends that.
func (p *Provider) Answer(content []byte) { p.change(func() { p.content = content }) }

// Delay is how long a fetch takes.
func (p *Provider) Delay(d time.Duration) { p.change(func() { p.delay = d }) }

func (p *Provider) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// Fetched returns the addresses that were asked for since it was called last.
func (p *Provider) Fetched() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	fetched := p.fetched
	p.fetched = nil
	return fetched
}

// Public is the public half of a key.
func (p *Provider) Public(id string) *rsa.PublicKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &p.keys[id].PublicKey
}

// Token signs claims with the first key, as Entra does.
func (p *Provider) Token(claims Claims) string { return p.TokenBy(FirstKey, claims) }

// TokenBy signs claims with a key.
func (p *Provider) TokenBy(id string, claims Claims) string {
	p.t.Helper()
	return p.Sign(id, p.marshal(Claims{"typ": "JWT", "alg": "RS256", "kid": id, "x5t": id}), p.marshal(claims))
}

// Sign signs a header and claims as they are, with a key.
func (p *Provider) Sign(id, header, claims string) string {
	p.t.Helper()
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	sum := sha256.Sum256([]byte(signed))
	p.mu.Lock()
	key := p.keys[id]
	p.mu.Unlock()
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	return signed + "." + encode(signature)
}

func (p *Provider) marshal(claims Claims) string {
	p.t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// RoundTrip answers a fetch of keys, at the addresses where Entra has them.
func (p *Provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	delay := p.delay
	p.fetched = append(p.fetched, r.URL.String())
	p.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return nil, errors.New("entratest: down")
	}
	status, content := http.StatusOK, p.content
	if content == nil {
		content = p.keySet()
	}
	if !strings.HasSuffix(r.URL.Path, "/discovery/keys") && !strings.HasSuffix(r.URL.Path, "/discovery/v2.0/keys") {
		status = http.StatusNotFound
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(content)), Request: r,
	}, nil
}

// keySet is the listed keys as a JWK set.
func (p *Provider) keySet() []byte {
	keys := make([]map[string]string, len(p.listed))
	for i, id := range p.listed {
		public := p.keys[id].PublicKey
		keys[i] = map[string]string{
			"kty": "RSA", "use": "sig", "kid": id, "x5t": id,
			"n": encode(public.N.Bytes()), "e": encode(big.NewInt(int64(public.E)).Bytes()),
		}
	}
	content, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		p.t.Error(err)
	}
	return content
}

func encode(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }
