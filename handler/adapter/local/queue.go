package local

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"handover/handler/core/fault"
)

// The limits of a message, as Service Bus (Standard tier) sets them.
const (
	// MaxMessageID is the most characters of a message's id.
	MaxMessageID = 128
	// MaxMessageBody is the most bytes of a body.
	MaxMessageBody = 256 << 10
)

// QueueOptions are a queue's settings; zero means what the deployed queue has.
type QueueOptions struct {
	// LockDuration is how long a received message stays hidden: 5 minutes.
	LockDuration time.Duration
	// DuplicateWindow is how long a second message with the same id is dropped:
	// 5 minutes.
	DuplicateWindow time.Duration
	// MaxDeliveryCount is after how many deliveries a message that was never
	// completed becomes a dead letter: 10.
	MaxDeliveryCount int
}

func (o QueueOptions) withDefaults() QueueOptions {
	if o.LockDuration <= 0 {
		o.LockDuration = 5 * time.Minute
	}
	if o.DuplicateWindow <= 0 {
		o.DuplicateWindow = 5 * time.Minute
	}
	if o.MaxDeliveryCount <= 0 {
		o.MaxDeliveryCount = 10
	}
	return o
}

// Queue delivers messages at least once, roughly in the order in which they
// were sent. A message that was received and neither completed nor abandoned
// comes back when its lock runs out, or when the program starts again.
type Queue struct {
	file    *File
	bucket  []byte
	options QueueOptions
	active  *shelf
	dead    *shelf
}

// Queue returns the queue with a name; the options of the first call hold for
// as long as the file is open.
func (f *File) Queue(name string, options QueueOptions) *Queue {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q, ok := f.queues[name]; ok {
		return q
	}
	q := &Queue{
		file: f, bucket: []byte("queue/" + name), options: options.withDefaults(),
		active: newShelf("active"), dead: newShelf("dead"),
	}
	f.queues[name] = q
	return q
}

// Send stores a message; it is on the disk when Send returns. A message whose
// id was sent within the duplicate window before is dropped, which is success
// too, so that sending again after fault.StorageUnknown is safe.
func (q *Queue) Send(ctx context.Context, id string, body []byte) error {
	if id == "" || len(id) > MaxMessageID {
		return fault.New(fault.Internal, "a message id has 1 to %d characters; this one has %d", MaxMessageID, len(id))
	}
	if len(body) > MaxMessageBody {
		return fault.New(fault.Internal, "a message has at most %d bytes; this one has %d", MaxMessageBody, len(body))
	}
	err := q.file.writer.do(ctx, &sending{queue: q, message: Message{ID: id, Body: body, Sent: q.file.now()}})
	if err == nil {
		q.active.announce()
	}
	return err
}

// Receive waits for a message and hides it from others for the lock's duration.
// A delivery counts from the moment it is received, so that a message which
// ends the program each time becomes a dead letter as well.
func (q *Queue) Receive(ctx context.Context) (*Delivery, error) { return q.receive(ctx, q.active) }

// ReceiveDeadLetter is Receive on the dead letters. They stay until they are
// completed, however often they are delivered.
func (q *Queue) ReceiveDeadLetter(ctx context.Context) (*Delivery, error) {
	return q.receive(ctx, q.dead)
}

func (q *Queue) receive(ctx context.Context, from *shelf) (*Delivery, error) {
	for {
		news := from.news()
		c := &claiming{queue: q, shelf: from, now: q.file.now()}
		err := q.file.writer.do(ctx, c)
		if err == nil && c.moved {
			q.dead.announce()
		}
		if err != nil || c.delivery != nil {
			return c.outcome(err)
		}
		if err := q.wait(ctx, from, news, c.now); err != nil {
			return nil, err
		}
	}
}

// wait returns when there may be something to receive that was not there at the
// moment of the last look.
func (q *Queue) wait(ctx context.Context, on *shelf, news <-chan struct{}, looked time.Time) error {
	var expiry <-chan time.Time
	if until, locked := on.nextExpiry(looked); locked {
		timer := time.NewTimer(max(until.Sub(q.file.now()), time.Millisecond))
		defer timer.Stop()
		expiry = timer.C
	}
	select {
	case <-news:
	case <-expiry:
	case <-ctx.Done():
		return ctx.Err()
	case <-q.file.writer.closing:
		return errClosed()
	}
	return nil
}

// DeadLetters lists the dead letters, oldest message first, and leaves them
// where they are.
func (q *Queue) DeadLetters(ctx context.Context) ([]Message, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tx, err := q.file.db.Begin(false)
	if err != nil {
		return nil, errUnavailable(err)
	}
	defer func() { _ = tx.Rollback() }()
	var letters []Message
	err = forEach(subBucket(tx, q.bucket, q.dead.name), func(_, raw []byte) (bool, error) {
		message, err := decodeMessage(raw)
		letters = append(letters, message)
		return err == nil, err
	})
	if err != nil {
		return nil, errDamagedRow(err)
	}
	return letters, nil
}

// subBucket returns nil if either bucket is missing.
func subBucket(tx *bbolt.Tx, queue, name []byte) *bbolt.Bucket {
	if b := tx.Bucket(queue); b != nil {
		return b.Bucket(name)
	}
	return nil
}

// forEach walks a bucket, which may be missing, until visit says stop.
func forEach(b *bbolt.Bucket, visit func(key, raw []byte) (more bool, err error)) error {
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for key, raw := c.First(); key != nil; key, raw = c.Next() {
		if more, err := visit(key, raw); err != nil || !more {
			return err
		}
	}
	return nil
}
