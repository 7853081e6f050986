package azure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/azure/azuretest"
	"handover/handler/core/directory"
)

// patience ends a test in which something never happens; no test comes near it,
// on however busy a machine.
const patience = 2 * time.Minute

// busWorld is a queue of its own and a client of its own for one test.
type busWorld struct {
	t      *testing.T
	queue  string
	lock   time.Duration
	admin  azuretest.Admin
	bus    *azure.Bus
	sender *azure.Sender
	log    *lines
}

func openBus(t *testing.T, q azuretest.Queue) *busWorld {
	t.Helper()
	t.Parallel()
	return openQueue(t, q)
}

func openQueue(t *testing.T, q azuretest.Queue) *busWorld {
	t.Helper()
	q.Name = azuretest.QueueName(t)
	w := &busWorld{t: t, queue: q.Name, lock: q.LockDuration, log: &lines{}}
	connection, admin := azuretest.ServiceBus(t, q)
	w.admin, w.bus = admin, connectBus(t, azure.BusSettings{ConnectionString: connection})
	w.sender = newSender(t, w.bus, w.queue)
	return w
}

func connectBus(t *testing.T, settings azure.BusSettings) *azure.Bus {
	t.Helper()
	bus, err := azure.OpenBus(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = bus.Close(ctx)
	})
	return bus
}

func newSender(t *testing.T, bus *azure.Bus, queue string) *azure.Sender {
	t.Helper()
	sender, err := bus.Sender(queue)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func message(attempt int) directory.Message {
	return directory.Message{Tenant: "acme", Leave: "0190d2c1-0000-7000-8000-000000000001", Attempt: attempt}
}

func (w *busWorld) send(attempt int) {
	w.t.Helper()
	if err := w.sender.Send(w.t.Context(), message(attempt)); err != nil {
		w.t.Fatal(err)
	}
}

// handler is what a receiver hands messages to.
type handler func(ctx context.Context, attempt int) error

// run starts a receiver and returns what stops it; the test stops it in the end
// at any rate.
func (w *busWorld) run(receiver *azure.Receiver, handle handler) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		receiver.Run(ctx, func(ctx context.Context, body []byte) error {
			var m directory.Message
			if err := json.Unmarshal(body, &m); err != nil {
				w.t.Errorf("the body %q: %v", body, err)
			}
			return handle(ctx, m.Attempt)
		})
	}()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

func (w *busWorld) receiver(options azure.ReceiverOptions) *azure.Receiver {
	w.t.Helper()
	receiver, err := w.bus.Receiver(w.queue, w.logged(options))
	if err != nil {
		w.t.Fatal(err)
	}
	return receiver
}

func (w *busWorld) deadLetters() *azure.Receiver {
	w.t.Helper()
	receiver, err := w.bus.DeadLetters(w.queue, w.logged(azure.ReceiverOptions{}))
	if err != nil {
		w.t.Fatal(err)
	}
	return receiver
}

func (w *busWorld) logged(options azure.ReceiverOptions) azure.ReceiverOptions {
	options.Log = slog.New(slog.NewTextHandler(w.log, nil))
	if options.Pause == 0 {
		options.Pause = 20 * time.Millisecond
	}
	return options
}

// eventually wants the queue to reach a state.
func (w *busWorld) eventually(want azuretest.Counts) {
	w.t.Helper()
	var got azuretest.Counts
	for began := time.Now(); time.Since(began) < patience; time.Sleep(20 * time.Millisecond) {
		if got = w.admin.Counts(w.queue); got == want {
			return
		}
	}
	w.t.Errorf("the queue holds %+v, want %+v\n%s", got, want, w.log)
}

// await wants a value from a channel.
func await[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatalf("%s did not happen within %v", what, patience)
		panic("unreachable")
	}
}

// lines keeps what is logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
