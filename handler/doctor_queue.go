package main

import (
	"context"
	"time"

	"handover/handler/adapter/azure"
)

// queueSight is how a doctor looks at a queue; nothing of it disturbs one.
type queueSight interface {
	// Warm opens a link to send, without sending.
	Warm(ctx context.Context) error
	Look(ctx context.Context) (azure.Sight, error)
}

// slowMessage is the age of a waiting message at which something is slow: a
// leave takes seconds.
const slowMessage = 5 * time.Minute

// queue tries the rights on the queue, and says what waits there.
func (d *doctor) queue(ctx context.Context, name string, q queueSight) {
	if err := q.Warm(ctx); err != nil {
		d.failed("queue, to send", err)
	} else {
		d.find("queue, to send", fine, "%s takes messages of this app", name)
	}
	seen, err := q.Look(ctx)
	if err != nil {
		d.failed("queue, to receive", err)
		return
	}
	age := d.now().Sub(seen.Oldest)
	switch {
	case seen.Waiting > 0 && age > slowMessage:
		d.find("queue, to receive", worth, "the first of %d messages waits for %v; look for errors of the function reassign, and whether the app runs", seen.Waiting, age.Round(time.Second))
	default:
		d.find("queue, to receive", fine, "%d messages wait", seen.Waiting)
	}
	if seen.DeadLetters > 0 {
		d.find("dead letters", worth, "%d messages were given up and wait for the function deadletter; look for its errors, and whether it is switched on", seen.DeadLetters)
	} else {
		d.find("dead letters", fine, "none")
	}
	d.find("duplicate detection", unseen,
		"only a test message could show it, and this is the real queue; in the portal the queue's page Properties must say that duplicate detection is on, with a window of 5 minutes or more")
}
