package exchange

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"handover/handler/core/fault"
)

// JSON answers with a value as JSON. Nothing that the service says about users
// and their access may be kept by a cache in between.
func JSON(w http.ResponseWriter, status int, value any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fault.New(fault.Internal, "the answer could not be written as JSON").WithCause(err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that hung up needs no other answer
	return nil
}

// failure is the body of every refusal outside the SCIM routes.
type failure struct {
	Error failureDetail `json:"error"`
}

type failureDetail struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	// Reference names the log line of a 5xx.
	Reference string `json:"reference,omitempty"`
}

// RenderJSON is the Renderer of the routes that speak plain JSON:
// {"error":{"code","message","reference"?}} with the fault's status. A 401
// names the scheme that is wanted (RFC 6750 §3).
func RenderJSON(w http.ResponseWriter, _ *http.Request, f *fault.Fault, reference string) {
	if f.Code == fault.Unauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="handover"`)
	}
	RetryAfter(w.Header(), f)
	// Encoding these strings cannot fail.
	_ = JSON(w, f.Code.Status(), failure{failureDetail{Code: f.Code, Message: f.Message, Reference: reference}})
}

// RetryAfter sets the header of that name to how long a fault asks to wait, in
// whole seconds: some clients read no other form.
func RetryAfter(h http.Header, f *fault.Fault) {
	if f.RetryAfter > 0 {
		seconds := (f.RetryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
}

// NoRoute is the Handler of every path that nobody serves.
func NoRoute(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "no route serves this path; check the address")
}
