package local

import (
	"bytes"
	"encoding/binary"
	"time"
)

// The buckets of duplicate detection: when an id was sent, and the same in the
// order of time, to forget by.
var (
	seenBucket  = []byte("seen")
	orderBucket = []byte("order")
)

// forgetAtOnce is how many ids a sending forgets at most: more than it adds, so
// that the list does not grow, and few enough not to be felt.
const forgetAtOnce = 16

// sending stores a message unless its id was seen within the window.
type sending struct {
	queue   *Queue
	message Message
}

func (s *sending) apply(g *group) error {
	id, now := []byte(s.message.ID), s.message.Sent
	seen := g.bucket(s.queue.bucket, seenBucket)
	order := g.bucket(s.queue.bucket, orderBucket)
	active := g.bucket(s.queue.bucket, s.queue.active.name)
	if g.broken != nil {
		return nil
	}
	last := seen.Get(id)
	if last != nil && now.Sub(momentOf(last)) < s.queue.options.DuplicateWindow {
		return nil
	}
	if last != nil {
		g.note(order.Delete(append(bytes.Clone(last), id...)))
	}
	s.forget(g)
	g.note(seen.Put(id, moment(now)))
	g.note(order.Put(append(moment(now), id...), nil))
	number, err := active.NextSequence()
	g.note(err)
	g.note(active.Put(messageKey(number), encodeMessage(s.message)))
	return nil
}

// forget removes ids that have left the window.
func (s *sending) forget(g *group) {
	order := g.bucket(s.queue.bucket, orderBucket)
	seen := g.bucket(s.queue.bucket, seenBucket)
	var left [][]byte
	g.note(forEach(order, func(key, _ []byte) (bool, error) {
		if s.message.Sent.Sub(momentOf(key)) < s.queue.options.DuplicateWindow {
			return false, nil
		}
		left = append(left, bytes.Clone(key))
		return len(left) < forgetAtOnce, nil
	}))
	for _, key := range left {
		g.note(order.Delete(key))
		g.note(seen.Delete(key[8:]))
	}
}

// moment is a time in 8 bytes that sort like it.
func moment(t time.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano())) }

// momentOf reads the time at the beginning of b.
func momentOf(b []byte) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b))) }
