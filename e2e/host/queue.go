package host

import (
	"context"
	"sync"
	"time"
)

// Queue is where a serviceBusTrigger takes its messages from, under a lock that
// it renews itself while a message is worked on.
type Queue interface {
	// Receive waits for a message.
	Receive(ctx context.Context) (*Message, error)
	// Complete removes it.
	Complete(ctx context.Context, m *Message) error
	// Abandon gives it back at once. After its last delivery it goes to the
	// dead-letter queue.
	Abandon(ctx context.Context, m *Message) error
}

// Message is what the host tells a function about a message.
type Message struct {
	ID                    string
	Body                  []byte
	DeliveryCount         int
	SequenceNumber        int64
	LockToken             string
	EnqueuedAt, ExpiresAt time.Time
	// The rest may be empty.
	ContentType, Subject, CorrelationID, SessionID, DeadLetterSource string
	ApplicationProperties                                            map[string]any
	// Received is the queue's own view of the message.
	Received any
}

// listen triggers a function with the messages of a queue, as many at a time as
// maxConcurrentCalls says.
func (h *Host) listen(ctx context.Context, f *function, queue Queue) {
	slots := make(chan struct{}, h.app.concurrency)
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
		}
		m, err := queue.Receive(ctx)
		if err != nil || m == nil {
			<-slots
			h.breathe(ctx)
			continue
		}
		calls.Go(func() {
			defer func() { <-slots }()
			h.deliver(ctx, f, queue, m)
		})
	}
}

// breathe is the pause after a queue that could not be read.
func (h *Host) breathe(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond):
	}
}

// deliver invokes the function and settles the message: a failed invocation
// gives it back.
func (h *Host) deliver(ctx context.Context, f *function, queue Queue, m *Message) {
	i := Invocation{Function: f.name, MessageID: m.ID, DeliveryCount: m.DeliveryCount}
	i.Status, i.Err = h.invoke(ctx, f, messagePayload(f, m, time.Now()))
	if ctx.Err() != nil {
		// A host that dies settles nothing: the lock runs out.
		return
	}
	h.record(i)
	settle := queue.Complete
	if i.Err != nil {
		settle = queue.Abandon
	}
	// A message that cannot be settled is unlocked in time, and comes again.
	_ = settle(ctx, m)
}
