package host

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"time"
)

const (
	// proxyTries is how often a request is sent to a program that cannot be
	// reached, or dies without an answer (RetryProxyHandler).
	proxyTries = 10
	// The pause between two tries grows from the first to the last.
	firstProxyPause, lastProxyPause = 50 * time.Millisecond, 250 * time.Millisecond
)

// front answers what callers send to the function app.
func (h *Host) front() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:   h.rewrite,
		Transport: retrying{h},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
		FlushInterval: -1,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch f := h.route(r); {
		case r.URL.Path == "/":
			fmt.Fprintln(w, "Your Functions app is up and running.")
		case f == nil || !f.proxied:
			w.WriteHeader(http.StatusNotFound)
		default:
			proxy.ServeHTTP(w, r)
		}
	})
}

// route finds the HTTP function of a path: route prefix and literal segments,
// letter case aside, and behind them whatever {*path} takes.
func (h *Host) route(r *http.Request) *function {
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for _, f := range h.app.functions {
		if f.trigger.Type != "httpTrigger" || f.trigger.Methods != nil && !slices.Contains(f.trigger.Methods, lower(r.Method)) {
			continue
		}
		template := f.name
		if f.trigger.Route != nil {
			template = *f.trigger.Route
		}
		if matches(strings.Split(strings.TrimPrefix(h.app.routePrefix+"/"+template, "/"), "/"), segments) {
			return f
		}
	}
	return nil
}

func matches(template, segments []string) bool {
	for i, part := range template {
		if strings.HasPrefix(part, "{*") {
			return true
		}
		if i >= len(segments) || !strings.EqualFold(part, segments[i]) {
			return false
		}
	}
	return len(template) == len(segments)
}

// rewrite makes the request that the program sees: the path as it came, the
// program's own address as Host, and the marks of the proxy, which replace what
// the caller wrote there.
func (h *Host) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", "handler", ""
	r.SetXForwarded()
	id := newGUID()
	stamp(r.Out.Header, id)
	r.Out.Header.Set("X-Ms-Invocation-Id", id)
}

// retrying carries a request to whichever program is alive.
type retrying struct{ host *Host }

func (t retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	pause := firstProxyPause
	for try := 1; ; try++ {
		answer, err := t.once(r, body)
		if err == nil || try == proxyTries || r.Context().Err() != nil {
			return answer, err
		}
		time.Sleep(pause)
		pause = min(2*pause, lastProxyPause)
	}
}

func (t retrying) once(r *http.Request, body []byte) (*http.Response, error) {
	patience, cancel := context.WithTimeout(r.Context(), t.host.restartPatience())
	defer cancel()
	p, err := t.host.worker.await(patience)
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	out.URL.Host = p.address
	if r.Body != nil && r.Body != http.NoBody {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	return t.host.client.Transport.RoundTrip(out)
}

// newGUID is 32 random hex digits in the groups of a GUID.
func newGUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:])
	return guid(raw)
}

func guid(raw [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
