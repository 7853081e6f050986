package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// initializationTimeout is how long a program has until it answers
	// (customHandler.initializationTimeout).
	initializationTimeout = 30 * time.Second
	// probeEvery is how often the host asks a program whether it is there.
	probeEvery = 25 * time.Millisecond
	// defaultErrorLimit is the host's own number of failures before it shuts
	// down.
	defaultErrorLimit = 3
	// restartExitCode asks the host for a restart that is not counted.
	restartExitCode = 200
)

// Severity is how the host takes a line that the program writes.
type Severity string

// The severities.
const (
	Information Severity = "Information"
	Warning     Severity = "Warning"
	Error       Severity = "Error"
)

// Line is a line that a program wrote.
type Line struct {
	Severity Severity
	Text     string
}

// worker keeps the program alive.
type worker struct {
	app        *app
	errorLimit int

	mu      sync.Mutex
	current *process
	changed chan struct{}
	down    error
	exits   []int
	lines   []Line
}

// process is one run of the program.
type process struct {
	command *exec.Cmd
	address string
	ready   bool
	// exited is closed when the process is gone, ended when everybody can see
	// it.
	exited, ended chan struct{}
}

func newWorker(app *app, errorLimit int) *worker {
	if errorLimit == 0 {
		errorLimit = defaultErrorLimit
	}
	return &worker{app: app, errorLimit: errorLimit, changed: make(chan struct{})}
}

// run starts the program again and again, until it ends with 0, fails too often
// or the context ends.
func (w *worker) run(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		code, err := w.runOnce(ctx)
		switch {
		case ctx.Err() != nil:
		case err == nil && code == 0:
			w.giveUp(errors.New("the program ended with 0, so the host does not start it again"))
			return
		case err == nil && code == restartExitCode:
		default:
			if failures++; failures >= w.errorLimit {
				w.giveUp(fmt.Errorf("exceeded the restarts of a program that ended with %d (%v); shutting down", code, err))
				return
			}
		}
	}
	w.giveUp(context.Cause(ctx))
}

func (w *worker) runOnce(ctx context.Context) (int, error) {
	p, err := w.start()
	if err != nil {
		return 0, err
	}
	go func() { _ = p.command.Wait(); close(p.exited) }()
	err = w.probe(ctx, p)
	if err != nil {
		_ = p.command.Process.Kill()
	} else {
		w.update(func() { p.ready = true })
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		_ = p.command.Process.Kill()
		<-p.exited
	}
	code := p.command.ProcessState.ExitCode()
	w.update(func() { w.current = nil; w.exits = append(w.exits, code) })
	close(p.ended)
	return code, err
}

func (w *worker) start() (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{address: net.JoinHostPort("127.0.0.1", port), exited: make(chan struct{}), ended: make(chan struct{})}
	p.command = exec.Command(w.app.program, w.app.arguments...)
	p.command.Dir = w.app.root
	p.command.Env = w.environment(port)
	if p.command.Stdout, err = w.collect(func(string) Severity { return Information }); err != nil {
		return nil, err
	}
	if p.command.Stderr, err = w.collect(severityOfError); err != nil {
		return nil, err
	}
	err = p.command.Start()
	_ = p.command.Stdout.(io.Closer).Close()
	_ = p.command.Stderr.(io.Closer).Close()
	if err != nil {
		return nil, err
	}
	w.update(func() { w.current = p })
	return p, nil
}

// freePort finds a port that nobody listens on, below those that systems give
// out by themselves, from 32768 on: one of those might be given to somebody else
// before the program takes it.
func freePort() (string, error) {
	const lowest, ports, tries = 20_000, 12_000, 50
	var taken error
	for range tries {
		port := strconv.Itoa(lowest + rand.IntN(ports))
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return port, listener.Close()
		}
		taken = err
	}
	return "", taken
}

// environment is what the program gets: the app settings, what the host adds,
// and what any program needs.
func (w *worker) environment(port string) []string {
	var list []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SYSTEMROOT"} {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	for name, value := range w.app.settings {
		list = append(list, name+"="+value)
	}
	return append(list,
		"FUNCTIONS_CUSTOMHANDLER_PORT="+port, "FUNCTIONS_HTTPWORKER_PORT="+port,
		"FUNCTIONS_CUSTOMHANDLER_WORKER_ID="+port, "FUNCTIONS_HTTPWORKER_ID="+port,
		"FUNCTIONS_APP_ROOT_PATH="+w.app.root)
}

// severityOfError is what the host makes of a line on standard error.
func severityOfError(line string) Severity {
	if strings.Contains(lower(line), "warn") {
		return Warning
	}
	return Error
}

// collect returns a pipe whose lines are kept. A pipe of our own does not keep
// Wait waiting for a grandchild.
func (w *worker) collect(severity func(string) Severity) (*os.File, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		defer out.Close()
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			line := Line{severity(scanner.Text()), scanner.Text()}
			w.update(func() { w.lines = append(w.lines, line) })
		}
	}()
	return in, nil
}

// probe asks until anything but a socket error comes: any status will do.
func (w *worker) probe(ctx context.Context, p *process) error {
	client := newClient()
	defer client.CloseIdleConnections()
	for deadline := time.Now().Add(initializationTimeout); time.Now().Before(deadline); {
		answer, err := client.Get("http://" + p.address + "/")
		if err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.exited:
			return errors.New("the program ended before it answered")
		case <-time.After(probeEvery):
		}
	}
	return errors.New("the program did not answer within " + strconv.Itoa(int(initializationTimeout.Seconds())) + " s")
}

// update changes something under the lock and wakes whoever waits for it.
func (w *worker) update(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *worker) giveUp(why error) { w.update(func() { w.down = why }) }

// await waits for a program that answers.
func (w *worker) await(ctx context.Context) (*process, error) {
	for {
		w.mu.Lock()
		current, down, changed := w.current, w.down, w.changed
		ready := current != nil && current.ready
		w.mu.Unlock()
		switch {
		case down != nil:
			return nil, down
		case ready:
			return current, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

func (w *worker) kill() {
	w.mu.Lock()
	p := w.current
	w.mu.Unlock()
	if p != nil {
		p.kill()
	}
}

func (w *worker) signal(signal os.Signal) error {
	w.mu.Lock()
	p := w.current
	w.mu.Unlock()
	if p == nil {
		return errors.New("no program runs")
	}
	if err := p.command.Process.Signal(signal); err != nil {
		return err
	}
	<-p.ended
	return nil
}

// kill ends the process and waits until it is gone.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}

func (w *worker) exited() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.exits)
}

func (w *worker) written() []Line {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}
