package host

import (
	"context"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// settleWithin bounds the settling of a message: on a connection that is gone
// the SDK would try for 45 s. A message that is not settled comes again.
const settleWithin = 5 * time.Second

// ServiceBus is the Queue of Options for a namespace, or an emulator: the
// connection is a connection string.
func ServiceBus(ctx context.Context, connection, name string) (Queue, error) {
	client, err := azservicebus.NewClientFromConnectionString(connection, &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: 3, RetryDelay: 100 * time.Millisecond, MaxRetryDelay: time.Second},
	})
	if err != nil {
		return nil, err
	}
	receiver, err := client.NewReceiverForQueue(name, nil)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
		defer cancel()
		_ = client.Close(closing)
	})
	return &serviceBus{receiver: receiver}, nil
}

type serviceBus struct{ receiver *azservicebus.Receiver }

// locked is a message under way, whose lock is renewed until it is settled.
type locked struct {
	message *azservicebus.ReceivedMessage
	release func()
}

func (s *serviceBus) Receive(ctx context.Context) (*Message, error) {
	received, err := s.receiver.ReceiveMessages(ctx, 1, nil)
	if err != nil || len(received) == 0 {
		return nil, err
	}
	m := received[0]
	message := &Message{
		ID: m.MessageID, Body: m.Body, DeliveryCount: int(m.DeliveryCount), LockToken: guid(m.LockToken),
		ContentType: value(m.ContentType), Subject: value(m.Subject), CorrelationID: value(m.CorrelationID), SessionID: value(m.SessionID),
		DeadLetterSource: value(m.DeadLetterSource), ApplicationProperties: m.ApplicationProperties,
		SequenceNumber: value(m.SequenceNumber), EnqueuedAt: value(m.EnqueuedTime), ExpiresAt: value(m.ExpiresAt),
		Received: locked{m, s.keep(ctx, m)},
	}
	return message, nil
}

func value[T any](pointer *T) (v T) {
	if pointer != nil {
		v = *pointer
	}
	return v
}

// keep renews a message's lock at half its time.
func (s *serviceBus) keep(ctx context.Context, m *azservicebus.ReceivedMessage) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(value(m.LockedUntil)) / 2):
			}
			if s.receiver.RenewMessageLock(ctx, m, nil) != nil {
				return
			}
		}
	})
	return func() { cancel(); renewing.Wait() }
}

func (s *serviceBus) Complete(ctx context.Context, m *Message) error {
	return settle(ctx, m, func(ctx context.Context, m *azservicebus.ReceivedMessage) error {
		return s.receiver.CompleteMessage(ctx, m, nil)
	})
}

func (s *serviceBus) Abandon(ctx context.Context, m *Message) error {
	return settle(ctx, m, func(ctx context.Context, m *azservicebus.ReceivedMessage) error {
		return s.receiver.AbandonMessage(ctx, m, nil)
	})
}

func settle(ctx context.Context, m *Message, how func(context.Context, *azservicebus.ReceivedMessage) error) error {
	held := m.Received.(locked)
	held.release()
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	return how(ctx, held.message)
}
