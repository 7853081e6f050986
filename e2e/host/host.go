// Package host is a Functions host for tests: it reads an app root, starts the
// real program in it, and treats it as the Azure Functions host treats a custom
// handler.
//
// What it does was read in the sources of azure-functions-host 4.1037 and later
// and of the Service Bus extension 5: which environment the program gets, how
// HTTP requests are proxied, how a queue message or a tick of the timer is
// encoded and posted, what an answer means, and what happens to a program that
// ends, hangs or answers nothing. Two things differ: a timer ticks when the test
// says so, and only what this project uses of function.json is understood.
package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options says what to host.
type Options struct {
	// Root is the app root, as `go run ./functions` assembles it.
	Root string
	// Settings are app settings beside and over those of local.settings.json.
	// AzureFunctionsJobHost__a__b overrules host.json.
	Settings map[string]string
	// Queue opens a queue for a serviceBusTrigger. Without it, no function is
	// triggered by a queue.
	Queue func(ctx context.Context, connection, name string) (Queue, error)
	// ErrorLimit is after how many failures of the program the host gives up;
	// 0 means 3, as in Azure.
	ErrorLimit int
}

// Host is a running Functions host.
type Host struct {
	app      *app
	worker   *worker
	client   *http.Client
	server   *http.Server
	listener net.Listener
	stop     context.CancelFunc
	running  sync.WaitGroup

	mu          sync.Mutex
	invocations []Invocation
}

// Start reads the app root, starts the program and waits until it answers, then
// listens for HTTP and to the queues.
func Start(ctx context.Context, options Options) (*Host, error) {
	app, err := readApp(options.Root, options.Settings)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	h := &Host{app: app, worker: newWorker(app, options.ErrorLimit), client: newClient(), stop: stop}
	h.running.Go(func() { h.worker.run(ctx) })
	if err := h.begin(ctx, options); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Host) begin(ctx context.Context, options Options) error {
	if _, err := h.worker.await(ctx); err != nil {
		return err
	}
	for _, f := range h.app.functions {
		if f.trigger.Type != "serviceBusTrigger" || options.Queue == nil {
			continue
		}
		queue, err := options.Queue(ctx, h.app.settings[f.trigger.Connection], f.trigger.QueueName)
		if err != nil {
			return fmt.Errorf("the listener for function %q cannot start: %w", f.name, err)
		}
		h.running.Go(func() { h.listen(ctx, f, queue) })
	}
	var err error
	if h.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	h.server = &http.Server{Handler: h.front(), BaseContext: func(net.Listener) context.Context { return ctx }}
	h.running.Go(func() { _ = h.server.Serve(h.listener) })
	return nil
}

// newClient speaks to the program without proxies and without giving up
// connections to a program that is gone.
func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// URL is where the host answers HTTP.
func (h *Host) URL() string { return "http://" + h.listener.Addr().String() }

// Kill ends the program by SIGKILL, as Azure does at any moment. The host
// notices by itself.
func (h *Host) Kill() { h.worker.kill() }

// Signal sends the program a signal, and waits until it is gone.
func (h *Host) Signal(signal os.Signal) error { return h.worker.signal(signal) }

// Await waits until the program, or the next one after a restart, answers.
func (h *Host) Await(ctx context.Context) error {
	_, err := h.worker.await(ctx)
	return err
}

// Exits lists the exit codes of the programs that ended so far, -1 for those
// that were killed.
func (h *Host) Exits() []int { return h.worker.exited() }

// Lines is what the programs have written so far.
func (h *Host) Lines() []Line { return h.worker.written() }

// Invocations lists what was triggered so far, in order of completion.
func (h *Host) Invocations(function string) []Invocation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.invocations), func(i Invocation) bool { return i.Function != function })
}

// Setting is an app setting as the functions see it.
func (h *Host) Setting(name string) string { return h.app.settings[name] }

// Close kills the program and stops the host.
func (h *Host) Close() error {
	h.stop()
	h.worker.kill()
	var err error
	if h.server != nil {
		err = h.server.Close()
	}
	h.running.Wait()
	h.client.CloseIdleConnections()
	return err
}

// hostVersion is that of the host whose behaviour is followed.
const hostVersion = "4.1052.200.0"

// stamp marks a request as the host's own does.
func stamp(header http.Header, invocation string) {
	header.Set("X-Azure-Functions-InvocationId", invocation)
	header.Set("X-Azure-Functions-HostVersion", hostVersion)
}

// restartPatience is how long an invocation waits for a program that restarts:
// (3+1) times the time a program has to start.
func (h *Host) restartPatience() time.Duration { return 4 * initializationTimeout }

func lower(text string) string { return strings.ToLower(text) }
