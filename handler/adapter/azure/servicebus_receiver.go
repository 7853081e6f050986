package azure

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"handover/handler/core/fault"
)

// ReceiverOptions are how a receiver works; zero means what is named.
type ReceiverOptions struct {
	// Workers is how many messages are worked on at once: 8, as
	// maxConcurrentCalls of host.json.
	Workers int
	// Pause is how long a failed message is kept before it goes back, and how
	// long the receiver waits for a queue that cannot be read: 1 second.
	Pause time.Duration
	// Log gets what goes wrong; it is required.
	Log *slog.Logger
}

// Receiver takes messages off a queue where no Functions host does it. A message
// is delivered at least once: the handler must bear a second delivery.
type Receiver struct {
	queue    string
	receiver *azservicebus.Receiver
	options  ReceiverOptions
}

// Receiver returns a receiver of a queue. It does no input or output yet.
func (b *Bus) Receiver(queue string, options ReceiverOptions) (*Receiver, error) {
	return b.receive(queue, nil, options)
}

// DeadLetters returns a receiver of the messages that a queue has given up.
func (b *Bus) DeadLetters(queue string, options ReceiverOptions) (*Receiver, error) {
	return b.receive(queue, &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter}, options)
}

func (b *Bus) receive(queue string, sub *azservicebus.ReceiverOptions, options ReceiverOptions) (*Receiver, error) {
	if options.Workers <= 0 {
		options.Workers = 8
	}
	if options.Pause <= 0 {
		options.Pause = time.Second
	}
	receiver, err := b.client.NewReceiverForQueue(queue, sub)
	if err != nil {
		return nil, busFault(queue, err)
	}
	return &Receiver{queue: queue, receiver: receiver, options: options}, nil
}

const (
	// closeWithin bounds the farewell of a receiver.
	closeWithin = 2 * time.Second
	// stragglersWithin is waited before it. The queue may still answer the last
	// question for a message; the SDK sends back what comes, while a closed
	// receiver would keep it until its lock runs out.
	stragglersWithin = 200 * time.Millisecond
)

// Run hands messages over until the context ends, and returns when the last
// handler has. A handler that fails gets its message again; after the queue's
// maximum of deliveries it is a dead letter. The handler's context ends when
// the lock of its message is lost.
func (r *Receiver) Run(ctx context.Context, handle func(ctx context.Context, body []byte) error) {
	var handlers sync.WaitGroup
	free := make(chan struct{}, r.options.Workers)
	for r.acquire(ctx, free) {
		message := r.next(ctx)
		if message == nil {
			<-free
			continue
		}
		handlers.Go(func() {
			defer func() { <-free }()
			r.work(ctx, message, handle)
		})
	}
	handlers.Wait()
	time.Sleep(stragglersWithin)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	if err := r.receiver.Close(ctx); err != nil {
		r.warn("the receiver could not say farewell", busFault(r.queue, err))
	}
}

// acquire takes a place among the workers; false when the context has ended.
func (r *Receiver) acquire(ctx context.Context, free chan<- struct{}) bool {
	select {
	case <-ctx.Done():
		return false
	case free <- struct{}{}:
		return ctx.Err() == nil
	}
}

// next waits for a message. It asks for one at a time: of what comes unasked,
// the SDK sends most back, out of order. It is nil when the link was lost, which
// the SDK reports as no message and no error.
func (r *Receiver) next(ctx context.Context) *azservicebus.ReceivedMessage {
	messages, err := r.receiver.ReceiveMessages(ctx, 1, nil)
	if err != nil && ctx.Err() == nil {
		r.warn("the queue cannot be read; it is tried again", busFault(r.queue, err))
		r.pause(ctx)
	}
	if len(messages) == 0 {
		return nil
	}
	return messages[0]
}

func (r *Receiver) work(ctx context.Context, message *azservicebus.ReceivedMessage, handle func(context.Context, []byte) error) {
	held, release := r.hold(ctx, message)
	err := handle(held, message.Body)
	if err != nil && ctx.Err() == nil {
		r.warn("a message failed and comes again", err)
		r.pause(held)
	}
	release()
	if err != nil {
		r.settle(ctx, message, r.abandon)
	} else {
		r.settle(ctx, message, r.complete)
	}
}

func (r *Receiver) complete(ctx context.Context, m *azservicebus.ReceivedMessage) error {
	return r.receiver.CompleteMessage(ctx, m, nil)
}

func (r *Receiver) abandon(ctx context.Context, m *azservicebus.ReceivedMessage) error {
	return r.receiver.AbandonMessage(ctx, m, nil)
}

func (r *Receiver) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(r.options.Pause):
	}
}

func (r *Receiver) warn(what string, err error) {
	r.options.Log.Warn(what, slog.String("queue", r.queue), slog.String("fault", string(fault.Of(err).Code)), slog.String("error", err.Error()))
}
