package local_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/local"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// inBubble runs a test of a queue with default options in fake time.
func inBubble(t *testing.T, run func(t *testing.T, queue *local.Queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		file, err := local.Open(filepath.Join(t.TempDir(), "handover.db"), local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		run(t, file.Queue("leaves", local.QueueOptions{}))
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func send(t *testing.T, queue *local.Queue, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := queue.Send(t.Context(), id, []byte("body of "+id)); err != nil {
			t.Fatal(err)
		}
	}
}

// receive expects a message with an id and a number of deliveries.
func receive(t *testing.T, queue *local.Queue, id string, deliveries int) *local.Delivery {
	t.Helper()
	return expect(t, queue.Receive, id, deliveries)
}

func expect(t *testing.T, from func(context.Context) (*local.Delivery, error), id string, deliveries int) *local.Delivery {
	t.Helper()
	delivery, err := from(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if delivery.ID != id || delivery.Deliveries != deliveries || string(delivery.Body) != "body of "+id {
		t.Fatalf("received %s with body %q, delivery %d; want %s, delivery %d", delivery.ID, delivery.Body, delivery.Deliveries, id, deliveries)
	}
	return delivery
}

// nothing expects that there is nothing to receive now.
func nothing(t *testing.T, from func(context.Context) (*local.Delivery, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if delivery, err := from(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("received %+v, error %v", delivery, err)
	}
}

func settle(t *testing.T, how func(context.Context) error) {
	t.Helper()
	if err := how(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestQueueDeliversInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, queue *local.Queue) {
		sent := time.Now()
		send(t, queue, "a", "b", "c")
		a, b := receive(t, queue, "a", 1), receive(t, queue, "b", 1)
		if !a.Sent.Equal(sent) || a.DeadLetterReason != "" {
			t.Errorf("sent at %v for %v, reason %q", a.Sent, sent, a.DeadLetterReason)
		}
		settle(t, b.Complete)
		settle(t, a.Complete)
		settle(t, receive(t, queue, "c", 1).Complete)
		nothing(t, queue.Receive)
	})
}

func TestQueueDropsDuplicatesWithinTheWindow(t *testing.T) {
	inBubble(t, func(t *testing.T, queue *local.Queue) {
		send(t, queue, "a", "a")
		settle(t, receive(t, queue, "a", 1).Complete)
		time.Sleep(5*time.Minute - time.Second)
		send(t, queue, "a", "a2")
		settle(t, receive(t, queue, "a2", 1).Complete)
		nothing(t, queue.Receive)
		time.Sleep(time.Second)
		send(t, queue, "a", "a")
		settle(t, receive(t, queue, "a", 1).Complete)
		nothing(t, queue.Receive)
	})
}

// A lock that runs out wakes a receiver that waits, at that moment.
func TestQueueLockRunsOut(t *testing.T) {
	inBubble(t, func(t *testing.T, queue *local.Queue) {
		send(t, queue, "a")
		start := time.Now()
		first := receive(t, queue, "a", 1)
		second := receive(t, queue, "a", 2)
		if waited := time.Since(start); waited != 5*time.Minute {
			t.Errorf("the lock held for %v", waited)
		}
		for name, stale := range map[string]func(context.Context) error{"Complete": first.Complete, "Abandon": first.Abandon} {
			if err := stale(t.Context()); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s with a lock that has run out: %v", name, err)
			}
		}
		settle(t, second.Complete)
		if err := second.Complete(t.Context()); !fault.Is(err, fault.Conflict) {
			t.Errorf("completed twice: %v", err)
		}
		nothing(t, queue.Receive)
	})
}

func TestQueueAbandonedTenTimes(t *testing.T) {
	inBubble(t, func(t *testing.T, queue *local.Queue) {
		send(t, queue, "a", "b")
		for n := range 10 {
			nothing(t, queue.ReceiveDeadLetter)
			settle(t, receive(t, queue, "a", n+1).Abandon)
		}
		settle(t, receive(t, queue, "b", 1).Complete)
		nothing(t, queue.Receive)
		letters, err := queue.DeadLetters(t.Context())
		if err != nil || len(letters) != 1 || letters[0].ID != "a" || letters[0].DeadLetterReason != "MaxDeliveryCountExceeded" {
			t.Fatalf("dead letters are %+v, error %v", letters, err)
		}
		for n := range 12 { // dead letters stay, however often they are delivered
			settle(t, expect(t, queue.ReceiveDeadLetter, "a", 11+n).Abandon)
		}
		letter := expect(t, queue.ReceiveDeadLetter, "a", 23)
		nothing(t, queue.ReceiveDeadLetter)
		settle(t, letter.Complete)
		if letters, err = queue.DeadLetters(t.Context()); err != nil || len(letters) != 0 {
			t.Errorf("dead letters are %+v, error %v", letters, err)
		}
	})
}

// A message whose receivers all vanish becomes a dead letter when the tenth lock
// runs out, as long as somebody receives; who waits for dead letters is woken.
func TestQueueReceiversVanishTenTimes(t *testing.T) {
	inBubble(t, func(t *testing.T, queue *local.Queue) {
		ctx, cancel := context.WithCancel(t.Context())
		send(t, queue, "a")
		go func() {
			for ctx.Err() == nil {
				_, _ = queue.Receive(ctx)
			}
		}()
		start := time.Now()
		letter := expect(t, queue.ReceiveDeadLetter, "a", 11)
		if waited := time.Since(start); waited != 50*time.Minute || letter.DeadLetterReason != "MaxDeliveryCountExceeded" {
			t.Errorf("dead after %v, reason %q", waited, letter.DeadLetterReason)
		}
		cancel()
		synctest.Wait()
	})
}

func TestQueueReceiveWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, queue *local.Queue) {
		received := make(chan string, 2)
		for range 2 {
			go func() {
				if d, err := queue.Receive(t.Context()); err == nil {
					received <- d.ID
				}
			}()
		}
		synctest.Wait()
		send(t, queue, "a", "b")
		if got := map[string]bool{<-received: true, <-received: true}; !got["a"] || !got["b"] {
			t.Errorf("received %v", got)
		}
	})
}

// Whoever waits learns that the file was closed.
func TestQueueReceiveEndsWithTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, err := local.Open(filepath.Join(t.TempDir(), "handover.db"), local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var received error
		go func() { _, received = file.Queue("leaves", local.QueueOptions{}).Receive(t.Context()) }()
		synctest.Wait()
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !fault.Is(received, fault.Unavailable) {
			t.Errorf("error is %v", received)
		}
	})
}

// After a restart every message is visible again, with its count, and what was
// sent before is still known as a duplicate.
func TestQueueSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "handover.db")
	for n := range 4 {
		file, err := local.Open(path, local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		queue := file.Queue("leaves", local.QueueOptions{MaxDeliveryCount: 3})
		send(t, queue, "a")
		if n < 3 {
			receive(t, queue, "a", n+1)
			nothing(t, queue.Receive)
		} else {
			nothing(t, queue.Receive)
			expect(t, queue.ReceiveDeadLetter, "a", 4)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestQueueGivesEachMessageToOneReceiver(t *testing.T) {
	queue := open(t).Queue("leaves", local.QueueOptions{})
	const messages, receivers = 60, 4
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	received := map[string]int{}
	var group sync.WaitGroup
	for range receivers {
		group.Go(func() {
			for {
				delivery, err := queue.Receive(ctx)
				if err != nil {
					return
				}
				if err := delivery.Complete(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				received[delivery.ID]++
				if len(received) == messages {
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	for i := range messages {
		send(t, queue, fmt.Sprint("m-", i))
	}
	group.Wait()
	for id, n := range received {
		if n != 1 {
			t.Errorf("%s was received %d times", id, n)
		}
	}
}

func TestQueuesAreApart(t *testing.T) {
	file := open(t)
	one, other := file.Queue("one", local.QueueOptions{}), file.Queue("other", local.QueueOptions{})
	send(t, one, "a")
	nothing(t, other.Receive)
	send(t, other, "a")
	settle(t, receive(t, file.Queue("one", local.QueueOptions{}), "a", 1).Complete)
	settle(t, receive(t, other, "a", 1).Complete)
}

func TestQueueRefuses(t *testing.T) {
	queue := open(t).Queue("leaves", local.QueueOptions{})
	tests := []struct {
		name string
		id   string
		body []byte
	}{
		{"no id", "", nil},
		{"a long id", strings.Repeat("x", local.MaxMessageID+1), nil},
		{"a large body", "a", make([]byte, local.MaxMessageBody+1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := queue.Send(t.Context(), test.id, test.body); !fault.Is(err, fault.Internal) {
				t.Errorf("error is %v", err)
			}
		})
	}
	nothing(t, queue.Receive)
	if err := queue.Send(t.Context(), strings.Repeat("x", local.MaxMessageID), make([]byte, local.MaxMessageBody)); err != nil {
		t.Error(err)
	}
}

func TestQueueLeavesNothingBehind(t *testing.T) {
	inBubble(t, func(t *testing.T, queue *local.Queue) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := queue.Send(ctx, "a", nil); !errors.Is(err, context.Canceled) {
			t.Errorf("Send: %v", err)
		}
		if _, err := queue.Receive(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Receive: %v", err)
		}
		if _, err := queue.DeadLetters(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("DeadLetters: %v", err)
		}
		nothing(t, queue.Receive)
	})
}

func TestLeaves(t *testing.T) {
	queue := open(t).Queue("leaves", local.QueueOptions{})
	message := directory.Message{Tenant: "acme", Leave: "0190", Attempt: 2}
	for range 2 {
		if err := (local.Leaves{Queue: queue}).Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	delivery, err := queue.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := `0190.2 {"tenant":"acme","leave":"0190","attempt":2}`
	if diff := cmp.Diff(want, delivery.ID+" "+string(delivery.Body)); diff != "" {
		t.Error(diff)
	}
	settle(t, delivery.Complete)
	nothing(t, queue.Receive)
}
