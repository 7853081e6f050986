package azuretest_test

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/azure/azuretest"
)

// These tests are what Handover relies on in Service Bus. They hold for the
// emulator and, with the environment variable, for a real namespace.

func TestPropertiesRoundTrip(t *testing.T) {
	w := open(t, azuretest.Queue{})
	sent := &azservicebus.Message{
		MessageID: to.Ptr("an-id"), ContentType: to.Ptr("application/json"), Subject: to.Ptr("a subject"), CorrelationID: to.Ptr("c"),
		Body: bytes.Repeat([]byte("0123456789"), 7_000), // more than one frame
		ApplicationProperties: map[string]any{
			"text": "Zürich", "int64": int64(1) << 60, "uint32": uint32(4_000_000_000), "true": true, "double": 2.5,
			"time": time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), "bytes": []byte{0, 255},
		},
	}
	w.check(w.sender.SendMessage(w.ctx(), sent, nil))
	got := w.receive()
	if diff := cmp.Diff(sent.ApplicationProperties, got.ApplicationProperties); diff != "" {
		t.Error(diff)
	}
	want := []string{*sent.MessageID, *sent.ContentType, *sent.Subject, *sent.CorrelationID}
	if diff := cmp.Diff(want, []string{got.MessageID, *got.ContentType, *got.Subject, *got.CorrelationID}); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(got.Body, sent.Body) {
		t.Errorf("a body of %d bytes came back with %d", len(sent.Body), len(got.Body))
	}
	if got.SequenceNumber == nil || got.EnqueuedTime == nil || got.LockedUntil == nil || got.DeliveryCount != 1 {
		t.Errorf("sequence %v, enqueued %v, locked until %v, delivery %d", got.SequenceNumber, got.EnqueuedTime, got.LockedUntil, got.DeliveryCount)
	}
	w.complete(got)
}

func TestCompleteRemoves(t *testing.T) {
	t.Parallel()
	inTime(t, azuretest.ShortLock(), func(lock time.Duration) error {
		w := openQueue(t, azuretest.Queue{LockDuration: lock})
		w.send("", "one")
		if err := w.receiver.CompleteMessage(w.ctx(), w.receive(), nil); err != nil {
			return err
		}
		w.nothingWithin(lock + 500*time.Millisecond)
		return nil
	})
}

func TestCompleteTwiceIsLockLost(t *testing.T) {
	w := open(t, azuretest.Queue{})
	w.send("", "one")
	m := w.receive()
	w.complete(m)
	err := w.receiver.CompleteMessage(w.ctx(), &azservicebus.ReceivedMessage{LockToken: m.LockToken}, nil)
	w.wantCode(err, azservicebus.CodeLockLost)
}

func TestAbandonCountsUntilTheDeadLetter(t *testing.T) {
	w := open(t, azuretest.Queue{MaxDeliveryCount: 3})
	w.send("an-id", "poison")
	for delivery := uint32(1); delivery <= 3; delivery++ {
		m := w.receive()
		if m.DeliveryCount != delivery {
			t.Errorf("delivery %d has the count %d", delivery, m.DeliveryCount)
		}
		w.check(w.receiver.AbandonMessage(w.ctx(), m, &azservicebus.AbandonMessageOptions{
			PropertiesToModify: map[string]any{"attempt": int64(delivery)},
		}))
	}
	letter := w.receiveFrom(w.deadLetters())
	want := map[string]any{
		"attempt": int64(3), "DeadLetterReason": "MaxDeliveryCountExceeded",
		"DeadLetterErrorDescription": "Message could not be consumed after 3 delivery attempts.",
	}
	if diff := cmp.Diff(want, letter.ApplicationProperties); diff != "" {
		t.Error(diff)
	}
	if letter.MessageID != "an-id" || string(letter.Body) != "poison" {
		t.Errorf("%q: %q", letter.MessageID, letter.Body)
	}
}

func TestDeadLetterByHand(t *testing.T) {
	w := open(t, azuretest.Queue{MaxDeliveryCount: 2})
	w.send("", "one")
	w.check(w.receiver.DeadLetterMessage(w.ctx(), w.receive(), &azservicebus.DeadLetterOptions{
		Reason: to.Ptr("a reason"), ErrorDescription: to.Ptr("words"), PropertiesToModify: map[string]any{"who": "me"},
	}))
	letters := w.deadLetters()
	for range 3 { // a dead letter stays, however often it is delivered
		letter := w.receiveFrom(letters)
		want := map[string]any{"who": "me", "DeadLetterReason": "a reason", "DeadLetterErrorDescription": "words"}
		if diff := cmp.Diff(want, letter.ApplicationProperties); diff != "" {
			t.Error(diff)
		}
		w.check(letters.AbandonMessage(w.ctx(), letter, nil))
	}
	w.check(letters.CompleteMessage(w.ctx(), w.receiveFrom(letters), nil))
}

func TestLockRunsOut(t *testing.T) {
	w := open(t, azuretest.Queue{LockDuration: azuretest.ShortLock()})
	w.send("", "one")
	began := time.Now()
	w.receive()
	again := w.receive()
	if passed := time.Since(began); again.DeliveryCount != 2 || passed < w.lock*9/10 {
		t.Errorf("delivery %d after %v, want the second after %v", again.DeliveryCount, passed, w.lock)
	}
}

func TestRenewedLockHolds(t *testing.T) {
	t.Parallel()
	inTime(t, azuretest.ShortLock(), func(lock time.Duration) error {
		w := openQueue(t, azuretest.Queue{LockDuration: lock})
		w.send("", "one")
		m := w.receive()
		for range 3 {
			time.Sleep(lock * 6 / 10)
			before := *m.LockedUntil
			if err := w.receiver.RenewMessageLock(w.ctx(), m, nil); err != nil {
				return err
			}
			if !m.LockedUntil.After(before) {
				t.Errorf("locked until %v after renewing, %v before", m.LockedUntil, before)
			}
		}
		return w.receiver.CompleteMessage(w.ctx(), m, nil)
	})
}

func TestLostLockIsSaidOnTheLink(t *testing.T) {
	w := open(t, azuretest.Queue{LockDuration: azuretest.ShortLock()})
	w.send("", "one")
	m := w.receive()
	time.Sleep(w.lock + 200*time.Millisecond)
	w.wantCode(w.receiver.CompleteMessage(w.ctx(), m, nil), azservicebus.CodeLockLost)
}

func TestLostLockIsSaidByManagement(t *testing.T) {
	w := open(t, azuretest.Queue{LockDuration: azuretest.ShortLock()})
	w.send("", "one")
	m := w.receive()
	time.Sleep(w.lock + 200*time.Millisecond)
	w.wantCode(w.receiver.RenewMessageLock(w.ctx(), m, nil), azservicebus.CodeLockLost)
	err := w.receiver.CompleteMessage(w.ctx(), &azservicebus.ReceivedMessage{LockToken: m.LockToken}, nil)
	w.wantCode(err, azservicebus.CodeLockLost)
}

func TestDuplicatesAreDropped(t *testing.T) {
	w := open(t, azuretest.Queue{})
	w.send("1.1", "first")
	w.send("1.1", "again")
	w.complete(w.receive())
	w.send("1.1", "after it was done")
	w.send("1.2", "another attempt")
	m := w.receive()
	if string(m.Body) != "another attempt" {
		t.Errorf("received %q", m.Body)
	}
	w.complete(m)
	w.nothingWithin(300 * time.Millisecond)
}

func TestSameIDAfterTheWindow(t *testing.T) {
	const window = 20 * time.Second // the shortest of Service Bus
	q := azuretest.Queue{DuplicateWindow: window}
	if azuretest.ShortLock() < 5*time.Second {
		q.DuplicateWindow = 300 * time.Millisecond
	}
	w := open(t, q)
	w.send("1.1", "first")
	w.complete(w.receive())
	time.Sleep(q.DuplicateWindow + 100*time.Millisecond)
	w.send("1.1", "later")
	if m := w.receive(); string(m.Body) != "later" {
		t.Errorf("received %q", m.Body)
	}
}

func TestBatch(t *testing.T) {
	w := open(t, azuretest.Queue{})
	const size = 50
	batch, err := w.sender.NewMessageBatch(w.ctx(), nil)
	w.check(err)
	for i := range size {
		w.check(batch.AddMessage(&azservicebus.Message{Body: []byte(strconv.Itoa(i))}, nil))
	}
	w.check(w.sender.SendMessageBatch(w.ctx(), batch, nil))
	// They need not come in order: those that arrive between two calls are
	// released by the SDK, and come again behind the others.
	got := map[string]bool{}
	for len(got) < size {
		messages, err := w.receiver.ReceiveMessages(w.ctx(), size-len(got), nil)
		w.check(err)
		for _, m := range messages {
			if got[string(m.Body)] {
				t.Errorf("received %s twice", m.Body)
			}
			got[string(m.Body)] = true
			w.complete(m)
		}
	}
	for i := range size {
		if !got[strconv.Itoa(i)] {
			t.Errorf("%d is missing", i)
		}
	}
}

func TestPeekLocksNothing(t *testing.T) {
	w := open(t, azuretest.Queue{})
	for _, body := range []string{"a", "b", "c"} {
		w.send("", body)
	}
	w.receive()
	peeked, err := w.receiver.PeekMessages(w.ctx(), 10, &azservicebus.PeekMessagesOptions{FromSequenceNumber: to.Ptr(int64(0))})
	w.check(err)
	var bodies []string
	for _, m := range peeked {
		bodies = append(bodies, string(m.Body))
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, bodies); diff != "" {
		t.Error(diff)
	}
	if m := w.receive(); string(m.Body) != "b" {
		t.Errorf("received %q after peeking, want b", m.Body)
	}
}

func TestDeferredComesByItsNumber(t *testing.T) {
	w := open(t, azuretest.Queue{})
	w.send("", "one")
	m := w.receive()
	w.check(w.receiver.DeferMessage(w.ctx(), m, nil))
	peeked, err := w.receiver.PeekMessages(w.ctx(), 1, nil)
	w.check(err)
	if len(peeked) != 1 || peeked[0].State != azservicebus.MessageStateDeferred {
		t.Errorf("peeked %v", peeked)
	}
	w.nothingWithin(300 * time.Millisecond)
	deferred, err := w.receiver.ReceiveDeferredMessages(w.ctx(), []int64{*m.SequenceNumber}, nil)
	w.check(err)
	if len(deferred) != 1 || string(deferred[0].Body) != "one" {
		t.Fatalf("received %v", deferred)
	}
	w.complete(deferred[0])
	if _, err := w.receiver.ReceiveDeferredMessages(w.ctx(), []int64{*m.SequenceNumber}, nil); err == nil {
		t.Error("it came twice")
	}
}

func TestScheduleAndCancel(t *testing.T) {
	t.Parallel()
	inTime(t, 1500*time.Millisecond, func(delay time.Duration) error {
		w := openQueue(t, azuretest.Queue{})
		at := time.Now().Add(delay)
		numbers, err := w.sender.ScheduleMessages(w.ctx(), []*azservicebus.Message{{Body: []byte("stays")}, {Body: []byte("goes")}}, at, nil)
		w.check(err)
		if err := w.sender.CancelScheduledMessages(w.ctx(), numbers[1:], nil); err != nil || !time.Now().Before(at) {
			return fmt.Errorf("cancelled %v before its time: %w", time.Until(at), err)
		}
		w.check(w.sender.SendMessage(w.ctx(), &azservicebus.Message{Body: []byte("by itself"), ScheduledEnqueueTime: to.Ptr(at.Add(100 * time.Millisecond))}, nil))
		for _, want := range []string{"stays", "by itself"} {
			m := w.receive()
			// Both sides count milliseconds, and round.
			if early := time.Until(at); string(m.Body) != want || early > 10*time.Millisecond {
				t.Errorf("received %q %v before its time, want %q", m.Body, early, want)
			}
			w.complete(m)
		}
		w.nothingWithin(300 * time.Millisecond)
		return nil
	})
}

func TestReceiveAndDelete(t *testing.T) {
	w := open(t, azuretest.Queue{})
	w.send("", "one")
	receiver := must(w.client.NewReceiverForQueue(w.queue, &azservicebus.ReceiverOptions{ReceiveMode: azservicebus.ReceiveModeReceiveAndDelete}))
	if m := w.receiveFrom(receiver); string(m.Body) != "one" {
		t.Errorf("received %q", m.Body)
	}
	peeked, err := w.receiver.PeekMessages(w.ctx(), 1, nil)
	w.check(err)
	if len(peeked) != 0 {
		t.Errorf("it is still there: %v", peeked)
	}
}

// TestReleaseCountsNothing sends while a link has credit that nobody waits on:
// the SDK releases what comes then.
func TestReleaseCountsNothing(t *testing.T) {
	w := open(t, azuretest.Queue{})
	w.send("", "one")
	messages, err := w.receiver.ReceiveMessages(w.ctx(), 10, nil)
	w.check(err)
	w.send("", "two")
	time.Sleep(300 * time.Millisecond)
	w.complete(messages[0])
	if m := w.receive(); string(m.Body) != "two" || m.DeliveryCount != 1 {
		t.Errorf("received %q for the %d. time", m.Body, m.DeliveryCount)
	}
}
