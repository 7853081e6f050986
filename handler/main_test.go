package main

import (
	"context"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"handover": main})
}

// patience ends a test in which something never happens; no test comes near it,
// on however busy a machine.
const patience = 3 * time.Minute

// TestScripts plays what people type. Beside the program, a script may say
// "dev", which runs one until the script ends, "occupy", which takes a port,
// "version", "push", "rename", "hire", "allow", "record" and "await".
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TMPDIR", e.WorkDir+"/tmp")
			return os.Mkdir(e.WorkDir+"/tmp", 0o700)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"dev": runDev, "occupy": occupy, "version": version, "push": push, "rename": rename, "appkey": appKey,
			"hire": hire, "allow": allow, "record": record, "await": await,
		},
	})
}

// occupy listens on a free port and puts its address into a variable.
func occupy(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// runDev runs dev in this process on the script's folder data, and sets the
// variables of its clients.
func runDev(ts *testscript.TestScript, _ bool, _ []string) {
	const secret = "an-operator-key-for-scripts"
	output := &words{}
	main := newMain()
	main.Args, main.Stdout, main.Stderr = []string{"dev"}, output, output
	main.Env = []string{"HANDOVER_LISTEN=127.0.0.1:0", "HANDOVER_DATA=" + ts.MkAbs("data"), "HANDOVER_OPERATOR_KEY=" + secret}
	ctx, stop := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- main.Run(ctx) }()
	ts.Defer(func() {
		stop()
		if c := <-code; c != 0 {
			ts.Fatalf("dev ended with %d:\n%s", c, output)
		}
	})
	ts.Setenv("HANDOVER_URL", output.await(ts, regexp.MustCompile(`URL +(\S+)\n`))[1])
	ts.Setenv("HANDOVER_OPERATOR_KEY", secret)
}

// words is what a running program has written so far.
type words struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await returns the groups of the pattern once it was written.
func (w *words) await(t interface{ Fatalf(string, ...any) }, pattern *regexp.Regexp) []string {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if found := pattern.FindStringSubmatch(w.String()); found != nil {
			return found
		}
	}
	t.Fatalf("%v was not written:\n%s", pattern, w)
	return nil
}
