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
		if a := await(t, got, "a delivery"); a != attempt {
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
	if a := await(t, letters, "a dead letter"); a != 7 {
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

// TestLongHandlerKeepsItsMessage works for longer than two locks. A machine may
// be too busy to renew a short lock in time, so a lock that was lost is followed
// by a longer one; the test fails if none is long enough.
func TestLongHandlerKeepsItsMessage(t *testing.T) {
	t.Parallel()
	for lock, tries := azuretest.ShortLock(), 1; ; lock, tries = 2*lock, tries+1 {
		w := openQueue(t, azuretest.Queue{LockDuration: lock})
		var deliveries atomic.Int32
		stop := w.run(w.receiver(azure.ReceiverOptions{}), func(ctx context.Context, _ int) error {
			deliveries.Add(1)
			select {
			case <-time.After(lock * 5 / 2):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		w.send(1)
		w.eventually(azuretest.Counts{})
		stop()
		if deliveries.Load() == 1 && w.log.String() == "" {
			return
		}
		if tries == 5 {
			t.Fatalf("%d deliveries under a lock of %v, want one; log:\n%s", deliveries.Load(), lock, w.log)
		}
	}
}

// TestLostLockEndsTheHandler has the queue away for longer than a lock.
func TestLostLockEndsTheHandler(t *testing.T) {
	w := openBus(t, azuretest.Queue{LockDuration: azuretest.ShortLock()})
	began, ended := make(chan struct{}, 10), make(chan error, 10)
	var deliveries atomic.Int32
	w.run(w.receiver(azure.ReceiverOptions{}), func(ctx context.Context, _ int) error {
		began <- struct{}{}
		if deliveries.Add(1) > 1 {
			return nil
		}
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	})
	w.send(1)
	await(t, began, "the first delivery")
	w.admin.Pause(w.queue)
	time.Sleep(w.lock + 200*time.Millisecond)
	w.admin.Resume(w.queue)
	await(t, ended, "the end of the handler that lost its lock")
	await(t, began, "the second delivery")
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
		await(t, got, "a delivery")
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
	await(t, full, "the use of all workers")
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
	await(t, began, "the delivery")
	stop()
	if got := w.admin.Counts(w.queue); got != (azuretest.Counts{Active: 1}) {
		t.Errorf("the queue holds %+v, want the message back", got)
	}
}

func TestReceiverWaitsForAQueueThatIsNotThere(t *testing.T) {
	const pause = 50 * time.Millisecond
	w := openBus(t, azuretest.Queue{})
	receiver, err := w.bus.Receiver(w.queue+"-not", w.logged(azure.ReceiverOptions{Pause: pause}))
	if err != nil {
		t.Fatal(err)
	}
	complaints := func() int { return strings.Count(w.log.String(), "there is no queue") }
	began := time.Now()
	stop := w.run(receiver, func(context.Context, int) error { return nil })
	for complaints() < 3 {
		if time.Since(began) > patience {
			t.Fatalf("it said %d times that there is no queue:\n%s", complaints(), w.log)
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if most := 1 + int(time.Since(began)/pause); complaints() > most {
		t.Errorf("it said %d times that there is no queue, without a pause:\n%s", complaints(), w.log)
	}
}
