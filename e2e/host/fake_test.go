package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handover/e2e/host"
)

// The test binary is the program, too: started with this variable it is a
// custom handler that does whatever a message says.
const fakeVariable = "FAKE_HANDLER"

func TestMain(m *testing.M) {
	if os.Getenv(fakeVariable) != "" {
		fakeProgram()
	}
	os.Exit(m.Run())
}

// seen is a request as the program saw it.
type seen struct {
	Method, RequestURI, Host, Body string
	Header                         http.Header
	Length                         int64
}

func fakeProgram() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"))
	if err != nil {
		os.Exit(1)
	}
	fmt.Println("plain line")
	fmt.Fprintln(os.Stderr, "something broke")
	fmt.Fprintln(os.Stderr, `{"level":"WARN"}`)
	_ = http.Serve(listener, http.HandlerFunc(fakeAnswer))
	os.Exit(1)
}

func fakeAnswer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	ok := func() {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"Outputs":{},"Logs":[],"ReturnValue":null}`)
	}
	switch does := string(body); {
	case strings.HasPrefix(r.URL.Path, "/web"):
		w.Header().Set("ETag", `W/"1"`)
		_ = json.NewEncoder(w).Encode(seen{r.Method, r.RequestURI, r.Host, does, r.Header, r.ContentLength})
	case r.URL.Path == "/dead": // a dead letter says what was done with the message
		ok()
	case strings.Contains(does, "empty"):
	case strings.Contains(does, "no content"):
		w.WriteHeader(http.StatusNoContent)
	case strings.Contains(does, "nothing"):
		fmt.Fprint(w, "null")
	case strings.Contains(does, "prose"):
		fmt.Fprint(w, "done")
	case strings.Contains(does, "fail"):
		w.WriteHeader(http.StatusInternalServerError)
	case strings.Contains(does, "silence"):
		time.Sleep(time.Hour)
	case strings.Contains(does, "crash"):
		os.Exit(7)
	case strings.Contains(does, "leave"):
		os.Exit(0)
	case strings.Contains(does, "renew"):
		os.Exit(200)
	default:
		ok()
	}
}

// hosted starts a host with the fake program, a queue function with its
// dead-letter function, a timer and a route.
func hosted(t *testing.T) (*host.Host, *host.Memory) {
	t.Helper()
	queues := host.NewMemory()
	return hostedOn(t, nil, queues.Open), queues
}

// hurried is hosted with so short a functionTimeout that a test can wait for it.
func hurried(t *testing.T) (*host.Host, *host.Memory) {
	t.Helper()
	queues := host.NewMemory()
	return hostedOn(t, map[string]string{"AzureFunctionsJobHost__functionTimeout": "00:00:01"}, queues.Open), queues
}

type opener = func(ctx context.Context, connection, name string) (host.Queue, error)

func hostedOn(t *testing.T, settings map[string]string, queue opener) *host.Host {
	t.Helper()
	root := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]any{
		"host.json": map[string]any{
			"version": "2.0", "functionTimeout": "00:10:00",
			"customHandler": map[string]any{
				"description": map[string]any{"defaultExecutablePath": program}, "enableProxyingHttpRequest": true,
			},
			"extensions": map[string]any{"http": map[string]any{"routePrefix": ""}, "serviceBus": map[string]any{"maxConcurrentCalls": 4}},
		},
		"local.settings.json": map[string]any{"Values": map[string]string{
			"FUNCTIONS_WORKER_RUNTIME": "custom", fakeVariable: "yes", "QUEUE": "work", "GORACE": "atexit_sleep_ms=0",
		}},
		"web/function.json": function(
			map[string]any{"type": "httpTrigger", "direction": "in", "name": "req", "route": "web/{*path}"},
			map[string]any{"type": "http", "direction": "out", "name": "res"}),
		"work/function.json": function(
			map[string]any{"type": "serviceBusTrigger", "direction": "in", "name": "message", "queueName": "%QUEUE%", "connection": "BUS"}),
		"dead/function.json": function(
			map[string]any{"type": "serviceBusTrigger", "direction": "in", "name": "message", "queueName": "%QUEUE%/$DeadLetterQueue", "connection": "BUS"}),
		"tick/function.json": map[string]any{
			"bindings": []any{map[string]any{"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 * * * * *", "useMonitor": true}},
			"retry":    map[string]any{"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00.01"},
		},
	} {
		encoded, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, encoded, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h, err := host.Start(t.Context(), host.Options{Root: root, Settings: settings, Queue: queue})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func function(bindings ...any) map[string]any { return map[string]any{"bindings": bindings} }

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("this never happens: " + what)
		}
	}
}
