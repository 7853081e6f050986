// Package exchange is what every HTTP exchange of the service has in common:
// handlers return faults, and one wrapper renders them, survives panics and
// writes one line a request.
package exchange

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"handover/handler/core/fault"
	"handover/handler/core/tally"
)

// Handler answers one request, or returns the error that it shall be answered
// with. A handler that returns an error has written nothing.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Renderer writes a fault in the protocol of its edge. The reference names the
// log line, and is empty for faults of the client.
type Renderer func(w http.ResponseWriter, r *http.Request, f *fault.Fault, reference string)

// Exchange wraps the handlers of one process.
type Exchange struct {
	// Log takes one line a request.
	Log *slog.Logger
	Now func() time.Time
	// Reference makes a short random text that ties a 5xx to its log line.
	Reference func() string
	// Observe, if any, is told of each request once it has been answered.
	Observe func(context.Context, Observation)
}

// Line is what a handler adds to the log line of its request. None of it may be
// a secret or a personal value.
type Line struct {
	Tenant string
	// Actor is the id of the credential that was shown.
	Actor string
}

type lineKey struct{}

// LineOf is the log line of the request that ctx belongs to.
func LineOf(ctx context.Context) *Line {
	if e, ok := ctx.Value(lineKey{}).(*entry); ok {
		return &e.Line
	}
	return &Line{}
}

// entry gathers what one request leaves in the log.
type entry struct {
	Line
	tally tally.Tally
}

// Wrap makes an http.Handler of a Handler.
func (x *Exchange) Wrap(render Renderer, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := x.Now()
		e := &entry{}
		ctx := tally.With(context.WithValue(r.Context(), lineKey{}, e), &e.tally)
		r = r.WithContext(ctx)
		answer := &recorder{ResponseWriter: w}
		err := x.call(h, answer, r)
		if hungUp(ctx, err) {
			answer.status, err = statusHungUp, nil
		}
		f := fault.Of(err)
		reference := x.refuse(render, answer, r, f)
		o := Observation{
			Method: r.Method, Route: r.Pattern, Tenant: e.Tenant,
			Status: answer.status, Trips: e.tally.Trips(), Took: x.Now().Sub(began),
		}
		if f != nil {
			o.Fault = f.Code
		}
		x.log(r, e, &o, err, reference)
		if x.Observe != nil {
			x.Observe(ctx, o)
		}
	})
}

// statusHungUp is what the log says of a request whose client did not wait for
// the answer; nothing is sent. It is no status of HTTP, but one that proxies use.
const statusHungUp = 499

// hungUp tells whether a request failed for no other reason than that its client
// went away; ctx is the request's.
func hungUp(ctx context.Context, err error) bool {
	return errors.Is(err, context.Canceled) && errors.Is(ctx.Err(), context.Canceled)
}

// refuse answers with a fault, if the handler has not answered yet. A fault of
// ours gets a reference.
func (x *Exchange) refuse(render Renderer, answer *recorder, r *http.Request, f *fault.Fault) (reference string) {
	if f == nil {
		return ""
	}
	if f.Code.Status() >= 500 && f.Code != fault.NotImplemented {
		reference = x.Reference()
	}
	if answer.status == 0 {
		render(answer, r, f, reference)
	}
	return reference
}

// call runs the handler; a panic becomes an Internal fault with its stack, but
// for http.ErrAbortHandler, which is net/http's own way out.
func (x *Exchange) call(h Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = fault.Panicked(p)
		}
	}()
	return h(w, r)
}

func (x *Exchange) log(r *http.Request, e *entry, o *Observation, err error, reference string) {
	attributes := o.attributes()
	if e.Actor != "" {
		attributes = append(attributes, slog.String("actor", e.Actor))
	}
	if id := r.Header.Get("X-Azure-Functions-Invocationid"); id != "" {
		attributes = append(attributes, slog.String("invocation", id))
	}
	if id := Trace(r); id != "" {
		attributes = append(attributes, slog.String("trace", id))
	}
	level := slog.LevelInfo
	if o.Fault != "" {
		attributes = append(attributes, slog.String("fault", string(o.Fault)))
	}
	if reference != "" {
		level = slog.LevelError
		attributes = append(attributes, slog.String("reference", reference), slog.String("error", err.Error()))
	}
	x.Log.LogAttrs(r.Context(), level, "request", attributes...)
}

// recorder remembers the status that was written.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
