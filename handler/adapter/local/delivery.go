package local

import (
	"bytes"
	"context"
	"time"

	"handover/handler/core/fault"
)

// Delivery is a message in the hands of a receiver, who settles it once.
type Delivery struct {
	Message
	queue  *Queue
	shelf  *shelf
	number uint64
	token  uint64
}

// Complete removes the message for good. After the lock has run out it is
// fault.Conflict, and the message comes again.
func (d *Delivery) Complete(ctx context.Context) error {
	err := d.queue.file.writer.do(ctx, &completing{delivery: d, now: d.queue.file.now()})
	if err == nil {
		d.shelf.unlock(d.number, d.token)
	}
	return err
}

// Abandon makes the message visible again at once, or a dead letter if this was
// its last delivery. After the lock has run out it is fault.Conflict.
func (d *Delivery) Abandon(ctx context.Context) error {
	a := &abandoning{delivery: d, now: d.queue.file.now()}
	if err := d.queue.file.writer.do(ctx, a); err != nil {
		return err
	}
	d.shelf.unlock(d.number, d.token)
	d.shelf.announce()
	if a.moved {
		d.queue.dead.announce()
	}
	return nil
}

func (d *Delivery) checkLock(now time.Time) error {
	if d.shelf.holds(d.number, d.token, now) {
		return nil
	}
	return fault.New(fault.Conflict, "the lock on message %s has run out or was given up; the message is delivered again", d.ID)
}

// claiming hands the first message that nobody holds to a receiver.
type claiming struct {
	queue    *Queue
	shelf    *shelf
	now      time.Time
	delivery *Delivery
	// moved says that messages became dead letters on the way.
	moved bool
}

// outcome gives the lock back if the claim never reached the disk.
func (c *claiming) outcome(err error) (*Delivery, error) {
	if err != nil && c.delivery != nil {
		c.shelf.unlock(c.delivery.number, c.delivery.token)
	}
	if err != nil {
		return nil, err
	}
	return c.delivery, nil
}

func (c *claiming) apply(g *group) error {
	number, message, exhausted, err := c.find(g)
	if err != nil {
		return errDamagedRow(err)
	}
	for _, each := range exhausted {
		c.queue.bury(g, each)
		c.moved = true
	}
	if number == 0 {
		return nil
	}
	message.Deliveries++
	g.note(g.bucket(c.queue.bucket, c.shelf.name).Put(messageKey(number), encodeMessage(message)))
	token := c.shelf.lock(number, c.now.Add(c.queue.options.LockDuration))
	c.delivery = &Delivery{Message: message, queue: c.queue, shelf: c.shelf, number: number, token: token}
	return nil
}

// find looks for the first free message, number 0 if there is none, and for
// those before it whose last delivery was never settled.
func (c *claiming) find(g *group) (number uint64, message Message, exhausted []uint64, err error) {
	err = forEach(subBucket(g.tx, c.queue.bucket, c.shelf.name), func(key, raw []byte) (bool, error) {
		n := messageNumber(key)
		if c.shelf.locked(n, c.now) {
			return true, nil
		}
		candidate, err := decodeMessage(raw)
		if err != nil {
			return false, err
		}
		if c.shelf == c.queue.active && candidate.Deliveries >= c.queue.options.MaxDeliveryCount {
			exhausted = append(exhausted, n)
			return true, nil
		}
		number, message = n, candidate
		return false, nil
	})
	return number, message, exhausted, err
}

// bury moves an active message to the dead letters.
func (q *Queue) bury(g *group, number uint64) {
	key := messageKey(number)
	active := g.bucket(q.bucket, q.active.name)
	dead := g.bucket(q.bucket, q.dead.name)
	if g.broken != nil {
		return
	}
	message, err := decodeMessage(bytes.Clone(active.Get(key)))
	g.note(err)
	message.DeadLetterReason = exceeded
	g.note(dead.Put(key, encodeMessage(message)))
	g.note(active.Delete(key))
}

// completing removes a message.
type completing struct {
	delivery *Delivery
	now      time.Time
}

func (c *completing) apply(g *group) error {
	if err := c.delivery.checkLock(c.now); err != nil {
		return err
	}
	messages := g.bucket(c.delivery.queue.bucket, c.delivery.shelf.name)
	if g.broken == nil {
		g.note(messages.Delete(messageKey(c.delivery.number)))
	}
	return nil
}

// abandoning gives a message back.
type abandoning struct {
	delivery *Delivery
	now      time.Time
	moved    bool
}

func (a *abandoning) apply(g *group) error {
	if err := a.delivery.checkLock(a.now); err != nil {
		return err
	}
	d := a.delivery
	if d.shelf == d.queue.active && d.Deliveries >= d.queue.options.MaxDeliveryCount {
		d.queue.bury(g, d.number)
		a.moved = true
	}
	return nil
}
