package local

import (
	"context"
	"encoding/json"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Leaves is a queue as the directory's port wants it: messages are leaves, in
// the JSON that the deployed queue carries.
type Leaves struct {
	Queue *Queue
}

var _ directory.Queue = Leaves{}

// Send implements directory.Queue.
func (l Leaves) Send(ctx context.Context, message directory.Message) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fault.New(fault.Internal, "a message about a leave cannot be encoded").WithCause(err)
	}
	return l.Queue.Send(ctx, message.ID(), body)
}
