package azure_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/azure/azuretest"
)

func TestReceiverCompletes(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	got := make(chan int, 3)
	w.run(w.receiver(azure.ReceiverOptions{}), func(_ context.Context, attempt int) error {
		got <- attempt
		return nil
	})
	for attempt := range 3 {
		w.send(attempt)
		if a := within(t, 5*time.Second, got, "a delivery"); a != attempt {
			t.Errorf("delivered %d, want %d", a, attempt)
		}
	}
	w.eventually(azuretest.Counts{})
	if w.log.String() != "" {
		t.Errorf("the log is not empty:\n%s", w.log)
	}
}

func TestPoisonEndsAmongTheDeadLetters(t *testing.T) {
	w := openBus(t, azuretest.Queue{MaxDeliveryCount: 3})
	var deliveries atomic.Int32
	w.run(w.receiver(azure.ReceiverOptions{}), func(context.Context, int) error {
		deliveries.Add(1)
		return errors.New("poison")
	})
	w.send(7)
	w.eventually(azuretest.Counts{DeadLetters: 1})
	if got := deliveries.Load(); got != 3 {
		t.Errorf("%d deliveries, want 3", got)
	}
	letters := make(chan int, 1)
	w.run(w.deadLetters(), func(_ context.Context, attempt int) error {
		letters <- attempt
		return nil
	})
	if a := within(t, 5*time.Second, letters, "a dead letter"); a != 7 {
		t.Errorf("the dead letter is %d, want 7", a)
	}
	w.eventually(azuretest.Counts{})
}

func TestFailedMessageComesAgain(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	var deliveries atomic.Int32
	w.run(w.receiver(azure.ReceiverOptions{}), func(context.Context, int) error {
		if deliveries.Add(1) == 1 {
			return errors.New("not today")
		}
		return nil
	})
	w.send(1)
	w.eventually(azuretest.Counts{})
	if deliveries.Load() != 2 || !strings.Contains(w.log.String(), "not today") {
		t.Errorf("%d deliveries, log:\n%s", deliveries.Load(), w.log)
	}
}

// TestLongHandlerKeepsItsMessage works for longer than two locks.
func TestLongHandlerKeepsItsMessage(t *testing.T) {
	w := openBus(t, azuretest.Queue{LockDuration: azuretest.ShortLock()})
	var deliveries atomic.Int32
	w.run(w.receiver(azure.ReceiverOptions{}), func(ctx context.Context, _ int) error {
		deliveries.Add(1)
		select {
		case <-time.After(w.lock * 5 / 2):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	w.send(1)
	w.eventually(azuretest.Counts{})
	if deliveries.Load() != 1 || w.log.String() != "" {
		t.Errorf("%d deliveries, want one; log:\n%s", deliveries.Load(), w.log)
	}
}

// TestLostLockEndsTheHandler has the queue away for longer than a lock.
func TestLostLockEndsTheHandler(t *testing.T) {
	w := openBus(t, azuretest.Queue{LockDuration: azuretest.ShortLock()})
	began, ended := make(chan struct{}, 2), make(chan error, 2)
	w.run(w.receiver(azure.ReceiverOptions{}), func(ctx context.Context, _ int) error {
		began <- struct{}{}
		select {
		case <-ctx.Done():
			ended <- ctx.Err()
			return ctx.Err()
		case <-time.After(3 * w.lock):
			return nil
		}
	})
	w.send(1)
	within(t, 5*time.Second, began, "the first delivery")
	w.admin.Pause(w.queue)
	time.Sleep(w.lock + 200*time.Millisecond)
	w.admin.Resume(w.queue)
	within(t, 5*time.Second, ended, "the end of the handler that lost its lock")
	within(t, 5*time.Second, began, "the second delivery")
	w.eventually(azuretest.Counts{})
}

// TestCutWhileWorking has the connection gone when the handler is done: the
// message is completed all the same, and does not come again.
func TestCutWhileWorking(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	var deliveries atomic.Int32
	w.run(w.receiver(azure.ReceiverOptions{}), func(_ context.Context, attempt int) error {
		deliveries.Add(1)
		if attempt == 1 {
			w.admin.Cut(w.queue)
		}
		return nil
	})
	w.send(1)
	w.eventually(azuretest.Counts{})
	w.send(2) // the receiver still receives
	w.eventually(azuretest.Counts{})
	if deliveries.Load() != 2 {
		t.Errorf("%d deliveries of two messages; log:\n%s", deliveries.Load(), w.log)
	}
}

func TestCutWhileWaiting(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	got := make(chan int, 4)
	w.run(w.receiver(azure.ReceiverOptions{}), func(_ context.Context, attempt int) error {
		got <- attempt
		return nil
	})
	for attempt := range 4 {
		w.send(attempt)
		within(t, 5*time.Second, got, "a delivery")
		w.admin.Cut(w.queue)
	}
	w.eventually(azuretest.Counts{})
}

func TestWorkersAreLimited(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	const messages, workers = 12, 3
	var now, most, done atomic.Int32
	full := make(chan struct{})
	for attempt := range messages {
		w.send(attempt)
	}
	w.run(w.receiver(azure.ReceiverOptions{Workers: workers}), func(context.Context, int) error {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n == workers && done.Load() == 0 {
			close(full)
		}
		<-full // nobody ends before all workers have something to do
		done.Add(1)
		return nil
	})
	within(t, 5*time.Second, full, "the use of all workers")
	w.eventually(azuretest.Counts{})
	if most.Load() != workers || done.Load() != messages {
		t.Errorf("%d at once, %d done; want %d and %d", most.Load(), done.Load(), workers, messages)
	}
}

// TestStopWaitsForHandlers ends the context while a handler works: its message
// is settled before Run returns, and nothing stays locked.
func TestStopWaitsForHandlers(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	began := make(chan struct{})
	stop := w.run(w.receiver(azure.ReceiverOptions{}), func(ctx context.Context, _ int) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	w.send(1)
	within(t, 5*time.Second, began, "the delivery")
	stop()
	if got := w.admin.Counts(w.queue); got != (azuretest.Counts{Active: 1}) {
		t.Errorf("the queue holds %+v, want the message back", got)
	}
}

func TestReceiverWaitsForAQueueThatIsNotThere(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	receiver, err := w.bus.Receiver(w.queue+"-not", w.logged(azure.ReceiverOptions{Pause: 50 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	stop := w.run(receiver, func(context.Context, int) error { return nil })
	time.Sleep(300 * time.Millisecond)
	stop()
	if n := strings.Count(w.log.String(), "there is no queue"); n < 2 || n > 10 {
		t.Errorf("it said %d times that there is no queue:\n%s", n, w.log)
	}
}
