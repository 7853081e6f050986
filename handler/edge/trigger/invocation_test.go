package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// TestDeadLetterAnswers wants 500 only where the storage was away: the
// dead-letter queue would bring anything else again for ever.
func TestDeadLetterAnswers(t *testing.T) {
	usable := `{"Data":{"message":` + ourBody(t) + `}}`
	tests := []struct {
		name string
		rule rule
		body string
		want int
	}{
		{"taken note of", rule{}, usable, 200},
		{"cannot be decoded", rule{}, `{"Data":{"message":"\"hello\""}}`, 200},
		{"is not even JSON", rule{}, `<html>`, 200},
		{"the rule panicked", rule{panics: true}, usable, 200},
		{"a defect", rule{err: errors.New("nobody classified this")}, usable, 200},
		{"the storage is busy", rule{err: fault.New(fault.StorageBusy, "busy")}, usable, 500},
		{"the storage did not say", rule{err: fault.New(fault.StorageUnknown, "silence")}, usable, 500},
		{"the storage is away", rule{err: fault.New(fault.Unavailable, "away")}, usable, 500},
		{"the time is up", rule{err: context.DeadlineExceeded}, usable, 500},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if answer := post(t, &test.rule, "/deadletter", []byte(test.body)); answer.Code != test.want {
				t.Errorf("status %d, wanted %d", answer.Code, test.want)
			}
		})
	}
}

func TestDeadLettersReachTheRule(t *testing.T) {
	for _, name := range []string{"string", "redelivery", "binary"} {
		r := &rule{}
		post(t, r, "/deadletter", hostBody(t, filepath.Join("testdata", "servicebus_trigger_"+name+".json")))
		if diff := cmp.Diff([]directory.Message{want}, r.dead); diff != "" || len(r.messages) > 0 {
			t.Errorf("%s: %s %v", name, diff, r.messages)
		}
	}
}

// TestUnusableDeadLetterIsLogged wants the one trace that such a message
// leaves, without the message.
func TestUnusableDeadLetterIsLogged(t *testing.T) {
	var log bytes.Buffer
	front := newTrigger(&rule{})
	front.Log = slog.New(slog.NewJSONHandler(&log, nil))
	request := httptest.NewRequest(http.MethodPost, "/deadletter", strings.NewReader(`{"Data":{"message":"\"a secret\""}}`))
	request.Header.Set("Content-Type", "application/json")
	front.Front(elsewhere).ServeHTTP(httptest.NewRecorder(), request)
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["level"] != "ERROR" || line["fault"] != "messageUnusable" || line["function"] != "deadletter" || strings.Contains(log.String(), "a secret") {
		t.Errorf("the log says %s", &log)
	}
}

// TestNoAnswerHangs sends everything that may go wrong to every function. A 2xx
// that is empty, null, or no JSON object leaves the host waiting until the
// function's timeout kills the process.
func TestNoAnswerHangs(t *testing.T) {
	bodies := map[string]string{
		"empty": "", "null": "null", "array": "[]", "no data": "{}", "null data": `{"Data":null}`,
		"usable": `{"Data":{"message":` + ourBody(t) + `}}`, "cut off": `{"Data":{"mess`,
		"too large": `{"Data":{"message":"` + strings.Repeat("x", 3<<20) + `"}}`,
	}
	recorded, err := filepath.Glob("testdata/*.json")
	if err != nil || len(recorded) == 0 {
		t.Fatal("no recorded payloads", err)
	}
	for _, file := range recorded {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bodies[filepath.Base(file)] = string(content)
	}
	rules := map[string]rule{
		"well": {}, "panics": {panics: true}, "storage away": {err: fault.New(fault.StorageBusy, "busy")}, "defect": {err: errors.New("defect")},
	}
	for _, target := range []string{"/reassign", "/deadletter", "/sweep"} {
		for name, body := range bodies {
			for state, r := range rules {
				answer := post(t, &r, target, []byte(body))
				checkAnswer(t, target+", "+name+", "+state, answer)
			}
		}
	}
}

func checkAnswer(t *testing.T, what string, answer *httptest.ResponseRecorder) {
	t.Helper()
	if answer.Code != http.StatusOK && answer.Code != http.StatusInternalServerError {
		t.Errorf("%s: status %d", what, answer.Code)
	}
	var got map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Errorf("%s: the answer is no JSON: %v", what, err)
	}
	wanted := map[string]any{"Outputs": map[string]any{}, "Logs": []any{}, "ReturnValue": nil}
	if diff := cmp.Diff(wanted, got); diff != "" || answer.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%s: %s%s", what, answer.Header().Get("Content-Type"), diff)
	}
}

// TestPauseBeforeGivingBack wants a message that the storage could not take to
// be given back slowly, and one that nobody can read at once.
func TestPauseBeforeGivingBack(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want time.Duration
	}{
		{"the storage is away", fault.New(fault.StorageBusy, "busy"), 3 * time.Second},
		{"a defect", errors.New("defect"), 0},
		{"well", nil, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				front := newTrigger(&rule{err: test.err})
				front.Pause = 3 * time.Second
				request := httptest.NewRequest(http.MethodPost, "/reassign", strings.NewReader(`{"Data":{"message":`+ourBody(t)+`}}`))
				request.Header.Set("Content-Type", "application/json")
				began := time.Now()
				front.Front(elsewhere).ServeHTTP(httptest.NewRecorder(), request)
				if took := time.Since(began); took != test.want {
					t.Errorf("took %v, wanted %v", took, test.want)
				}
			})
		})
	}
}

// TestInvocationsAreObserved wants of each invocation what its line says, too.
func TestInvocationsAreObserved(t *testing.T) {
	var got []exchange.Observation
	work := &rule{}
	tr := newTrigger(work)
	now := time.Unix(0, 0)
	tr.Now = func() time.Time { now = now.Add(time.Second); return now }
	tr.Observe = func(_ context.Context, o exchange.Observation) { got = append(got, o) }
	for _, target := range []string{"/reassign", "/sweep"} {
		if target == "/sweep" {
			work.err = fault.New(fault.StorageBusy, "busy")
		}
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"Data":{"message":`+ourBody(t)+`}}`))
		request.RequestURI = target
		request.Header.Set("Content-Type", "application/json")
		tr.Front(elsewhere).ServeHTTP(httptest.NewRecorder(), request)
	}
	want := []exchange.Observation{
		{Method: "POST", Route: "/reassign", Tenant: "acme", Status: 200, Took: time.Second},
		{Method: "POST", Route: "/sweep", Status: 500, Fault: fault.StorageBusy, Took: time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
}
