package connector

import (
	"encoding/json"
	"fmt"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// eventBody is an event on the wire.
type eventBody struct {
	Type string `json:"type"`
	// Timestamp is when it happened, not when it is sent.
	Timestamp time.Time `json:"timestamp"`
	Data      eventData `json:"data"`
}

// eventData is all but the tenant absent in a test.
type eventData struct {
	Tenant  string            `json:"tenant"`
	Leave   directory.ID      `json:"leave,omitzero"`
	Attempt int               `json:"attempt,omitempty"`
	User    *directory.Person `json:"user,omitempty"`
	// Recipient is who got the records last; absent while nothing has moved.
	Recipient *directory.Person `json:"recipient,omitempty"`
	Opened    time.Time         `json:"opened,omitzero"`
	Moved     *eventMoved       `json:"moved,omitempty"`
	// Code and Reason say why a leave is blocked or parked.
	Code   fault.Code `json:"code,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

// eventMoved counts the records that the leave has moved so far.
type eventMoved struct {
	Records int            `json:"records"`
	Types   map[string]int `json:"types"`
}

// render writes an event down. Its id is the same at every try.
func render(event *directory.Event, now time.Time) (id string, body []byte, err error) {
	id, out := fmt.Sprintf("test.%d", now.UnixNano()), testBody(event, now)
	if n := event.Notice; !n.Leave.IsZero() {
		id, out = fmt.Sprintf("%s.%d", n.Leave, n.Attempt), bodyOf(event)
	}
	body, err = json.Marshal(out)
	return id, body, err
}

func testBody(event *directory.Event, now time.Time) eventBody {
	return eventBody{Type: "webhook.test", Timestamp: now.UTC(), Data: eventData{Tenant: event.Tenant}}
}

func bodyOf(event *directory.Event) eventBody {
	n, leave := event.Notice, event.Leave
	data := eventData{
		Tenant: event.Tenant, Leave: n.Leave, Attempt: n.Attempt, User: &leave.Leaver, Opened: leave.Opened.UTC(),
		Moved: &eventMoved{Types: event.Moved}, Code: n.Code, Reason: n.Reason,
	}
	for _, records := range event.Moved {
		data.Moved.Records += records
	}
	if !leave.Recipient.ID.IsZero() {
		data.Recipient = &leave.Recipient
	}
	return eventBody{Type: "leave." + string(n.State), Timestamp: n.At.UTC(), Data: data}
}
