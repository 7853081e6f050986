package connector_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth/bearer"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/connector"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

var (
	noon  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	leave = directory.ID{0: 1, 6: 0x70, 8: 0x80, 15: 1}
	eve   = directory.Person{ID: directory.ID{0: 1, 6: 0x70, 8: 0x80, 15: 2}, UserName: "eve@acme.com", ExternalID: "e"}
	ann   = directory.Person{ID: directory.ID{0: 1, 6: 0x70, 8: 0x80, 15: 3}, UserName: "ann@acme.com"}
)

// loopback is where the applications of the tests listen.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// journal is a journal in memory.
type journal map[int]directory.Chunk

func (j journal) AppendChunk(_ context.Context, _ string, chunk directory.Chunk) error {
	if is, taken := j[chunk.Number]; taken && !cmp.Equal(is, chunk) {
		return fault.New(fault.RowExists, "taken")
	}
	j[chunk.Number] = chunk
	return nil
}

// application is a business application that answers as a test says.
type application struct {
	*httptest.Server
	journal journal
	keys    []string
	bodies  []string
	bearers []string
}

func serve(t *testing.T, answer http.HandlerFunc) *application {
	t.Helper()
	a := &application{journal: journal{}}
	a.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.keys = append(a.keys, r.Header.Get("Idempotency-Key"))
		a.bodies = append(a.bodies, r.Method+" "+r.URL.Path+" "+string(body))
		a.bearers = append(a.bearers, r.Header.Get("Authorization"))
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *application) transport(allowed []netip.Prefix) *http.Transport {
	transport := connector.Transport(allowed)
	transport.TLSClientConfig = a.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	return transport
}

func (a *application) connector(transport http.RoundTripper) *connector.Connector {
	return connector.New(connector.Config{
		Journal: a.journal, Transport: transport, Now: func() time.Time { return noon },
		Reveal: func(tenant, hidden string) (string, bool) { return strings.CutPrefix(hidden, tenant+":") },
		Identity: func(scope string) bearer.TokenProvider {
			return bearer.StaticTokenProvider{Token: bearer.Token{Value: "identity for " + scope}}
		},
	})
}

func (a *application) setting() directory.ConnectorSetting {
	return directory.ConnectorSetting{Kind: directory.HTTPConnector, URL: a.URL + "/base", Auth: directory.AuthAPIKey, Hidden: "acme:key"}
}

func (a *application) move(t *testing.T, move directory.Move) (directory.Moved, error) {
	t.Helper()
	return a.connector(a.transport(loopback)).To(a.setting()).Move(t.Context(), move)
}

func aMove() directory.Move {
	return directory.Move{Tenant: "acme", Leave: leave, Number: 3, From: eve, To: ann, At: noon, Cursor: "c2"}
}

// says answers with a status, a header and a body.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestMove(t *testing.T) {
	a := serve(t, says(200, `{"moved":[{"type":"quote","id":"Q-1","title":"Offer"},{"type":"quote","id":"Q-1"},{"type":"document","id":"Q-1","title":"`+strings.Repeat("ü", 300)+`"}],"nextCursor":"c3"}`))
	moved, err := a.move(t, aMove())
	if err != nil {
		t.Fatal(err)
	}
	records := []directory.MovedRecord{{Type: "quote", ID: "Q-1", Title: "Offer"}, {Type: "document", ID: "Q-1", Title: strings.Repeat("ü", 128)}}
	if diff := cmp.Diff(directory.Moved{Records: records, Cursor: "c3"}, moved); diff != "" {
		t.Error(diff)
	}
	chunk := directory.Chunk{Leave: leave, Number: 3, From: eve.ID, To: ann.ID, At: noon, Moved: records}
	if diff := cmp.Diff(journal{3: chunk}, a.journal); diff != "" {
		t.Errorf("the journal: %s", diff)
	}
	want := fmt.Sprintf(`POST /base/ownership:reassign {"tenant":"acme","leave":"%s","from":{"id":"%s","userName":"eve@acme.com","externalId":"e"},"to":{"id":"%s","userName":"ann@acme.com"},"cursor":"c2"}`, leave, eve.ID, ann.ID)
	if diff := cmp.Diff([]string{want}, a.bodies); diff != "" {
		t.Error(diff)
	}
	if a.keys[0] != leave.String()+".3" || a.bearers[0] != "Bearer key" {
		t.Errorf("Idempotency-Key %q, %q", a.keys[0], a.bearers[0])
	}
}

// TestMoveKinds are the calls that are not the next chunk of a leave.
func TestMoveKinds(t *testing.T) {
	t.Run("the end", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[],"nextCursor":""}`))
		if moved, err := a.move(t, aMove()); err != nil || !moved.Finished || len(a.journal) != 0 {
			t.Errorf("%+v, %v, %d chunks", moved, err, len(a.journal))
		}
	})
	t.Run("an owner that the application does not know", func(t *testing.T) {
		a := serve(t, says(404, `{"code":"unknownOwner"}`))
		if moved, err := a.move(t, aMove()); err != nil || !moved.Finished || len(moved.Records) != 0 {
			t.Errorf("%+v, %v", moved, err)
		}
	})
	t.Run("nothing moved and more to come counts as a chunk", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[],"nextCursor":"more"}`))
		if moved, err := a.move(t, aMove()); err != nil || moved.Finished || len(a.journal) != 1 {
			t.Errorf("%+v, %v, %d chunks", moved, err, len(a.journal))
		}
	})
	t.Run("a base address without a path", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[]}`))
		setting := a.setting()
		setting.URL = a.URL
		_, err := a.connector(a.transport(loopback)).To(setting).Move(t.Context(), aMove())
		if err != nil || !strings.HasPrefix(a.bodies[0], "POST /ownership:reassign ") {
			t.Errorf("%v, %v", err, a.bodies)
		}
	})
	t.Run("a hand-back is one answer", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[],"nextCursor":"more"}`))
		move := aMove()
		move.Records = []directory.MovedRecord{{Type: "quote", ID: "Q-1"}}
		if moved, err := a.move(t, move); err != nil || !moved.Finished || len(a.journal) != 0 {
			t.Errorf("%+v, %v, %d chunks", moved, err, len(a.journal))
		}
	})
	t.Run("a preview has no key and no journal", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[{"type":"quote","id":"Q-1"}]}`))
		move := aMove()
		move.DryRun = true
		if moved, err := a.move(t, move); err != nil || len(moved.Records) != 1 || len(a.journal) != 0 {
			t.Errorf("%+v, %v, %d chunks", moved, err, len(a.journal))
		}
		if a.keys[0] != "" || !strings.Contains(a.bodies[0], `"dryRun":true`) {
			t.Errorf("key %q, %s", a.keys[0], a.bodies[0])
		}
	})
	t.Run("a hand-back names its records, a setting its types", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[{"type":"quote","id":"Q-1"}]}`))
		move, setting := aMove(), a.setting()
		move.Records, setting.Types = []directory.MovedRecord{{Type: "quote", ID: "Q-1", Title: "not sent"}}, []string{"quote"}
		if _, err := a.connector(a.transport(loopback)).To(setting).Move(t.Context(), move); err != nil {
			t.Fatal(err)
		}
		if want := `"types":["quote"],"cursor":"c2","records":[{"type":"quote","id":"Q-1"}]}`; !strings.HasSuffix(a.bodies[0], want) {
			t.Errorf("asked %s", a.bodies[0])
		}
	})
	t.Run("an answer given again names who received then", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[{"type":"quote","id":"Q-1"}],"to":"`+leave.String()+`"}`))
		moved, err := a.move(t, aMove())
		if err != nil || moved.To != leave || a.journal[3].To != leave {
			t.Errorf("%+v, %v, journal %+v", moved, err, a.journal)
		}
	})
	t.Run("another answer to the same call is written under the next number", func(t *testing.T) {
		a := serve(t, says(200, `{"moved":[{"type":"quote","id":"Q-2"}]}`))
		a.journal[3] = directory.Chunk{Number: 3}
		if _, err := a.move(t, aMove()); err != nil || a.journal[4].Moved[0].ID != "Q-2" {
			t.Errorf("%v, %+v", err, a.journal)
		}
	})
}

// TestEarlyAnswer has the answer come before net/http knows that it has sent all:
// that must not look as if the sending had failed.
func TestEarlyAnswer(t *testing.T) {
	var sent io.Reader
	a := serve(t, nil)
	c := a.connector(roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = r.Body
		w := httptest.NewRecorder()
		says(200, `{"moved":[]}`)(w, r)
		return w.Result(), nil
	}))
	if _, err := c.To(a.setting()).Move(t.Context(), aMove()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, sent); err != nil {
		t.Errorf("looking for more to send: %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRefusals(t *testing.T) {
	const many = `{"moved":[{"type":"quote","id":"Q-1"}]}`
	tests := []struct {
		name      string
		answer    http.HandlerFunc
		want      fault.Code
		retryable bool
		wait      time.Duration
	}{
		{"away", says(503, ""), fault.Unavailable, true, 0},
		{"a limit of rates, in seconds", says(429, "", "Retry-After", "120"), fault.Unavailable, true, 2 * time.Minute},
		{"a limit of rates, until a date", says(429, "", "Retry-After", "Sat, 21 Nov 2026 12:05:00 GMT"), fault.Unavailable, true, 5 * time.Minute},
		{"a limit of rates, in words", says(429, "", "Retry-After", "soon"), fault.Unavailable, true, 0},
		{"too early", says(425, ""), fault.Unavailable, true, 0},
		{"timeout", says(408, ""), fault.Unavailable, true, 0},
		{"the key is wrong", says(401, ""), fault.ConnectorRefused, true, 30 * time.Minute},
		{"the key may not", says(403, ""), fault.ConnectorRefused, true, 30 * time.Minute},
		{"no such route", says(404, "not here"), fault.ConnectorRefused, true, 30 * time.Minute},
		{"another code", says(404, `{"code":"unknownTenant"}`), fault.ConnectorRefused, true, 30 * time.Minute},
		{"a redirect", says(307, "", "Location", "https://example.com/"), fault.ConnectorRefused, true, 30 * time.Minute},
		{"a web page", says(200, "<html></html>", "Content-Type", "text/html; charset=utf-8"), fault.ConnectorRefused, true, 30 * time.Minute},
		{"a call that is wrong", says(400, ""), fault.ConnectorInvalid, false, 0},
		{"another status of success", says(202, many), fault.ConnectorInvalid, false, 0},
		{"no JSON", says(200, "moved"), fault.ConnectorInvalid, false, 0},
		{"two values", says(200, many+many), fault.ConnectorInvalid, false, 0},
		{"no list", says(200, `{}`), fault.ConnectorInvalid, false, 0},
		{"a record without id", says(200, `{"moved":[{"type":"quote"}]}`), fault.ConnectorInvalid, false, 0},
		{"a type that is none", says(200, `{"moved":[{"type":"Quote!","id":"1"}]}`), fault.ConnectorInvalid, false, 0},
		{"a recipient who is no user", says(200, `{"moved":[],"to":"ann"}`), fault.ConnectorInvalid, false, 0},
		{"a long cursor", says(200, `{"moved":[],"nextCursor":"`+strings.Repeat("c", 5000)+`"}`), fault.ConnectorInvalid, false, 0},
		{"a title of 1 MB", says(200, `{"moved":[{"type":"quote","id":"1","title":"`+strings.Repeat("t", 1<<20)+`"}]}`), fault.ConnectorInvalid, false, 0},
		{"5,000 records", says(200, `{"moved":[`+strings.Repeat(`{"type":"quote","id":"1"},`, 4999)+`{"type":"quote","id":"1"}]}`), fault.ConnectorInvalid, false, 0},
		{"it dies in the middle", says(200, `{"moved":[`, "Content-Length", "100"), fault.Unavailable, true, 0},
		{"it hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fault.Unavailable, true, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := serve(t, test.answer)
			_, err := a.move(t, aMove())
			f := fault.Of(err)
			if !fault.Is(err, test.want) || fault.Retryable(err) != test.retryable || f.RetryAfter != test.wait {
				t.Errorf("%v: retryable %v, after %v", err, fault.Retryable(err), f.RetryAfter)
			}
			operation, ok := errors.AsType[*smithy.OperationError](err)
			if !ok || operation.Service() != "Records" || operation.Operation() != "Reassign" {
				t.Errorf("no operation is named: %v", err)
			}
			if strings.Contains(err.Error(), "Bearer") || len(a.journal) != 0 || len(a.bodies) != 1 {
				t.Errorf("%v, %d chunks, %d calls", err, len(a.journal), len(a.bodies))
			}
		})
	}
}

// TestErrorChain finds every layer again, and nothing of what was answered: that
// may name people, and the chain goes into logs.
func TestErrorChain(t *testing.T) {
	_, err := serve(t, says(503, "overloaded")).move(t, aMove())
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || response.HTTPStatusCode() != 503 {
		t.Fatalf("%v", err)
	}
	want := "operation error Records: Reassign, http response error StatusCode: 503, unavailable: the business application asks for patience (status 503); it is tried again"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	_, err = serve(t, says(200, "x")).move(t, aMove())
	if _, ok := errors.AsType[*smithy.DeserializationError](err); !ok {
		t.Errorf("%v", err)
	}
}

func TestHTTPSAlone(t *testing.T) {
	called := false
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer plain.Close()
	a := serve(t, says(200, `{"moved":[]}`))
	setting := a.setting()
	setting.URL = plain.URL
	if _, err := a.connector(a.transport(loopback)).To(setting).Move(t.Context(), aMove()); err == nil || called {
		t.Errorf("%v, called %v", err, called)
	}
	stranger := a.transport(loopback)
	stranger.TLSClientConfig = &tls.Config{}
	if _, err := a.connector(stranger).To(a.setting()).Move(t.Context(), aMove()); !fault.Is(err, fault.Unavailable) || len(a.bodies) > 0 {
		t.Errorf("an unknown certificate: %v", err)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	a := serve(t, says(200, `{"moved":[]}`))
	_, err := a.connector(a.transport(nil)).To(a.setting()).Move(t.Context(), aMove())
	if !fault.Is(err, fault.ConnectorRefused) || len(a.bodies) > 0 {
		t.Errorf("%v, %d calls", err, len(a.bodies))
	}
	named := a.setting()
	named.URL = strings.Replace(named.URL, "127.0.0.1", "localhost", 1)
	if _, err := a.connector(a.transport(nil)).To(named).Move(t.Context(), aMove()); !fault.Is(err, fault.ConnectorRefused) {
		t.Errorf("by a name: %v", err)
	}
}

func TestSlowApplication(t *testing.T) {
	a := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond) // it ends within the call, not before
	defer cancel()
	_, err := a.connector(a.transport(loopback)).To(a.setting()).Move(ctx, aMove())
	if _, ok := errors.AsType[*smithy.CanceledError](err); !ok || !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
