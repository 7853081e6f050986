package trigger

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// decodeInvocation reads a trigger's request: {"Data":{<binding>:…},"Metadata":…}.
// The metadata is not looked at: the host copies fields of the body into it.
func decodeInvocation(body io.Reader, binding string) (directory.Message, error) {
	var invocation struct{ Data map[string]json.RawMessage }
	if err := json.NewDecoder(body).Decode(&invocation); err != nil {
		return directory.Message{}, unusable(err)
	}
	return decodeMessage(invocation.Data[binding])
}

// decodeMessage reads a message in the four shapes in which hosts pass one on:
// an object; a JSON string that holds JSON, once or twice over; base64 of
// either. Only tenant, leave and attempt are taken from it.
func decodeMessage(data []byte) (directory.Message, error) {
	const wrappings = 4
	for range wrappings {
		data = bytes.TrimSpace(data)
		if len(data) == 0 {
			break
		}
		if data[0] == '{' {
			return decodeObject(data)
		}
		data = unwrap(data)
	}
	return directory.Message{}, unusable(nil)
}

// unwrap takes one layer off: a JSON string or base64; nothing if it is neither.
func unwrap(data []byte) []byte {
	if data[0] == '"' {
		var inner string
		if err := json.Unmarshal(data, &inner); err != nil {
			return nil
		}
		return []byte(inner)
	}
	inner, err := base64.StdEncoding.DecodeString(string(data))
	if err != nil {
		return nil
	}
	return inner
}

func decodeObject(data []byte) (directory.Message, error) {
	var m directory.Message
	if err := json.Unmarshal(data, &m); err != nil {
		return directory.Message{}, unusable(err)
	}
	if _, ok := directory.ParseID(m.Leave); !ok || !directory.ValidTenantID(m.Tenant) || strings.TrimSpace(m.Leave) != m.Leave {
		return directory.Message{}, unusable(nil)
	}
	return m, nil
}

func unusable(cause error) error {
	return fault.New(fault.MessageUnusable, "the message does not name a tenant and a leave").WithCause(cause)
}
