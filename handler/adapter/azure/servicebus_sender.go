package azure

import (
	"context"
	"encoding/json"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// sendWithin bounds one Send. Whoever waits for less gives a shorter
	// deadline; the leave is due in any case, and the sweep sends it.
	sendWithin = 10 * time.Second
	// warmWithin bounds the first contact: some 20 round trips.
	warmWithin = 30 * time.Second
)

// Sender sends leaves to a queue. It is safe for concurrent use; a process needs
// one for each queue.
type Sender struct {
	queue  string
	sender *azservicebus.Sender
}

var _ directory.Queue = (*Sender)(nil)

// Sender returns the sender of a queue. It does no input or output yet.
func (b *Bus) Sender(queue string) (*Sender, error) {
	sender, err := b.client.NewSender(queue, nil)
	if err != nil {
		return nil, busFault(queue, err)
	}
	return &Sender{queue: queue, sender: sender}, nil
}

// Warm opens connection and link without sending anything, so that the first
// leave need not wait for them. It tells whether the queue is there and may be
// used; a program calls it in the background at its start.
func (s *Sender) Warm(ctx context.Context) error {
	return s.do(ctx, warmWithin, func(ctx context.Context) error {
		_, err := s.sender.NewMessageBatch(ctx, nil)
		return err
	})
}

// Send implements directory.Queue. The queue drops what has the same id as a
// message shortly before. A fault is Unavailable (the message may have been
// stored all the same) or Internal.
func (s *Sender) Send(ctx context.Context, message directory.Message) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fault.New(fault.Internal, "a message about a leave cannot be encoded").WithCause(err)
	}
	id, contentType := message.ID(), "application/json"
	return s.do(ctx, sendWithin, func(ctx context.Context) error {
		return s.sender.SendMessage(ctx, &azservicebus.Message{MessageID: &id, ContentType: &contentType, Body: body}, nil)
	})
}

// do returns when the context ends, whatever the SDK is doing: while one call
// opens the link, the others wait for it on a lock that knows no deadline.
func (s *Sender) do(ctx context.Context, within time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- call(ctx)
	}()
	select {
	case err := <-done:
		return busFault(s.queue, err)
	case <-ctx.Done():
	}
	// The call that has just ended cancels the context, too.
	select {
	case err := <-done:
		return busFault(s.queue, err)
	default:
		return busFault(s.queue, ctx.Err())
	}
}
