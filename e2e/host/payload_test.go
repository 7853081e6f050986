package host

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// testdata are the payloads that the host's own encoding made.
const testdata = "../../handler/edge/trigger/testdata"

func recorded(t *testing.T, name string) map[string]any {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(testdata, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, content)
}

func decoded(t *testing.T, content []byte) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(content, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// accidental are values that differ with each invocation or namespace.
var accidental = cmpopts.IgnoreMapEntries(func(key string, _ any) bool {
	return key == "Client" || key == "RandGuid" || key == "UtcNow" || key == "Schedule" || key == "ScheduleStatus"
})

// TestPayloadsAreTheHosts makes the recorded payloads again.
func TestPayloadsAreTheHosts(t *testing.T) {
	enqueued := time.Date(2026, 11, 21, 18, 0, 22, 0, time.UTC)
	full := Message{
		ID: "deactivate-2819c223-7f76-453a-919d-413861904646-v7", DeliveryCount: 1, SequenceNumber: 42,
		LockToken: "7f4c2a57-6b1f-4f53-9d5e-0f5a3f3b2c10", EnqueuedAt: enqueued, ExpiresAt: enqueued.Add(14 * 24 * time.Hour),
		ContentType: "application/json", Subject: "user.deactivated", CorrelationID: "2819c223-7f76-453a-919d-413861904646",
		ApplicationProperties: map[string]any{
			"event": "user.deactivated", "schemaVersion": 1.0, "Diagnostic-Id": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		},
		Body: []byte(`{"schemaVersion":1,"event":"user.deactivated","userId":"2819c223-7f76-453a-919d-413861904646","userName":"bjørn@example.com",` +
			`"occurredAt":"2026-11-21T18:00:22.101Z","attempt":3,"actor":{"type":"scim","id":"entra"},"groups":["a","b"]}`),
	}
	redelivery, session, minimal, collides := full, full, full, full
	redelivery.DeliveryCount = 10
	session.SessionID = "2819c223-7f76-453a-919d-413861904646"
	minimal.SequenceNumber, minimal.Body = 44, []byte("plain text, not JSON")
	minimal.ContentType, minimal.Subject, minimal.CorrelationID, minimal.ApplicationProperties = "", "", "", nil
	collides = minimal
	collides.ID, collides.SequenceNumber, collides.ContentType = "body", 45, "application/json"
	collides.Body = []byte(`{"userId":"u1","messageId":"from-the-body","deliveryCount":99,"nextTrigger":"dropped"}`)
	reassign := &function{name: "reassign", trigger: binding{Name: "message"}}
	for name, m := range map[string]Message{
		"string": full, "redelivery": redelivery, "session": session, "minimal": minimal, "body_collides": collides,
	} {
		t.Run(name, func(t *testing.T) {
			made, err := plain(messagePayload(reassign, &m, enqueued))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(recorded(t, "servicebus_trigger_"+name), decoded(t, made), accidental); diff != "" {
				t.Errorf("payload (-recorded +made):\n%s", diff)
			}
		})
	}
}

func TestTimerPayloadsAreTheHosts(t *testing.T) {
	for name, tick := range map[string]struct {
		pastDue bool
		attempt int
	}{"timer_trigger": {false, 0}, "timer_trigger_retry": {true, 1}} {
		f := &function{name: "sweep", trigger: binding{Name: "timer", UseMonitor: true}, retry: retryPolicy{MaxRetryCount: 3}}
		made, err := plain(timerPayload(f, tick.pastDue, tick.attempt, time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(recorded(t, name), decoded(t, made), accidental); diff != "" {
			t.Errorf("%s (-recorded +made):\n%s", name, diff)
		}
	}
}
