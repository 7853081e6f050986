package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The test of every step: a leave is carried out by a child process that kills
// itself before or after the n-th durable step, for every n; then a second
// process goes on. Whatever n was, the end must be the same.

const (
	dieAtVariable  = "HANDOVER_TEST_DIE_AT"
	dataVariable   = "HANDOVER_TEST_DATA"
	killOperator   = "operator-key-of-the-kill-test"
	killOpen       = 65
	killClosed     = 3
	killMembership = 12
)

// TestChild is the child: it serves until it kills itself.
func TestChild(t *testing.T) {
	dieAt, err := strconv.ParseInt(os.Getenv(dieAtVariable), 10, 64)
	if err != nil {
		t.Skip("runs as the child of TestKilledAtEveryStep")
	}
	var steps atomic.Int64
	program := openProgram(t, os.Getenv(dataVariable), func() {
		if steps.Add(1) == dieAt {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	fmt.Printf("serving %s\n", program.Addr())
	_ = program.Run(t.Context())
}

func openProgram(t *testing.T, data string, step func()) *Program {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := readSettings([]string{"HANDOVER_DATA=" + data, "HANDOVER_OPERATOR_KEY=" + killOperator}, "dev")
	if err != nil {
		t.Fatal(err)
	}
	program, err := newProgram(t.Context(), settings, Options{
		Listener: listener, Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader, Step: step,
	})
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// within runs a program on a data folder for as long as use takes.
func within(t *testing.T, data string, use func(c *caller)) {
	t.Helper()
	running(t, openProgram(t, data, nil), use)
}

// running runs a program for as long as use takes.
func running(t *testing.T, program *Program, use func(c *caller)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- program.Run(ctx) }()
	use(&caller{t: t, base: "http://" + program.Addr()})
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
}

// caller speaks to a program as its callers do.
type caller struct {
	t    *testing.T
	base string
}

func (c *caller) try(method, path, key string, body any) (int, map[string]any, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader(sent))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, err
	}
	var decoded map[string]any
	if len(read) > 0 {
		err = json.Unmarshal(read, &decoded)
	}
	return answer.StatusCode, decoded, err
}

func (c *caller) must(want int, method, path, key string, body any) map[string]any {
	c.t.Helper()
	status, answer, err := c.try(method, path, key, body)
	if err != nil || status != want {
		c.t.Fatalf("%s %s: status %d, wanted %d: %v %v", method, path, status, want, answer, err)
	}
	return answer
}

// stage is a data folder with a leaver who owns records and belongs to groups.
type stage struct {
	data, token, appKey, ann, eve string
	groups                        []string
}

func setStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{data: filepath.Join(t.TempDir(), "data")}
	within(t, s.data, func(c *caller) {
		c.must(201, "POST", "/manage/v1/tenants", killOperator, map[string]any{
			"id": "acme", "name": "Acme", "country": "US", "domains": []string{"acme.com"}, "masterAdmin": "ann@acme.com",
		})
		s.token = c.must(201, "POST", "/manage/v1/tenants/acme/tokens", killOperator, map[string]any{})["token"].(string)
		s.appKey = c.must(201, "POST", "/manage/v1/tenants/acme/app-keys", killOperator, map[string]any{})["key"].(string)
		user := func(name string) string {
			return c.must(201, "POST", "/scim/acme/v2/Users", s.token, map[string]any{"userName": name, "active": true})["id"].(string)
		}
		s.ann, s.eve = user("ann@acme.com"), user("eve@acme.com")
		for i := range killMembership {
			s.groups = append(s.groups, c.must(201, "POST", "/scim/acme/v2/Groups", s.token, map[string]any{
				"displayName": fmt.Sprint("group ", i), "members": []any{map[string]any{"value": s.eve}},
			})["id"].(string))
		}
		types := []string{"quote", "opportunity", "document"}
		for i := range killOpen + killClosed {
			status := map[bool]string{true: "open", false: "closed"}[i < killOpen]
			path := fmt.Sprintf("/app/v1/acme/records/%s/%d", types[i%3], i)
			c.put(path, s.appKey, map[string]any{"owner": s.eve, "title": "a record", "status": status})
		}
	})
	return s
}

func (c *caller) put(path, key string, body any) {
	c.t.Helper()
	if status, answer, err := c.try("PUT", path, key, body); err != nil || status > 204 {
		c.t.Fatalf("PUT %s: status %d: %v %v", path, status, answer, err)
	}
}

// copyOf is the stage as it was set, in a folder of its own.
func (s *stage) copyOf(t *testing.T) *stage {
	t.Helper()
	copied := *s
	copied.data = filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(copied.data, os.DirFS(s.data)); err != nil {
		t.Fatal(err)
	}
	return &copied
}

// departure is how the leaver goes; the directory repeats it until it is
// answered.
type departure struct {
	name string
	send func(c *caller, s *stage) (status int, err error)
}

var departures = []departure{
	{"disabled", func(c *caller, s *stage) (int, error) {
		status, _, err := c.try("PATCH", "/scim/acme/v2/Users/"+s.eve, s.token, map[string]any{
			"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
			"Operations": []any{map[string]any{"op": "Replace", "path": "active", "value": "False"}},
		})
		return status, err
	}},
	{"deleted", func(c *caller, s *stage) (int, error) {
		status, _, err := c.try("DELETE", "/scim/acme/v2/Users/"+s.eve, s.token, nil)
		if status == http.StatusNotFound {
			status = http.StatusNoContent
		}
		return status, err
	}},
}

func TestKilledAtEveryStep(t *testing.T) {
	if os.Getenv(dieAtVariable) != "" {
		t.Skip("this is the child")
	}
	original := setStage(t)
	for _, d := range departures {
		t.Run(d.name, func(t *testing.T) {
			for dieAt := 1; ; dieAt++ {
				s := original.copyOf(t)
				if died := runChild(t, s, d, dieAt); !died {
					if dieAt < 15 {
						t.Errorf("only %d steps were found: the hook is not called", dieAt-1)
					}
					t.Logf("%d steps", dieAt-1)
					return
				}
				within(t, s.data, func(c *caller) { c.checkEnd(s, d, dieAt) })
			}
		})
	}
}

// runChild lets the leaver go in a child that dies at a step, and tells whether
// it did; a child with no such step is killed once the leave is done.
func runChild(t *testing.T, s *stage, d departure, dieAt int) (died bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.timeout=10m")
	child.Env = append(os.Environ(), fmt.Sprint(dieAtVariable, "=", dieAt), dataVariable+"="+s.data)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	line, err := bufio.NewReader(out).ReadString('\n')
	address, found := strings.CutPrefix(strings.TrimSpace(line), "serving ")
	go func() { _ = child.Wait(); close(gone) }()
	if err == nil && found {
		c := &caller{t: t, base: "http://" + address}
		// An answer that never comes is what this test is about.
		_, _ = d.send(c, s)
		if c.waitDone(gone) {
			_ = child.Process.Kill()
			<-gone
			return false
		}
	}
	<-gone
	return true
}

// waitDone waits until every leave is done, and nothing is left to settle, or
// the process is gone.
func (c *caller) waitDone(gone <-chan struct{}) bool {
	for {
		select {
		case <-gone:
			return false
		case <-time.After(5 * time.Millisecond):
		}
		if _, answer, err := c.try("GET", "/manage/v1/tenants/acme/leaves", killOperator, nil); err == nil && allDone(answer) {
			select {
			case <-gone:
				return false
			case <-time.After(300 * time.Millisecond):
				return true
			}
		}
	}
}

func allDone(answer map[string]any) bool {
	leaves, _ := answer["leaves"].([]any)
	for _, l := range leaves {
		if l.(map[string]any)["state"] != "done" {
			return false
		}
	}
	return len(leaves) > 0
}

// checkEnd repeats the departure and waits for the one end that there may be.
func (c *caller) checkEnd(s *stage, d departure, dieAt int) {
	c.t.Helper()
	status, err := d.send(c, s)
	if err != nil || status/100 != 2 {
		c.t.Fatalf("died at step %d: the second try is answered %d (%v)", dieAt, status, err)
	}
	deadline := time.Now().Add(patience)
	var leaves map[string]any
	for !allDone(leaves) {
		if time.Now().After(deadline) {
			c.t.Fatalf("died at step %d: the leave never ends: %v", dieAt, leaves)
		}
		time.Sleep(10 * time.Millisecond)
		leaves = c.must(200, "GET", "/manage/v1/tenants/acme/leaves", killOperator, nil)
	}
	journalled := map[string]int{}
	for _, l := range leaves["leaves"].([]any) {
		shown := c.must(200, "GET", "/manage/v1/tenants/acme/leaves/"+l.(map[string]any)["id"].(string), killOperator, nil)
		chunks, _ := shown["journal"].([]any)
		for _, chunk := range chunks {
			for _, m := range chunk.(map[string]any)["moved"].([]any) {
				moved := m.(map[string]any)
				journalled[fmt.Sprint(moved["type"], "/", moved["id"])]++
			}
		}
	}
	for name, times := range journalled {
		if times != 1 {
			c.t.Errorf("died at step %d: the journal has %s %d times", dieAt, name, times)
		}
	}
	got := map[string]int{
		"leaves": len(leaves["leaves"].([]any)), "journal": len(journalled),
		"eve open": c.owned(s, s.eve, "open"), "eve closed": c.owned(s, s.eve, "closed"), "ann open": c.owned(s, s.ann, "open"),
	}
	want := map[string]int{"leaves": 1, "journal": killOpen, "eve open": 0, "eve closed": killClosed, "ann open": killOpen}
	for what, n := range want {
		if got[what] != n {
			c.t.Errorf("died at step %d: %s %d, wanted %d", dieAt, what, got[what], n)
		}
	}
	if d.name == "deleted" {
		c.checkGroups(s, dieAt)
	}
}

func (c *caller) owned(s *stage, owner, status string) int {
	c.t.Helper()
	n, after := 0, ""
	for {
		page := c.must(200, "GET", fmt.Sprintf("/app/v1/acme/records?owner=%s&status=%s&after=%s", owner, status, after), s.appKey, nil)
		records, _ := page["records"].([]any)
		n += len(records)
		next, _ := page["next"].(string)
		if next == "" {
			return n
		}
		after = next
	}
}

// checkGroups waits until the deleted user is out of every group.
func (c *caller) checkGroups(s *stage, dieAt int) {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for _, group := range s.groups {
		for {
			answer := c.must(200, "GET", "/scim/acme/v2/Groups/"+group, s.token, nil)
			if members, _ := answer["members"].([]any); len(members) == 0 {
				break
			}
			if time.Now().After(deadline) {
				c.t.Fatalf("died at step %d: a deleted user stays a member", dieAt)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}
