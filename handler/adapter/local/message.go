package local

import (
	"encoding/binary"
	"time"

	"handover/handler/adapter/table"
)

// Message is what a queue carries.
type Message struct {
	// ID names the message for duplicate detection.
	ID   string
	Body []byte
	// Sent is when it was sent, to 100 ns.
	Sent time.Time
	// Deliveries is how often it has been received so far.
	Deliveries int
	// DeadLetterReason says why it is a dead letter; empty if it is none.
	DeadLetterReason string
}

// exceeded is the reason that Service Bus gives.
const exceeded = "MaxDeliveryCountExceeded"

// The columns of a stored message; it has the encoding of a row.
const (
	columnID         = "ID"
	columnBody       = "Body"
	columnSent       = "Sent"
	columnDeliveries = "Deliveries"
	columnReason     = "Reason"
)

func encodeMessage(m Message) []byte {
	columns := table.Columns{
		{Name: columnID, Value: table.String(m.ID)},
		{Name: columnBody, Value: table.Bytes(string(m.Body))},
		{Name: columnSent, Value: table.Time(m.Sent)},
		{Name: columnDeliveries, Value: table.Int(int64(m.Deliveries))},
		{Name: columnReason, Value: table.String(m.DeadLetterReason)},
	}
	return appendRow(make([]byte, 0, rowSize(columns)), columns)
}

func decodeMessage(raw []byte) (Message, error) {
	var d decoder
	entity, err := d.entity(nil, raw)
	if err != nil {
		return Message{}, err
	}
	return Message{
		ID:               entity.Columns.Get(columnID).Text(),
		Body:             []byte(entity.Columns.Get(columnBody).Text()),
		Sent:             entity.Columns.Get(columnSent).Time(),
		Deliveries:       int(entity.Columns.Get(columnDeliveries).Int()),
		DeadLetterReason: entity.Columns.Get(columnReason).Text(),
	}, nil
}

// messageKey is big-endian, so that messages lie in the order of their numbers.
func messageKey(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

func messageNumber(key []byte) uint64 { return binary.BigEndian.Uint64(key) }
