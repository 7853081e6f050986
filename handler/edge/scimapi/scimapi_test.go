package scimapi_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handover/handler/adapter/local"
	"handover/handler/adapter/store"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/scim"
	"handover/handler/edge/exchange"
	"handover/handler/edge/scimapi"
	"handover/handler/rule/access"
	"handover/handler/rule/provision"
)

// world is the SCIM endpoint over the real store, with the tenant acme. Its
// clock moves by a second a request and its randomness is the same in every
// run, so that ids and times are, too.
type world struct {
	http.Handler
	*store.Store
	// requests counts those to the table of the directory.
	requests *tabletest.Counter
	gate     *access.Gate
	keys     *credential.Keyring
	token    string
	log      bytes.Buffer

	mu     sync.Mutex
	time   time.Time
	leaves []directory.ID
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{time: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	file, err := local.Open(filepath.Join(t.TempDir(), "data"), local.Options{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if w.keys, err = credential.ParseKeyring("test:" + strings.Repeat("07", 32)); err != nil {
		t.Fatal(err)
	}
	w.requests = tabletest.Counting(file.Table("directory"))
	w.Store = store.New(store.Config{
		Directory: w.requests, Records: file.Table("records"), Now: w.now, Random: &random{source: rand.NewChaCha8([32]byte{1})},
	})
	w.token = w.tenant(t, directory.Tenant{ID: "acme", Name: "Acme", Country: "US", Domains: []string{"acme.com"}}, directory.Unlimited)
	w.gate = access.New(access.Config{Tenants: w.Store, Now: w.now})
	w.Handler = w.endpoint(w.Store, w.Store)
	return w
}

// endpoint is the handler over the world's tenants and the given directory.
func (w *world) endpoint(users directory.Users, groups directory.Groups) http.Handler {
	return scimapi.New(scimapi.Config{
		Keys: w.keys, Gate: w.gate, BaseURL: exchange.BaseURL("https://scim.example.com"),
		Exchange: &exchange.Exchange{
			Log: slog.New(slog.NewTextHandler(&w.log, nil)), Now: w.now, Reference: func() string { return "4f2a9c" },
		},
		Provision: provision.New(provision.Config{
			Users: users, Groups: groups, Now: w.now, Random: &random{source: rand.NewChaCha8([32]byte{2})},
			LeaveOpened: func(_ context.Context, _ string, leave directory.ID) { w.leaves = append(w.leaves, leave) },
		}),
	})
}

// tenant creates a tenant and a token for it.
func (w *world) tenant(t testing.TB, settings directory.Tenant, userCap int64) (token string) {
	t.Helper()
	if _, err := w.CreateTenant(t.Context(), settings, userCap, directory.Activity{}); err != nil {
		t.Fatal(err)
	}
	c, token, err := credential.Issue(credential.ScimToken, "test", w.now(), time.Time{}, rand.NewChaCha8([32]byte{3, settings.ID[0]}))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddCredential(t.Context(), settings.ID, c, directory.Activity{}); err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

// do sends a request with the token of acme, a second after the last.
func (w *world) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	w.pass(time.Second)
	return send(w, w.token, method, target, body, headers...)
}

// send sends a request. Headers are written as name, value; an empty value
// takes a header away.
func send(h http.Handler, token, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", scim.ContentType)
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Del(headers[i]); headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

// random makes a source of randomness safe for concurrent use.
type random struct {
	mu     sync.Mutex
	source io.Reader
}

func (r *random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}
