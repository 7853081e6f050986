package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// What a request that fails leaves behind: the answer, and a line in the log at
// the level that somebody has to look at.
func TestFailures(t *testing.T) {
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	tests := []struct {
		name    string
		ctx     context.Context
		err     error
		status  int
		logged  string
		written bool
	}{
		{"a fault of the client", t.Context(), fault.New(fault.InvalidValue, "no"), 400, "level=INFO", true},
		{"a fault of ours", t.Context(), fault.New(fault.StorageBusy, "busy"), 503, "level=ERROR", true},
		{"what we do not do", t.Context(), fault.New(fault.NotImplemented, "never"), 501, "level=INFO", true},
		{"a client that hung up", gone, fmt.Errorf("store: read user: %w", context.Canceled), 499, "level=INFO", false},
		{"a fault that comes of it", gone, fault.New(fault.StorageUnknown, "no answer").WithCause(context.Canceled), 499, "level=INFO", false},
		{"a defect beside it", gone, errors.New("broken"), 500, "level=ERROR", true},
		{"something of ours that was given up", t.Context(), context.Canceled, 500, "level=ERROR", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			x := &exchange.Exchange{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Reference: func() string { return "r7" }}
			answer := httptest.NewRecorder()
			handler := x.Wrap(exchange.RenderJSON, func(http.ResponseWriter, *http.Request) error { return test.err })
			handler.ServeHTTP(answer, httptest.NewRequestWithContext(test.ctx, "GET", "/", nil))
			if line := log.String(); !strings.Contains(line, test.logged) || !strings.Contains(line, fmt.Sprintf("status=%d", test.status)) {
				t.Errorf("logged %s", line)
			}
			if written := answer.Body.Len() > 0; written != test.written || written && answer.Code != test.status {
				t.Errorf("answered %d %s", answer.Code, answer.Body)
			}
			if strings.Contains(log.String(), "reference=r7") != (test.logged == "level=ERROR") {
				t.Errorf("the reference in %s", &log)
			}
		})
	}
}
