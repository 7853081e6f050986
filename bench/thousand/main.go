// Command thousand lets a thousand people leave at once, on two processes over
// one table service and one queue, and holds what is there afterwards against
// every promise about it. Anything lost, moved twice or left behind ends it with
// exit code 1.
//
//	make azure-local
//	go run ./bench/thousand --tables "<TableConnection>" --bus "<ServiceBusConnection>"
//
// The load comes from the load generator beside it. This command starts the two
// processes, counts what each writes and does, kills one of them if asked to, and
// looks into tables and queue at the end.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "thousand:", err)
		stop()
		os.Exit(1)
	}
}

// day is one run.
type day struct {
	tables, bus, queue    string
	leavers, records      int
	connections           int
	kill                  bool
	folder                string
	workers               []*worker
	tenant, token, appKey string
}

func run(ctx context.Context) error {
	d, err := newDay()
	if err != nil {
		return err
	}
	defer d.end()
	if err := d.pass(ctx); err != nil {
		return fmt.Errorf("%w (the logs of the processes are in %s)", err, d.folder)
	}
	return os.RemoveAll(d.folder)
}

// newDay reads the flags.
func newDay() (*day, error) {
	d := &day{tenant: fmt.Sprintf("thousand-%d", time.Now().Unix())}
	flag.StringVar(&d.tables, "tables", "", "connection string of Table Storage")
	flag.StringVar(&d.bus, "bus", "", "connection string of Service Bus")
	flag.StringVar(&d.queue, "queue", "handover-leaves", "the queue")
	flag.IntVar(&d.leavers, "leavers", 1000, "users who leave")
	flag.IntVar(&d.records, "records", 50, "open records of each")
	flag.IntVar(&d.connections, "connections", 16, "connections of the directory and of the application")
	flag.BoolVar(&d.kill, "kill", false, "kill the second process once a quarter of the leaves are done")
	flag.Parse()
	if d.tables == "" || d.bus == "" {
		return nil, errors.New(`name both with --tables "<TableConnection>" and --bus "<ServiceBusConnection>"; make azure-local prints them`)
	}
	var err error
	d.folder, err = os.MkdirTemp("", "handover-thousand-")
	return d, err
}

// build makes the two programs of which the run consists.
func (d *day) build(ctx context.Context) error {
	for _, program := range []string{"./handler", "./bench"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(d.folder, filepath.Base(program)), program)
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", program, err, output)
		}
	}
	return nil
}

// pass starts the processes, makes a tenant, lets everybody leave, and looks at
// what is left.
func (d *day) pass(ctx context.Context) error {
	if err := d.build(ctx); err != nil {
		return err
	}
	for range 2 {
		w, err := d.start(ctx)
		if err != nil {
			return err
		}
		d.workers = append(d.workers, w)
	}
	if err := d.makeTenant(ctx); err != nil {
		return err
	}
	err := d.leave(ctx)
	d.print()
	if err != nil {
		return err
	}
	return errors.Join(d.checkOutcomes(), d.checkDueRows(ctx), d.checkQueue(ctx))
}

func (d *day) end() {
	for _, w := range d.workers {
		w.end()
	}
}

// leave runs the load generator. What it prints tells where it is: the counting
// begins when the records are there, and ends when the last leave is done.
func (d *day) leave(ctx context.Context) error {
	first, second := d.workers[0], d.workers[1]
	load := exec.CommandContext(ctx, filepath.Join(d.folder, "bench"), "--together",
		"--url", first.url+"/scim/"+d.tenant+"/v2", "--beside", strings.TrimPrefix(second.url, "http://"),
		"--token", d.token, "--app-key", d.appKey, "--operator-key", operatorKey,
		"--leavers", strconv.Itoa(d.leavers), "--records", strconv.Itoa(d.records), "--connections", strconv.Itoa(d.connections))
	load.Stderr = os.Stderr
	output, err := load.StdoutPipe()
	if err != nil {
		return err
	}
	if err := load.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		line := lines.Text()
		fmt.Println(line)
		switch {
		case strings.HasPrefix(line, "| put records"):
			d.count(true)
		case strings.HasPrefix(line, "| PATCH active=False") && d.kill:
			go d.killSecond(ctx)
		case strings.Contains(line, "opened to done"):
			d.count(false)
		}
	}
	return load.Wait()
}

func (d *day) count(on bool) {
	for _, w := range d.workers {
		w.traffic.on.Store(on)
	}
}
