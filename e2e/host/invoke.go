package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// Invocation is one call of a function that has no HTTP trigger.
type Invocation struct {
	Function string
	// MessageID and DeliveryCount are those of the message, if it was one.
	MessageID     string
	DeliveryCount int
	// Status is that of the answer, 0 without one.
	Status int
	// Err says why the invocation failed; nil if it succeeded.
	Err error
}

// ErrHung is the failure of an invocation that was answered with nothing, or
// not at all, until the function's timeout. The program was killed.
var ErrHung = errors.New("the invocation hung until functionTimeout; the program was killed")

// invoke posts a payload and judges the answer. A program that is restarting is
// waited for.
func (h *Host) invoke(ctx context.Context, f *function, p payload) (status int, err error) {
	patience, cancel := context.WithTimeout(ctx, h.restartPatience())
	defer cancel()
	program, err := h.worker.await(patience)
	if err != nil {
		return 0, err
	}
	body, err := plain(p)
	if err != nil {
		return 0, err
	}
	running, stop := context.WithTimeout(ctx, h.app.timeout)
	defer stop()
	status, answered, err := h.post(running, program.address, f.name, body)
	if err == nil && answered || ctx.Err() != nil {
		return status, err
	}
	if err != nil && running.Err() == nil {
		return status, err
	}
	<-running.Done()
	program.kill()
	return status, ErrHung
}

// post tells whether there was an answer: a 2xx that is empty or null leaves
// the host without one.
func (h *Host) post(ctx context.Context, address, function string, body []byte) (status int, answered bool, err error) {
	// A reader of unknown length is sent chunked, as in Azure.
	chunked := io.NopCloser(bytes.NewReader(body))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/"+function, chunked)
	if err != nil {
		return 0, false, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Azure-Functions-Host/"+hostVersion)
	stamp(r.Header, newGUID())
	answer, err := h.client.Do(r)
	if err != nil {
		return 0, false, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, false, err
	}
	answered, err = judge(answer, read)
	return answer.StatusCode, answered, err
}

// judge is what DefaultHttpWorkerService makes of an answer.
func judge(answer *http.Response, body []byte) (answered bool, err error) {
	if answer.StatusCode/100 != 2 {
		return true, fmt.Errorf("response status code does not indicate success: %d", answer.StatusCode)
	}
	if body = bytes.TrimSpace(body); len(body) == 0 || string(body) == "null" {
		return false, nil
	}
	if mediaType, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return true, fmt.Errorf("invalid HttpResponseMessage: Content-Type %q", answer.Header.Get("Content-Type"))
	}
	var result struct {
		Outputs     map[string]any
		Logs        []string
		ReturnValue any
	}
	if err := json.Unmarshal(body, &result); err != nil {
		return true, fmt.Errorf("invalid HttpResponseMessage: %w", err)
	}
	return true, nil
}

func (h *Host) record(i Invocation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.invocations = append(h.invocations, i)
}

// Tick triggers a timer function now, and again as its retry policy says. A
// timer that was missed while no host ran ticks once, past due. The error is
// that of the last try.
func (h *Host) Tick(ctx context.Context, name string, pastDue bool) error {
	f, err := h.app.function(name)
	if err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		i := Invocation{Function: name}
		i.Status, i.Err = h.invoke(ctx, f, timerPayload(f, pastDue, attempt, time.Now()))
		h.record(i)
		if i.Err == nil || attempt >= f.retry.MaxRetryCount || ctx.Err() != nil {
			return i.Err
		}
		delay, err := timeSpan(f.retry.DelayInterval)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
	}
}
