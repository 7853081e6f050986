package azure

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// lookAt is how many messages Look counts at most.
const lookAt = 100

// Sight is what can be seen of a queue without taking or locking anything.
type Sight struct {
	// Waiting and DeadLetters are how many messages there are, up to 100 of
	// each; Waiting counts those that somebody is working on, too.
	Waiting, DeadLetters int
	// Oldest is since when the first of them waits.
	Oldest time.Time
}

// Look looks at a queue. It needs the right to listen, as the Functions host
// does. A fault is Unavailable.
func (b *Bus) Look(ctx context.Context, queue string) (Sight, error) {
	waiting, err := b.peek(ctx, queue, nil)
	if err != nil {
		return Sight{}, busFault(queue, err)
	}
	letters, err := b.peek(ctx, queue, &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	if err != nil {
		return Sight{}, busFault(queue, err)
	}
	seen := Sight{Waiting: len(waiting), DeadLetters: len(letters)}
	if len(waiting) > 0 && waiting[0].EnqueuedTime != nil {
		seen.Oldest = *waiting[0].EnqueuedTime
	}
	return seen, nil
}

func (b *Bus) peek(ctx context.Context, queue string, sub *azservicebus.ReceiverOptions) ([]*azservicebus.ReceivedMessage, error) {
	receiver, err := b.client.NewReceiverForQueue(queue, sub)
	if err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		_ = receiver.Close(ctx) // nothing was taken, so nothing can be lost
	}()
	return receiver.PeekMessages(ctx, lookAt, nil)
}
