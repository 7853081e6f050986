package host

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// payload is what the host posts to the program.
type payload struct {
	Data     map[string]any
	Metadata map[string]any
}

// plain writes JSON without the escapes for HTML, which .NET does not make.
func plain(value any) ([]byte, error) {
	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSpace(written.Bytes()), err
}

// text is how the host encodes a string: as JSON, in a JSON string.
func text(value string) string {
	// A string can always be written.
	encoded, _ := plain(value)
	return string(encoded)
}

// The two forms in which the host writes times: whole seconds, without and with
// an offset.
const (
	utcForm    = "2006-01-02T15:04:05"
	offsetForm = "2006-01-02T15:04:05-07:00"
)

// messagePayload is the invocation for a message, in the order and with the
// gaps of ServiceBusTriggerBindingStrategy.
func messagePayload(f *function, m *Message, now time.Time) payload {
	metadata := map[string]any{}
	for _, handle := range []string{"MessageReceiver", "MessageSession", "MessageActions", "SessionActions", "ReceiveActions"} {
		metadata[handle] = map[string]any{}
	}
	metadata["Client"] = map[string]any{
		"FullyQualifiedNamespace": "localhost", "IsClosed": false, "TransportType": 0, "Identifier": "localhost-0",
	}
	metadata["DeliveryCount"] = strconv.Itoa(m.DeliveryCount)
	metadata["LockToken"] = text(m.LockToken)
	metadata["SequenceNumber"] = strconv.FormatInt(m.SequenceNumber, 10)
	metadata["MessageId"] = text(m.ID)
	for name, at := range map[string]time.Time{"ExpiresAt": m.ExpiresAt, "EnqueuedTime": m.EnqueuedAt} {
		metadata[name+"Utc"], metadata[name] = at.UTC().Format(utcForm), at.UTC().Format(offsetForm)
	}
	present(metadata, map[string]string{
		"DeadLetterSource": m.DeadLetterSource, "ContentType": m.ContentType, "Subject": m.Subject, "Label": m.Subject,
		"CorrelationId": m.CorrelationID, "SessionId": m.SessionID, "PartitionKey": m.SessionID,
	})
	properties := m.ApplicationProperties
	if properties == nil {
		properties = map[string]any{}
	}
	metadata["ApplicationProperties"], metadata["UserProperties"] = properties, properties
	metadata["sys"] = system(f.name, now)
	leak(metadata, m.Body)
	return payload{Data: map[string]any{f.trigger.Name: text(string(m.Body))}, Metadata: metadata}
}

// present adds what is not empty: a null of .NET leaves no key.
func present(metadata map[string]any, values map[string]string) {
	for name, value := range values {
		if value != "" {
			metadata[name] = text(value)
		}
	}
}

// leak copies the fields of a body that is a JSON object over the metadata, as
// Utility.ApplyBindingData does: letter case aside, all but arrays, and without
// what ends in "trigger".
func leak(metadata map[string]any, body []byte) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value, array := leaked(fields[name])
		if array || strings.HasSuffix(lower(name), "trigger") {
			continue
		}
		key := name
		for known := range metadata {
			if strings.EqualFold(known, name) {
				key = known
			}
		}
		metadata[key] = value
	}
}

func leaked(value any) (encoded any, array bool) {
	switch v := value.(type) {
	case []any:
		return nil, true
	case map[string]any:
		return v, false
	case string:
		// Newtonsoft takes what looks like a time for one.
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return text(at.Format("01/02/2006 15:04:05")), false
		}
		return text(v), false
	case json.Number:
		return text(v.String()), false
	case bool:
		return text(strings.ToTitle(strconv.FormatBool(v)[:1]) + strconv.FormatBool(v)[1:]), false
	}
	return text(""), false
}

func system(function string, now time.Time) map[string]any {
	return map[string]any{
		"MethodName": function, "UtcNow": now.UTC().Format("2006-01-02T15:04:05.0000000Z"), "RandGuid": newGUID(),
	}
}

// timerPayload is the invocation for a tick.
func timerPayload(f *function, pastDue bool, attempt int, now time.Time) payload {
	const form = "2006-01-02T15:04:05.0000000-07:00"
	timer := map[string]any{"Schedule": map[string]any{"AdjustForDST": true}, "ScheduleStatus": nil, "IsPastDue": pastDue}
	if f.trigger.UseMonitor {
		last := now.Add(-time.Minute).UTC().Format(form)
		timer["ScheduleStatus"] = map[string]any{"Last": last, "Next": now.UTC().Format(offsetForm), "LastUpdated": last}
	}
	metadata := map[string]any{"sys": system(f.name, now)}
	if attempt > 0 {
		metadata["RetryContext"] = map[string]any{"RetryCount": attempt, "MaxRetryCount": f.retry.MaxRetryCount, "Exception": nil}
	}
	return payload{Data: map[string]any{f.trigger.Name: timer}, Metadata: metadata}
}
