// Package fault is what can go wrong, in one type from the tables to the wire.
//
// Every layer returns a *Fault (or an error that wraps one). Its code says what
// happened and decides the HTTP status, the SCIM scimType and whether another
// try can help; its message is a sentence that an administrator may read; its
// cause is for the log alone and never reaches a client.
package fault

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aws/smithy-go"
)

// Fault is a classified error. It implements smithy.APIError.
type Fault struct {
	// Code names what happened; it is one of the constants of this package.
	Code Code
	// Message is the sentence for the administrator: what, which attribute,
	// which limit. It holds no secret and no text of a dependency.
	Message string
	// Attribute is the SCIM attribute at fault, by its full name; empty where no
	// single one is, or nobody said.
	Attribute string
	// RetryAfter is how long the caller should wait before another try;
	// zero when there is nothing to say.
	RetryAfter time.Duration
	// Cause is what led here. It is unwrapped and logged, never shown.
	Cause error
}

var _ smithy.APIError = (*Fault)(nil)

// New makes a fault whose message is the format filled in.
func New(code Code, format string, args ...any) *Fault {
	return &Fault{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Panicked makes the fault that a panic becomes where it is caught; p is what
// recover gave. Its cause has the stack.
func Panicked(p any) *Fault {
	return New(Internal, "something failed inside the service; the request may be tried again").
		WithCause(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}

// Guarded runs a function in whose goroutine a panic would end the process, or
// leave something held; the panic comes back as a fault.
func Guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Panicked(p)
		}
	}()
	return f()
}

// WithCause returns a copy of f that carries the error it came from.
func (f *Fault) WithCause(cause error) *Fault {
	g := *f
	g.Cause = cause
	return &g
}

// WithAttribute returns a copy of f that says which attribute is at fault.
func (f *Fault) WithAttribute(name string) *Fault {
	g := *f
	g.Attribute = name
	return &g
}

// WithRetryAfter returns a copy of f that asks the caller to wait.
func (f *Fault) WithRetryAfter(wait time.Duration) *Fault {
	g := *f
	g.RetryAfter = wait
	return &g
}

// Error is the text for logs: code, message and the chain of causes.
func (f *Fault) Error() string {
	if f.Cause == nil {
		return string(f.Code) + ": " + f.Message
	}
	return string(f.Code) + ": " + f.Message + ": " + f.Cause.Error()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (f *Fault) Unwrap() error { return f.Cause }

// ErrorCode is the code as smithy wants it.
func (f *Fault) ErrorCode() string { return string(f.Code) }

// ErrorMessage is the sentence that may be shown.
func (f *Fault) ErrorMessage() string { return f.Message }

// ErrorFault tells whose fault it is: the client's faults do not go away by
// trying again, the server's may.
func (f *Fault) ErrorFault() smithy.ErrorFault {
	if status := f.Code.Status(); status >= 500 && f.Code != NotImplemented || status == 429 {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// Of finds the fault in an error's chain. A deadline that has passed is
// Unavailable: whoever set it waited in vain. Any other error that nobody
// classified is ours: it comes back as Internal with the error as its cause.
// Of(nil) is nil.
func Of(err error) *Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return New(Unavailable, "something that the service needs did not answer in time; try again").WithCause(err)
	}
	return New(Internal, "something failed inside the service; the request may be tried again").WithCause(err)
}

// Is tells whether the chain of err holds a fault with the given code.
func Is(err error, code Code) bool {
	f, ok := errors.AsType[*Fault](err)
	return ok && f.Code == code
}

// Retryable tells whether another try may succeed without anybody changing
// anything. What nobody classified counts as ours, so worth another try.
func Retryable(err error) bool {
	return err != nil && Of(err).ErrorFault() == smithy.FaultServer
}
