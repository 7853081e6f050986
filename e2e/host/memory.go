package host

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// DeadLetterQueue is the end of the address of a queue's dead-letter queue.
const DeadLetterQueue = "/$DeadLetterQueue"

// Memory is queues in memory, for messages that a test sends itself.
type Memory struct {
	// MaxDeliveryCount is after how many deliveries a message goes to the
	// dead-letter queue.
	MaxDeliveryCount int

	mu       sync.Mutex
	queues   map[string]chan *Message
	sequence int64
}

// NewMemory makes queues with the delivery count of a new queue in Azure, 10.
func NewMemory() *Memory {
	return &Memory{MaxDeliveryCount: 10, queues: map[string]chan *Message{}}
}

// Open is the Queue of Options; every connection leads here.
func (m *Memory) Open(_ context.Context, _, name string) (Queue, error) {
	return memoryQueue{m, name}, nil
}

// Send puts a message on a queue.
func (m *Memory) Send(queue, id string, body []byte) {
	m.mu.Lock()
	m.sequence++
	message := &Message{ID: id, Body: body, SequenceNumber: m.sequence, EnqueuedAt: time.Now(), ExpiresAt: time.Now().Add(24 * time.Hour)}
	m.mu.Unlock()
	m.queue(queue) <- message
}

// Length is how many messages of a queue nobody works on.
func (m *Memory) Length(queue string) int { return len(m.queue(queue)) }

func (m *Memory) queue(name string) chan *Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queues[name] == nil {
		m.queues[name] = make(chan *Message, 1000)
	}
	return m.queues[name]
}

type memoryQueue struct {
	memory *Memory
	name   string
}

func (q memoryQueue) Receive(ctx context.Context) (*Message, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case m := <-q.memory.queue(q.name):
		m.DeliveryCount++
		m.LockToken = newGUID()
		return m, nil
	}
}

func (q memoryQueue) Complete(context.Context, *Message) error { return nil }

func (q memoryQueue) Abandon(_ context.Context, m *Message) error {
	dead := strings.HasSuffix(q.name, DeadLetterQueue)
	if dead || m.DeliveryCount < q.memory.MaxDeliveryCount {
		q.memory.queue(q.name) <- m
		return nil
	}
	buried := *m
	buried.DeliveryCount, buried.DeadLetterSource = 0, q.name
	buried.ApplicationProperties = map[string]any{
		"DeadLetterReason":           "MaxDeliveryCountExceeded",
		"DeadLetterErrorDescription": fmt.Sprintf("Message could not be consumed after %d delivery attempts.", m.DeliveryCount),
	}
	q.memory.queue(q.name + DeadLetterQueue) <- &buried
	return nil
}
