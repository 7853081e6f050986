package host_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/e2e/host"
)

func TestProxy(t *testing.T) {
	h, _ := hosted(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, h.URL()+"/web/a%2Fb//c?x=1&x=%202", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-Host", "forged.example")
	request.Header.Set("X-Ms-Invocation-Id", "forged")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got seen
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Method != "PATCH" || got.RequestURI != "/web/a%2Fb//c?x=1&x=%202" || got.Body != "body" || got.Length != 4 || answer.Header.Get("ETag") != `W/"1"` {
		t.Errorf("the program saw %+v", got)
	}
	if !strings.HasPrefix(got.Host, "127.0.0.1:") || "http://"+got.Host == h.URL() {
		t.Errorf("Host is %q: it is to be the program's own address", got.Host)
	}
	if got.Header.Get("X-Forwarded-Host") != strings.TrimPrefix(h.URL(), "http://") || got.Header.Get("X-Forwarded-Proto") != "http" ||
		got.Header.Get("X-Forwarded-For") != "127.0.0.1" {
		t.Errorf("forwarded: %v", got.Header)
	}
	id := got.Header.Get("X-Ms-Invocation-Id")
	if len(id) != 36 || got.Header.Get("X-Azure-Functions-Invocationid") != id || got.Header.Get("X-Azure-Functions-Hostversion") == "" {
		t.Errorf("marks: %v", got.Header)
	}
}

func TestRoutes(t *testing.T) {
	h, _ := hosted(t)
	for path, want := range map[string]int{
		"/": 200, "/web": 200, "/WEB/x": 200, "/webs": 404, "/work": 404, "/tick": 404, "//web": 404, "/admin/functions/work": 404,
	} {
		answer, err := http.Get(h.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: status %d, wanted %d", path, answer.StatusCode, want)
		}
	}
}

// TestAnswers sends messages that tell the program what to answer.
func TestAnswers(t *testing.T) {
	tests := []struct {
		message string
		// deliveries are those until the message is done or dead.
		deliveries int
		dead       bool
	}{
		{"well", 1, false},
		{"fail", 10, true},
		{"prose", 10, true},
	}
	h, queues := hosted(t)
	for _, test := range tests {
		queues.Send("work", test.message, []byte(test.message))
	}
	for _, test := range tests {
		count := func() (n int) {
			for _, i := range h.Invocations("work") {
				if i.MessageID == test.message {
					n++
				}
			}
			return n
		}
		until(t, test.message, func() bool { return count() == test.deliveries })
		buried := func() bool {
			for _, i := range h.Invocations("dead") {
				if i.MessageID == test.message {
					return true
				}
			}
			return false
		}
		if test.dead {
			until(t, test.message+" is dead", buried)
		} else if buried() {
			t.Errorf("%s is among the dead letters", test.message)
		}
		if n := count(); n != test.deliveries {
			t.Errorf("%s: %d deliveries, wanted %d", test.message, n, test.deliveries)
		}
	}
}

// TestHungInvocations wants the program killed and started again by the answers
// that are none.
func TestHungInvocations(t *testing.T) {
	for _, message := range []string{"empty", "no content", "nothing", "silence"} {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			h, queues := hurried(t)
			queues.MaxDeliveryCount = 1
			queues.Send("work", "m", []byte(message))
			until(t, "the timeout", func() bool { return len(h.Invocations("work")) > 0 })
			if err := h.Invocations("work")[0].Err; !errors.Is(err, host.ErrHung) {
				t.Errorf("the invocation ended with %v", err)
			}
			if diff := cmp.Diff([]int{-1}, h.Exits()); diff != "" {
				t.Error(diff)
			}
			if err := h.Await(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestExits(t *testing.T) {
	t.Run("a crash is started again", func(t *testing.T) {
		t.Parallel()
		h, queues := hosted(t)
		queues.MaxDeliveryCount = 1
		queues.Send("work", "m", []byte("crash"))
		until(t, "the crash", func() bool { return len(h.Exits()) == 1 })
		if err := h.Await(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("the third ends the host", func(t *testing.T) {
		t.Parallel()
		h, queues := hosted(t)
		queues.MaxDeliveryCount = 1_000_000 // one that meets a program on its way out fails, too
		queues.Send("work", "m", []byte("crash"))
		until(t, "three crashes", func() bool { return len(h.Exits()) == 3 })
		if err := h.Await(t.Context()); err == nil {
			t.Error("the host goes on")
		}
	})
	t.Run("an exit with 0 is not", func(t *testing.T) {
		t.Parallel()
		h, queues := hosted(t)
		queues.Send("work", "m", []byte("leave"))
		until(t, "the exit", func() bool { return len(h.Exits()) == 1 })
		if err := h.Await(t.Context()); err == nil || !strings.Contains(err.Error(), "does not start it again") {
			t.Errorf("said %v", err)
		}
	})
	t.Run("a kill", func(t *testing.T) {
		t.Parallel()
		h, _ := hosted(t)
		h.Kill()
		answer, err := http.Get(h.URL() + "/web/x")
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("the proxy did not wait for the restart: %v %v", answer, err)
		}
		answer.Body.Close()
	})
}

func TestTimer(t *testing.T) {
	h, _ := hosted(t)
	if err := h.Tick(t.Context(), "tick", true); err != nil {
		t.Error(err)
	}
	if n := len(h.Invocations("tick")); n != 1 {
		t.Errorf("%d invocations, wanted 1", n)
	}
}

func TestSeverityByStream(t *testing.T) {
	h, _ := hosted(t)
	want := map[string]host.Severity{"plain line": host.Information, "something broke": host.Error, `{"level":"WARN"}`: host.Warning}
	until(t, "three lines", func() bool { return len(h.Lines()) >= len(want) })
	for _, line := range h.Lines() {
		if want[line.Text] != line.Severity {
			t.Errorf("%q is %s", line.Text, line.Severity)
		}
	}
}
