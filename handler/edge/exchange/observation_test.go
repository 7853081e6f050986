package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
	"handover/handler/core/tally"
	"handover/handler/edge/exchange"
)

func TestObserved(t *testing.T) {
	now := time.Unix(0, 0)
	var log bytes.Buffer
	var got []exchange.Observation
	x := &exchange.Exchange{
		Log: slog.New(slog.NewTextHandler(&log, nil)), Reference: func() string { return "r1" },
		Now:     func() time.Time { now = now.Add(2 * time.Second); return now },
		Observe: func(_ context.Context, o exchange.Observation) { got = append(got, o) },
	}
	mux := http.NewServeMux()
	mux.Handle("/app/{tenant}/fine", x.Wrap(exchange.RenderJSON, func(w http.ResponseWriter, r *http.Request) error {
		exchange.LineOf(r.Context()).Tenant = r.PathValue("tenant")
		tally.Trip(r.Context())
		w.WriteHeader(http.StatusNoContent)
		return nil
	}))
	mux.Handle("/app/{tenant}/broken", x.Wrap(exchange.RenderJSON, func(http.ResponseWriter, *http.Request) error { return errors.New("oops") }))
	for _, path := range []string{"/app/acme/fine", "/app/acme/broken"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		mux.ServeHTTP(httptest.NewRecorder(), r)
	}
	want := []exchange.Observation{
		{Method: "GET", Route: "/app/{tenant}/fine", Tenant: "acme", Status: 204, Trips: 1, Took: 2 * time.Second},
		{Method: "GET", Route: "/app/{tenant}/broken", Status: 500, Fault: fault.Internal, Took: 2 * time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
	if n := strings.Count(log.String(), "trace=0af7651916cd43dd8448eb211c80319c"); n != 2 {
		t.Errorf("%d lines name the trace:\n%s", n, &log)
	}
}

func TestTrace(t *testing.T) {
	const id = "0af7651916cd43dd8448eb211c80319c"
	for _, test := range []struct{ name, header, want string }{
		{"none", "", ""},
		{"a trace", "00-" + id + "-b7ad6b7169203331-01", id},
		{"too short", "00-" + id, ""},
		{"another version", "01-" + id + "-b7ad6b7169203331-01", ""},
		{"capital letters", "00-" + strings.ToUpper(id) + "-b7ad6b7169203331-01", ""},
		{"a line of its own", "00-" + strings.Repeat("\"", 32) + "-b7ad6b7169203331-01", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("traceparent", test.header)
			if got := exchange.Trace(r); got != test.want {
				t.Errorf("trace %q, want %q", got, test.want)
			}
		})
	}
}
