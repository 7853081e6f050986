package azure

import (
	"context"
	"errors"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

const (
	// settleWithin bounds one try to settle, which takes one round trip. Over a
	// connection that is gone the SDK would try for 45 s, whatever its options.
	settleWithin = 2 * time.Second
	// recoverWithin bounds the new connection, and the second try on it.
	recoverWithin = 10 * time.Second
	// A lock is renewed at half its time: 150 s with the 5 minutes of the
	// deployed queue, however the clocks here and there differ.
	longestRenewal  = 150 * time.Second
	shortestRenewal = 100 * time.Millisecond
)

// settle tells the queue how a message ended. When the connection is gone it has
// the receiver make a new one and settles by the lock's token alone. When that
// fails, too, the lock runs out and the message comes again.
func (r *Receiver) settle(ctx context.Context, message *azservicebus.ReceivedMessage, how func(context.Context, *azservicebus.ReceivedMessage) error) {
	ctx = context.WithoutCancel(ctx)
	err := within(ctx, settleWithin, func(ctx context.Context) error { return how(ctx, message) })
	if err != nil && !isLockLost(err) {
		err = within(ctx, recoverWithin, func(ctx context.Context) error {
			if _, err := r.receiver.PeekMessages(ctx, 1, peekFirst()); err != nil {
				return err
			}
			return how(ctx, &azservicebus.ReceivedMessage{LockToken: message.LockToken})
		})
	}
	if err != nil {
		r.warn("a message could not be settled and comes again", busFault(r.queue, err))
	}
}

// peekFirst names a number, or the SDK would remember where it was, which is a
// data race between handlers.
func peekFirst() *azservicebus.PeekMessagesOptions {
	return &azservicebus.PeekMessagesOptions{FromSequenceNumber: new(int64)}
}

func within(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return call(ctx)
}

func isLockLost(err error) bool {
	e, ok := errors.AsType[*azservicebus.Error](err)
	return ok && e.Code == azservicebus.CodeLockLost
}

// hold renews the lock of a message until release, and ends the context when
// the lock is lost, since somebody else may have the message then.
func (r *Receiver) hold(ctx context.Context, message *azservicebus.ReceivedMessage) (held context.Context, release func()) {
	held, lose := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if !r.renew(held, message) {
			lose()
		}
	}()
	return held, func() {
		lose()
		<-stopped
	}
}

// renew returns true when the context ends and false when the lock is lost.
func (r *Receiver) renew(ctx context.Context, message *azservicebus.ReceivedMessage) bool {
	for {
		select {
		case <-ctx.Done():
			return true
		case <-time.After(renewalOf(message.LockedUntil)):
		}
		err := within(ctx, recoverWithin, func(ctx context.Context) error {
			return r.receiver.RenewMessageLock(ctx, message, nil)
		})
		switch {
		case ctx.Err() != nil:
			return true
		case isLockLost(err):
			r.warn("the lock of a message is lost; somebody else may work on it", busFault(r.queue, err))
			return false
		case err != nil:
			r.warn("the lock of a message could not be renewed; it is tried again", busFault(r.queue, err))
		}
	}
}

// renewalOf is how long to wait before a lock is renewed.
func renewalOf(lockedUntil *time.Time) time.Duration {
	if lockedUntil == nil {
		return longestRenewal
	}
	return min(max(time.Until(*lockedUntil)/2, shortestRenewal), longestRenewal)
}
