package azuretest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"handover/handler/adapter/azure/azuretest"
)

// patience ends a test that hangs; no test comes near it, on however busy a machine.
const patience = 2 * time.Minute

// world is a queue of its own and a client of its own for one test.
type world struct {
	t          *testing.T
	connection string
	queue      string
	lock       time.Duration
	admin      azuretest.Admin
	client     *azservicebus.Client
	sender     *azservicebus.Sender
	receiver   *azservicebus.Receiver
}

func open(t *testing.T, q azuretest.Queue) *world {
	t.Helper()
	t.Parallel()
	return openQueue(t, q)
}

func openQueue(t *testing.T, q azuretest.Queue) *world {
	t.Helper()
	q.Name = azuretest.QueueName(t)
	w := &world{t: t, queue: q.Name, lock: q.LockDuration}
	w.connection, w.admin = azuretest.ServiceBus(t, q)
	w.client = connect(t, w.connection)
	w.sender = must(w.client.NewSender(w.queue, nil))
	w.receiver = must(w.client.NewReceiverForQueue(w.queue, nil))
	return w
}

func connect(t *testing.T, connection string) *azservicebus.Client {
	t.Helper()
	client, err := azservicebus.NewClientFromConnectionString(connection, &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: 3, RetryDelay: 20 * time.Millisecond, MaxRetryDelay: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = client.Close(ctx)
	})
	return client
}

// must is for calls that do no input or output.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) send(id, body string) {
	w.t.Helper()
	message := &azservicebus.Message{Body: []byte(body)}
	if id != "" {
		message.MessageID = &id
	}
	w.check(w.sender.SendMessage(w.ctx(), message, nil))
}

func (w *world) receive() *azservicebus.ReceivedMessage {
	w.t.Helper()
	return w.receiveFrom(w.receiver)
}

func (w *world) receiveFrom(receiver *azservicebus.Receiver) *azservicebus.ReceivedMessage {
	w.t.Helper()
	ctx := w.ctx()
	for {
		messages, err := receiver.ReceiveMessages(ctx, 1, nil)
		w.check(err)
		if len(messages) > 0 {
			return messages[0]
		}
	}
}

// inTime runs what must be faster than a time of its own, a lock for instance. On
// a busy machine it may be late, so it is tried again with twice the time, six
// times altogether; it fails the test only if no time is enough.
func inTime(t *testing.T, first time.Duration, run func(d time.Duration) error) {
	t.Helper()
	for d, tries := first, 1; ; d, tries = 2*d, tries+1 {
		err := run(d)
		if err == nil {
			return
		}
		if tries == 6 {
			t.Fatalf("with %v: %v", d, err)
		}
		t.Logf("with %v: %v; once more with twice the time", d, err)
	}
}

// nothingWithin wants no message for a while.
func (w *world) nothingWithin(d time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	messages, err := w.receiver.ReceiveMessages(ctx, 1, nil)
	if len(messages) > 0 {
		w.t.Fatalf("received %q, want nothing", messages[0].Body)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		w.t.Fatal(err)
	}
}

func (w *world) complete(m *azservicebus.ReceivedMessage) {
	w.t.Helper()
	w.check(w.receiver.CompleteMessage(w.ctx(), m, nil))
}

func (w *world) deadLetters() *azservicebus.Receiver {
	return must(w.client.NewReceiverForQueue(w.queue, &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter}))
}

// wantCode wants an error that the SDK gave a code.
func (w *world) wantCode(err error, code azservicebus.Code) {
	w.t.Helper()
	if e, ok := errors.AsType[*azservicebus.Error](err); !ok || e.Code != code {
		w.t.Errorf("error %v, want the code %s", err, code)
	}
}
