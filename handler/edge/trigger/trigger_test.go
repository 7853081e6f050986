package trigger_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/trigger"
	"handover/handler/rule/reassign"
)

// rule remembers what it was asked for.
type rule struct {
	messages []directory.Message
	dead     []directory.Message
	sweeps   int
	err      error
	panics   bool
}

func (r *rule) Work(_ context.Context, m directory.Message) (reassign.Outcome, error) {
	if r.panics {
		panic("boom")
	}
	r.messages = append(r.messages, m)
	return reassign.Outcome{State: directory.Done}, r.err
}

func (r *rule) DeadLettered(_ context.Context, m directory.Message) error {
	if r.panics {
		panic("boom")
	}
	r.dead = append(r.dead, m)
	return r.err
}

func (r *rule) Sweep(context.Context) (reassign.Swept, error) {
	if r.panics {
		panic("boom")
	}
	r.sweeps++
	return reassign.Swept{}, r.err
}

func newTrigger(r *rule) *trigger.Trigger {
	return &trigger.Trigger{Work: r, Log: slog.New(slog.DiscardHandler), Now: time.Now, Timeout: time.Minute}
}

// elsewhere stands for the routes behind the triggers.
var elsewhere = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

var want = directory.Message{Tenant: "acme", Leave: "01938f00-0000-7000-8000-000000000001", Attempt: 2}

func ourBody(t *testing.T) string {
	t.Helper()
	body, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// hostBody is one of the host's own payloads with our message in the place of
// the one it was recorded with, wrapped in the same way.
func hostBody(t *testing.T, file string) []byte {
	t.Helper()
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var payload map[string]map[string]json.RawMessage
	if err := json.Unmarshal(recorded, &payload); err != nil {
		t.Fatal(err)
	}
	var wrapped string
	if err := json.Unmarshal(payload["Data"]["message"], &wrapped); err != nil {
		t.Fatal(err)
	}
	ours := ourBody(t)
	if strings.HasPrefix(wrapped, `"`) {
		inner, _ := json.Marshal(ours)
		ours = string(inner)
	} else {
		ours = base64.StdEncoding.EncodeToString([]byte(ours))
	}
	payload["Data"]["message"], _ = json.Marshal(ours)
	body, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func post(t *testing.T, r *rule, target string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	request.RequestURI = target
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	answer := httptest.NewRecorder()
	newTrigger(r).Front(elsewhere).ServeHTTP(answer, request)
	return answer
}

func TestHostPayloadsReachTheRule(t *testing.T) {
	for _, name := range []string{"string", "redelivery", "session", "binary", "minimal", "body_collides"} {
		t.Run(name, func(t *testing.T) {
			r := &rule{}
			answer := post(t, r, "/reassign", hostBody(t, filepath.Join("testdata", "servicebus_trigger_"+name+".json")))
			if answer.Code != http.StatusOK {
				t.Fatalf("status %d, wanted 200: %s", answer.Code, answer.Body)
			}
			if diff := cmp.Diff([]directory.Message{want}, r.messages); diff != "" {
				t.Error(diff)
			}
			var answered map[string]any
			if err := json.Unmarshal(answer.Body.Bytes(), &answered); err != nil || len(answered) == 0 {
				t.Errorf("an empty answer hangs the invocation: %q (%v)", answer.Body, err)
			}
		})
	}
}

func TestTimerPayloadsSweep(t *testing.T) {
	for _, name := range []string{"timer_trigger", "timer_trigger_no_monitor", "timer_trigger_retry"} {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			r := &rule{}
			if answer := post(t, r, "/sweep", body); answer.Code != http.StatusOK || r.sweeps != 1 {
				t.Errorf("status %d, %d sweeps; wanted 200 and 1", answer.Code, r.sweeps)
			}
		})
	}
}

func TestWhatTheHostIsTold(t *testing.T) {
	tests := []struct {
		name string
		rule rule
		body string
		want int
	}{
		{"a message nobody can decode comes again, and is dead-lettered in the end", rule{}, `{"Data":{"message":"\"hello\""}}`, 500},
		{"no message at all", rule{}, `{"Data":{}}`, 500},
		{"not even JSON", rule{}, `<html>`, 500},
		{"a leave of a tenant that cannot exist", rule{}, `{"Data":{"message":{"tenant":"A/B","leave":"01938f00-0000-7000-8000-000000000001"}}}`, 500},
		{"the rule could not read or write", rule{err: fault.New(fault.StorageBusy, "busy")}, `{"Data":{"message":` + `{"tenant":"acme","leave":"01938f00-0000-7000-8000-000000000001","attempt":1}}}`, 500},
		{"the rule panicked", rule{panics: true}, `{"Data":{"message":` + `{"tenant":"acme","leave":"01938f00-0000-7000-8000-000000000001","attempt":1}}}`, 500},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := post(t, &test.rule, "/reassign", []byte(test.body))
			if answer.Code != test.want {
				t.Errorf("status %d, wanted %d", answer.Code, test.want)
			}
			if answer.Body.Len() == 0 {
				t.Error("the answer is empty")
			}
		})
	}
}

// TestNobodyElseReachesATrigger sends raw request lines, so that no client
// cleans them on the way.
func TestNobodyElseReachesATrigger(t *testing.T) {
	r := &rule{}
	server := httptest.NewServer(newTrigger(r).Front(elsewhere))
	defer server.Close()
	body := `{"Data":{"message":` + ourBody(t) + `}}`
	request := func(line, headers string) string {
		return line + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + headers + "Content-Length: " +
			itoa(len(body)) + "\r\n\r\n" + body
	}
	const asHost = "Content-Type: application/json\r\n"
	tests := []struct{ name, line, headers string }{
		{"through a path that cleans to it", "POST /scim/../reassign", asHost},
		{"doubled slash", "POST //reassign", asHost},
		{"encoded letter", "POST /%72eassign", asHost},
		{"encoded slash", "POST /%2freassign", asHost},
		{"trailing slash", "POST /reassign/", asHost},
		{"with a query", "POST /reassign?x", asHost},
		{"absolute form", "POST http://h/reassign", asHost},
		{"path parameter", "POST /scim/..;/reassign", asHost},
		{"other case", "POST /Reassign", asHost},
		{"GET", "GET /reassign", asHost},
		{"proxied", "POST /reassign", asHost + "X-Forwarded-Host: handover.example\r\n"},
		{"proxied, header empty", "POST /reassign", asHost + "X-Forwarded-For: \r\n"},
		{"proxied by the host", "POST /reassign", asHost + "x-ms-invocation-id: 1\r\n"},
		{"a form on a foreign page", "POST /reassign", "Content-Type: text/plain\r\n"},
		{"no content type", "POST /reassign", ""},
	}
	for _, test := range tests {
		for _, function := range []string{"reassign", "deadletter", "sweep"} {
			t.Run(function+", "+test.name, func(t *testing.T) {
				encoded := fmt.Sprintf("%%%x", function[0]) + function[1:]
				line := strings.NewReplacer("%72eassign", encoded, "Reassign", strings.ToUpper(function), "reassign", function).Replace(test.line)
				answer := sendRaw(t, server.Listener.Addr().String(), request(line, test.headers))
				if len(r.messages)+len(r.dead)+r.sweeps > 0 {
					t.Fatalf("the rule was reached; answer %s", answer)
				}
			})
		}
	}
	if answer := sendRaw(t, server.Listener.Addr().String(), request("POST /reassign", asHost)); !strings.HasPrefix(answer, "HTTP/1.1 200") || len(r.messages) != 1 {
		t.Fatalf("the host itself was refused: %s", answer)
	}
}

func TestProbe(t *testing.T) {
	answer := httptest.NewRecorder()
	newTrigger(&rule{}).Front(elsewhere).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusNoContent {
		t.Errorf("status %d, wanted 204", answer.Code)
	}
}

// TestDeadLettersOfALocalQueue are noted where they can be read, are done with
// where they cannot, and come again where the rule failed.
func TestDeadLettersOfALocalQueue(t *testing.T) {
	tests := []struct {
		name, body string
		rule       rule
		noted      int
		again      bool
	}{
		{"ours", ourBody(t), rule{}, 1, false},
		{"nobody's", "hello", rule{}, 0, false},
		{"the storage is away", ourBody(t), rule{err: fault.New(fault.StorageBusy, "busy")}, 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := newTrigger(&test.rule).DeliverDead(t.Context(), []byte(test.body))
			if len(test.rule.dead) != test.noted || (err != nil) != test.again {
				t.Errorf("%d noted, error %v", len(test.rule.dead), err)
			}
		})
	}
}

func FuzzDeliver(f *testing.F) {
	f.Add([]byte(`{"tenant":"acme","leave":"01938f00-0000-7000-8000-000000000001","attempt":1}`))
	f.Add([]byte(`"\"{}\""`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &rule{}
		err := newTrigger(r).Deliver(t.Context(), body)
		if (err == nil) != (len(r.messages) == 1) {
			t.Errorf("error %v with %d messages", err, len(r.messages))
		}
	})
}

func sendRaw(t *testing.T, address, request string) string {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}
