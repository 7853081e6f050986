package table

import (
	"errors"
	"fmt"

	"handover/handler/core/fault"
)

// NoOperation is the index of an error that no single operation caused.
const NoOperation = -1

// Error is a refusal of the table port.
type Error struct {
	// Index is the zero-based position of the operation that failed, or
	// NoOperation.
	Index int
	Fault *fault.Fault
}

// Fail makes an error of the operation at index.
func Fail(index int, code fault.Code, format string, args ...any) *Error {
	return &Error{Index: index, Fault: fault.New(code, format, args...)}
}

// Error names the operation, if one failed, and the fault.
func (e *Error) Error() string {
	if e.Index == NoOperation {
		return e.Fault.Error()
	}
	return fmt.Sprintf("operation %d: %s", e.Index, e.Fault.Error())
}

// Unwrap gives the fault to errors.As.
func (e *Error) Unwrap() error { return e.Fault }

// FailedOperation finds the index of the operation that failed in the chain of
// err, NoOperation if there is none.
func FailedOperation(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Index
	}
	return NoOperation
}
