package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const operatorKey = "operator-key-of-the-thousand"

// worker is a process that answers requests and carries leaves out.
type worker struct {
	url     string
	traffic *traffic
	process *exec.Cmd
	killed  bool
	closed  chan struct{}

	mu sync.Mutex
	// outcomes counts the messages that it worked on, by the state in which each
	// left its leave; done names the leaves that it finished, with how often.
	outcomes map[string]int
	done     map[string]int
	// troubles are its lines at warning and above, by what they say.
	troubles map[string]int
}

// start starts a process and waits until it says where it answers.
func (d *day) start(ctx context.Context) (*worker, error) {
	traffic, err := newTraffic(d.tables)
	if err != nil {
		return nil, err
	}
	w := &worker{traffic: traffic, closed: make(chan struct{}), outcomes: map[string]int{}, done: map[string]int{}, troubles: map[string]int{}}
	w.process = exec.CommandContext(ctx, filepath.Join(d.folder, "handler"), "dev")
	w.process.Dir = d.folder
	w.process.Env = append(os.Environ(), "HANDOVER_LISTEN=127.0.0.1:0", "HANDOVER_QUEUE="+d.queue,
		"TableConnection="+traffic.connection, "ServiceBusConnection="+d.bus,
		"HANDOVER_OPERATOR_KEY="+operatorKey, "HANDOVER_KEYS=one:"+strings.Repeat("0f", 32))
	// One pipe for both streams: it ends with the process.
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w.process.Stdout, w.process.Stderr = input, input
	if err := w.process.Start(); err != nil {
		return nil, err
	}
	_ = input.Close()
	answers := make(chan string, 1)
	log, err := os.Create(filepath.Join(d.folder, fmt.Sprintf("process-%d.log", len(d.workers)+1)))
	if err != nil {
		return nil, err
	}
	go d.read(w, io.TeeReader(output, log), answers)
	select {
	case w.url = <-answers:
		return w, nil
	case <-w.closed:
		return nil, fmt.Errorf("a process ended before it answered; its log is %s", log.Name())
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("a process does not answer after a minute; its log is %s", log.Name())
	}
}

// line is what is read of a line of the log.
type line struct {
	Level, Msg, Tenant, Leave, State string
}

// read reads the log as it is written.
func (d *day) read(w *worker, output io.Reader, answers chan<- string) {
	defer close(w.closed)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		text := lines.Text()
		var l line
		if fields := strings.Fields(text); len(fields) == 2 && fields[0] == "URL" {
			answers <- fields[1]
		} else if json.Unmarshal([]byte(text), &l) == nil {
			w.note(d.tenant, l)
		}
	}
}

func (w *worker) note(tenant string, l line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.Level == "WARN" || l.Level == "ERROR" {
		w.troubles[l.Msg]++
	}
	if l.Msg != "message" || l.Tenant != tenant {
		return
	}
	w.outcomes[l.State]++
	if l.State == "done" {
		w.done[l.Leave]++
	}
}

// finished is how many leaves the process has finished so far.
func (w *worker) finished() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.done)
}

func (w *worker) end() {
	_ = w.process.Process.Kill()
	_ = w.process.Wait()
	<-w.closed
	w.traffic.close()
}

// killSecond ends the second process as a failing machine does, once a quarter
// of the leaves are done.
func (d *day) killSecond(ctx context.Context) {
	first, second := d.workers[0], d.workers[1]
	for ctx.Err() == nil && 4*(first.finished()+second.finished()) < d.leavers {
		time.Sleep(5 * time.Millisecond)
	}
	second.killed = true
	_ = second.process.Process.Kill()
	<-second.closed
	fmt.Printf("\nThe second process was killed when %d leaves were done, %d of them by it.\n\n", first.finished()+second.finished(), second.finished())
}
