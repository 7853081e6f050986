package scim

import (
	"strconv"

	"handover/handler/core/fault"
)

// AppendError writes a fault as the Error of RFC 7644 §3.12: the status as a
// string, the scimType where Table 9 has one, and the message as detail.
func AppendError(dst []byte, f *fault.Fault) []byte {
	dst = append(dst, `{"schemas":["`+ErrorURN+`"],"status":"`...)
	dst = strconv.AppendInt(dst, int64(f.Code.Status()), 10)
	dst = append(dst, '"')
	dst = appendNamed(dst, `,"scimType":`, f.Code.ScimType())
	dst = appendNamed(dst, `,"detail":`, f.Message)
	return append(dst, '}')
}
