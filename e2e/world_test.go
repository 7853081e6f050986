// Package e2e_test holds the whole program against the Functions host: the app
// root as it is assembled, the real binary, and requests, messages and ticks as
// the host sends them.
package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/e2e/host"
	"handover/functions/approot"
)

const (
	operator = "operator-key-of-the-e2e-tests"
	// functionTimeout is the host's for these tests. By it a leave's claim
	// expires after 5 seconds, and a message counts as lost after one.
	functionTimeout = "00:00:10"
	// patience ends a test in which something never happens; no test comes near
	// it, on however busy a machine.
	patience = 3 * time.Minute
)

// appRoot is assembled once; what a test changes is in its settings.
var appRoot = sync.OnceValues(func() (string, error) {
	root, err := os.MkdirTemp("", "handover-e2e-")
	if err != nil {
		return "", err
	}
	return root, approot.Source{Root: "..", Random: rand.Reader}.Assemble(context.Background(), root)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if root, err := appRoot(); err == nil {
		_ = os.RemoveAll(root)
	}
	os.Exit(code)
}

// base is what rows and messages are kept in.
type base struct {
	settings map[string]string
	queue    func(context.Context, string, string) (host.Queue, error)
}

// unhurried is a base on which nothing counts as hung or lost because the machine
// is busy.
func unhurried(b base) base {
	b.settings = maps.Clone(b.settings)
	b.settings["AzureFunctionsJobHost__functionTimeout"] = "00:05:00"
	return b
}

// onFile keeps rows in a local file, and messages, too; the queue of the host
// is for those that the test itself sends.
func onFile(t *testing.T) (base, *host.Memory) {
	queues := host.NewMemory()
	return base{map[string]string{
		"HANDOVER_DATA": t.TempDir(), "TableConnection": "", "ServiceBusConnection": "",
	}, queues.Open}, queues
}

// start runs the app on a host until the test ends. Whatever happened, the
// program may never have ended with 0.
func start(t *testing.T, b base) *host.Host {
	t.Helper()
	root, err := appRoot()
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{
		"HANDOVER_OPERATOR_KEY": operator, "HANDOVER_KEYS": "e2e:" + strings.Repeat("0f", 32), "HANDOVER_RATE": "100000", "HANDOVER_BURST": "100000", "AzureFunctionsJobHost__functionTimeout": functionTimeout,
	}
	maps.Copy(settings, b.settings)
	h, err := host.Start(context.WithoutCancel(t.Context()), host.Options{Root: root, Settings: settings, Queue: b.queue, ErrorLimit: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		for _, code := range h.Exits() {
			if code == 0 {
				t.Error("the program ended with 0: Azure's host would not start it again")
			}
		}
		if t.Failed() {
			for _, line := range h.Lines() {
				if line.Severity != host.Information {
					t.Log(line.Severity, line.Text)
				}
			}
		}
	})
	return h
}

// tenants are numbered, so that tests can share tables.
var tenants atomic.Int64

// world is a tenant with a Master Admin, and those who use it.
type world struct {
	t                          *testing.T
	host                       *host.Host
	tenant, token, appKey, ann string
}

func newWorld(t *testing.T, h *host.Host) *world {
	t.Helper()
	w := &world{t: t, host: h, tenant: fmt.Sprintf("acme-%d-%d", time.Now().UnixMilli(), tenants.Add(1))}
	w.must(201, "POST", "/manage/v1/tenants", operator, map[string]any{
		"id": w.tenant, "name": "Acme", "country": "US", "domains": []string{"acme.com"}, "masterAdmin": "ann@acme.com",
	})
	w.token = w.must(201, "POST", w.manage("/tokens"), operator, map[string]any{})["token"].(string)
	w.appKey = w.must(201, "POST", w.manage("/app-keys"), operator, map[string]any{})["key"].(string)
	return w
}

func (w *world) manage(path string) string { return "/manage/v1/tenants/" + w.tenant + path }
func (w *world) scim(path string) string   { return "/scim/" + w.tenant + "/v2" + path }
func (w *world) app(path string) string    { return "/app/v1/" + w.tenant + path }

var client = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}

func (w *world) try(method, path, key string, body any) (int, map[string]any, error) {
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		sent = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.host.URL()+path, sent)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	var decoded map[string]any
	if err == nil && len(read) > 0 {
		err = json.Unmarshal(read, &decoded)
	}
	return answer.StatusCode, decoded, err
}

func (w *world) must(want int, method, path, key string, body any) map[string]any {
	w.t.Helper()
	status, answer, err := w.try(method, path, key, body)
	if err != nil || status != want {
		w.t.Fatalf("%s %s: status %d, wanted %d: %v %v", method, path, status, want, answer, err)
	}
	return answer
}

// user provisions somebody and returns the id.
func (w *world) user(name string) string {
	w.t.Helper()
	return w.must(201, "POST", w.scim("/Users"), w.token, map[string]any{"userName": name + "@acme.com", "active": true})["id"].(string)
}

// leaver provisions the Master Admin, if need be, and somebody with open
// records.
func (w *world) leaver(name string, records int) string {
	w.t.Helper()
	if w.ann == "" {
		w.ann = w.user("ann")
	}
	id := w.user(name)
	puts := errgroup.Group{}
	puts.SetLimit(16)
	for i := range records {
		puts.Go(func() error {
			path := w.app("/records/quote/" + name + "-" + strconv.Itoa(i))
			status, answer, err := w.try("PUT", path, w.appKey, map[string]any{"owner": id, "title": "a quote", "status": "open"})
			if err == nil && status/100 != 2 {
				err = fmt.Errorf("PUT %s: %d %v", path, status, answer)
			}
			return err
		})
	}
	if err := puts.Wait(); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// disabling is the body of the PATCH that takes somebody's access away.
var disabling = map[string]any{
	"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
	"Operations": []any{map[string]any{"op": "Replace", "path": "active", "value": "False"}},
}

// disable is the PATCH that a directory sends when somebody leaves. It tells
// how long the answer took.
func (w *world) disable(user string) time.Duration {
	w.t.Helper()
	began := time.Now()
	w.must(200, "PATCH", w.scim("/Users/"+user), w.token, disabling)
	return time.Since(began)
}

// leave is the newest leave of a user, with its journal; nil where there is
// none, or nobody to ask at this moment.
func (w *world) leave(user string) map[string]any {
	_, listed, _ := w.try("GET", w.manage("/leaves"), operator, nil)
	leaves, _ := listed["leaves"].([]any)
	for _, l := range leaves {
		leave := l.(map[string]any)
		if leave["user"].(map[string]any)["id"] == user {
			_, shown, _ := w.try("GET", w.manage("/leaves/"+leave["id"].(string)), operator, nil)
			return shown
		}
	}
	return nil
}

// journalled counts how often each record was moved.
func journalled(leave map[string]any) map[string]int {
	counts := map[string]int{}
	chunks, _ := leave["journal"].([]any)
	for _, c := range chunks {
		moved, _ := c.(map[string]any)["moved"].([]any)
		for _, m := range moved {
			counts[m.(map[string]any)["id"].(string)]++
		}
	}
	return counts
}

// settled waits until a user's leave is done, ticking the timer meanwhile, and
// wants every record moved exactly once and to the Master Admin.
func (w *world) settled(user string, records int) {
	w.t.Helper()
	var leave map[string]any
	lastTick := time.Now()
	w.until("the leave is done", func() bool {
		if time.Since(lastTick) > 500*time.Millisecond {
			_ = w.host.Tick(w.t.Context(), "sweep", false)
			lastTick = time.Now()
		}
		leave = w.leave(user)
		return leave["state"] == "done"
	}, func() any { return leave })
	moved := journalled(leave)
	for record, times := range moved {
		if times != 1 {
			w.t.Errorf("the journal has %s %d times", record, times)
		}
	}
	if left := w.owned(user); len(moved) != records || left != 0 {
		w.t.Errorf("%d records are in the journal, wanted %d; %d are left with the leaver", len(moved), records, left)
	}
}

// owned counts somebody's open records.
func (w *world) owned(user string) int {
	w.t.Helper()
	n, after := 0, ""
	for {
		page := w.must(200, "GET", w.app("/records?status=open&owner="+user+"&after="+after), w.appKey, nil)
		records, _ := page["records"].([]any)
		n += len(records)
		if after, _ = page["next"].(string); after == "" {
			return n
		}
	}
}

// until waits for a condition; state tells what is there in its place.
func (w *world) until(what string, condition func() bool, state func() any) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("this never happens: %s; there is %v", what, state())
		}
	}
}
