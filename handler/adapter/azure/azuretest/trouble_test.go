package azuretest_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"
	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/azure/azuretest"
)

// These tests are how Service Bus refuses, and what happens when it is away.

func TestUnknownQueue(t *testing.T) {
	w := open(t, azuretest.Queue{})
	sender := must(w.client.NewSender(w.queue+"-not", nil))
	err := sender.SendMessage(w.ctx(), &azservicebus.Message{Body: []byte("x")}, nil)
	w.wantCode(err, azservicebus.CodeNotFound)
}

func TestWrongKey(t *testing.T) {
	w := open(t, azuretest.Queue{})
	before, rest, _ := strings.Cut(w.connection, "SharedAccessKey=")
	_, after, _ := strings.Cut(rest, ";")
	stranger := connect(t, before+"SharedAccessKey=d3Jvbmc=;"+after)
	err := must(stranger.NewSender(w.queue, nil)).SendMessage(w.ctx(), &azservicebus.Message{Body: []byte("x")}, nil)
	w.wantCode(err, azservicebus.CodeUnauthorizedAccess)
}

func TestTooLarge(t *testing.T) {
	w := open(t, azuretest.Queue{})
	err := w.sender.SendMessage(w.ctx(), &azservicebus.Message{Body: make([]byte, 2<<20)}, nil)
	if !errors.Is(err, azservicebus.ErrMessageTooLarge) {
		t.Errorf("error %v", err)
	}
	w.send("", "the link still works")
}

func TestCutBetweenReceiveAndComplete(t *testing.T) {
	w := open(t, azuretest.Queue{})
	w.send("", "one")
	m := w.receive()
	w.admin.Cut(w.queue)
	_, err := w.receiver.PeekMessages(w.ctx(), 1, nil)
	w.check(err)
	w.check(w.receiver.CompleteMessage(w.ctx(), &azservicebus.ReceivedMessage{LockToken: m.LockToken}, nil))
	w.send("", "two")
	if m := w.receive(); string(m.Body) != "two" {
		t.Errorf("received %q", m.Body)
	}
}

// TestLostAnswer is why messages have ids: the SDK sends again what was stored
// already.
func TestLostAnswer(t *testing.T) {
	for id, copies := range map[string]int{"": 2, "1.1": 1} {
		t.Run("copies "+strconv.Itoa(copies), func(t *testing.T) {
			w := open(t, azuretest.Queue{})
			w.send("", "warm")
			w.complete(w.receive())
			w.admin.LoseAnswer(w.queue)
			w.send(id, "one")
			if got := w.admin.Counts(w.queue).Active; got != copies {
				t.Errorf("%d messages, want %d", got, copies)
			}
		})
	}
}

func TestPausedQueueAnswersLater(t *testing.T) {
	w := open(t, azuretest.Queue{})
	w.send("", "warm")
	w.admin.Pause(w.queue)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // enough to write the message, on a busy machine, too
	defer cancel()
	if err := w.sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("x")}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused queue: %v", err)
	}
	w.admin.Resume(w.queue)
	w.send("", "after")
	if got := w.admin.Counts(w.queue).Active; got != 3 {
		t.Errorf("%d messages, want 3: what was sent meanwhile is there, too", got)
	}
}

// TestIdleConnectionLives needs the empty frames that keep a connection open.
func TestIdleConnectionLives(t *testing.T) {
	w := open(t, azuretest.Queue{})
	if !strings.Contains(w.connection, "UseDevelopmentEmulator=true") {
		t.Skip("this test speaks plain AMQP, which only an emulator does; it runs without " + azuretest.ServiceBusVariable)
	}
	endpoint, _, _ := strings.Cut(strings.TrimPrefix(w.connection, "Endpoint=sb://"), ";")
	inTime(t, 500*time.Millisecond, func(idle time.Duration) error {
		conn, err := amqp.Dial(w.ctx(), "amqp://"+endpoint, &amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous(), IdleTimeout: idle})
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		select {
		case <-conn.Done():
			return conn.Err()
		case <-time.After(4 * idle):
			return nil
		}
	})
}

// TestManyMessages are more than the deliveries that the emulator's AMQP library
// can have open on one link.
func TestManyMessages(t *testing.T) {
	w := open(t, azuretest.Queue{})
	const all = 2500
	for sent := 0; sent < all; {
		batch, err := w.sender.NewMessageBatch(w.ctx(), nil)
		w.check(err)
		for range 500 {
			w.check(batch.AddMessage(&azservicebus.Message{Body: []byte(strconv.Itoa(sent))}, nil))
			sent++
		}
		w.check(w.sender.SendMessageBatch(w.ctx(), batch, nil))
	}
	ctx, received := w.ctx(), 0
	var settling errgroup.Group
	settling.SetLimit(32)
	for received < all {
		messages, err := w.receiver.ReceiveMessages(ctx, min(100, all-received), nil)
		w.check(err)
		received += len(messages)
		for _, m := range messages {
			settling.Go(func() error { return w.receiver.CompleteMessage(ctx, m, nil) })
		}
	}
	w.check(settling.Wait())
	left, err := w.receiver.PeekMessages(ctx, 1, nil)
	w.check(err)
	if len(left) != 0 {
		t.Errorf("messages are left: %v", left)
	}
}

// TestCreditIsKept sends two messages at once to a receiver that asked for one:
// the other stays for somebody else.
func TestCreditIsKept(t *testing.T) {
	w := open(t, azuretest.Queue{})
	batch, err := w.sender.NewMessageBatch(w.ctx(), nil)
	w.check(err)
	for _, body := range []string{"one", "two"} {
		w.check(batch.AddMessage(&azservicebus.Message{Body: []byte(body)}, nil))
	}
	received := make(chan string)
	ctx := w.ctx()
	go func() {
		messages, _ := w.receiver.ReceiveMessages(ctx, 1, nil)
		for _, m := range messages {
			received <- string(m.Body)
		}
		close(received)
	}()
	time.Sleep(200 * time.Millisecond) // until the credit is there
	w.check(w.sender.SendMessageBatch(w.ctx(), batch, nil))
	if got := <-received; got != "one" {
		t.Errorf("received %q", got)
	}
	if got := w.admin.Counts(w.queue); got != (azuretest.Counts{Active: 1, Locked: 1}) {
		t.Errorf("the queue holds %+v, want one locked and one active", got)
	}
}
