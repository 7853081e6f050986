package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
)

// collector keeps what is exported to it, by path.
type collector struct {
	mu  sync.Mutex
	got map[string][]byte
}

func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got[r.URL.Path] = append(c.got[r.URL.Path], body...)
}

// TestDevExports runs dev with a collector and wants a request in its traces and
// metrics when dev has ended.
func TestDevExports(t *testing.T) {
	c := &collector{got: map[string][]byte{}}
	server := httptest.NewServer(c)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	output := &words{}
	m := newMain()
	m.Args, m.Stdout, m.Stderr = []string{"dev"}, output, output
	m.Env = []string{"HANDOVER_LISTEN=127.0.0.1:0", "HANDOVER_DATA=" + t.TempDir(), "OTEL_EXPORTER_OTLP_ENDPOINT=" + server.URL}
	ended := make(chan int, 1)
	go func() { ended <- m.Run(ctx) }()
	url := output.await(t, regexp.MustCompile(`URL +(\S+)\n`))[1]
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/scim/acme/v2/Users?filter=userName%20eq%20%22ann@acme.com%22", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	stop()
	if code := <-ended; code != 0 {
		t.Fatalf("dev ended with %d:\n%s", code, output)
	}
	trace := []byte{0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c}
	if got := c.got["/v1/traces"]; !bytes.Contains(got, trace) || bytes.Contains(got, []byte("ann@")) {
		t.Errorf("the request is not in the traces, or with what it asked for: %q", got)
	}
	for _, name := range []string{"handover.requests", "handover.refusals", "handover.request.duration"} {
		if !bytes.Contains(c.got["/v1/metrics"], []byte(name)) {
			t.Errorf("no %s among the metrics", name)
		}
	}
}
