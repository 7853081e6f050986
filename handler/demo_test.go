package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
	"handover/handler/play"
)

// TestDemoStaysUp tries by hand what the demo offers at its end, then presses
// Ctrl-C.
func TestDemoStaysUp(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	output := &words{}
	m := newMain()
	m.Args, m.Stdout, m.Stderr = []string{"demo", "--users", "40", "--records", "60"}, output, output
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- m.Run(ctx) }()
	curl := output.await(t, regexp.MustCompile(`curl -H "Authorization: (Bearer \S+)" "(\S+)"`))
	output.await(t, regexp.MustCompile(`Ctrl-C ends it and removes (\S+)\.`))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, curl[2], nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", curl[1])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != 200 || !strings.Contains(string(body), `"totalResults":40`) {
		t.Errorf("the curl line answers %d %s, %v", response.StatusCode, body, err)
	}
	stop()
	if c := <-code; c != 0 {
		t.Errorf("Ctrl-C ends the demo with %d:\n%s", c, output)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestDemoBelievesOnlyWhatItReads gives the demo an application whose records
// are not where they should be.
func TestDemoBelievesOnlyWhatItReads(t *testing.T) {
	const leaver, master = "leaver", "master"
	record := func(id, owner, status string) demoRecord {
		return demoRecord{Type: "quote", ID: id, Owner: owner, Status: status}
	}
	registered := []demoRecord{record("1", leaver, "open"), record("2", leaver, "closed"), record("3", master, "open")}
	tests := []struct {
		name  string
		now   []demoRecord
		want  demoResult
		words string
	}{
		{"all is well", []demoRecord{record("1", master, "open"), record("2", leaver, "closed"), record("3", master, "open")}, demoResult{RecordsMoved: 1, RecordsKeptClosed: 1}, ""},
		{"an open record stayed", registered, demoResult{RecordsLeftOpenWithLeavers: 1, RecordsKeptClosed: 1}, ""},
		{"an open record is lost", registered[1:], demoResult{}, "quote/1 is neither with the leaver nor with the Master Admin"},
		{"a closed record moved, too", []demoRecord{record("1", master, "open"), record("2", master, "closed")}, demoResult{RecordsMoved: 1}, "of 1 closed records of a leaver, 0 are still there"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				list := []demoRecord{}
				for _, kept := range test.now {
					if kept.Owner == r.URL.Query().Get("owner") && kept.Status == r.URL.Query().Get("status") {
						list = append(list, kept)
					}
				}
				_ = json.NewEncoder(w).Encode(map[string]any{"records": list})
			}))
			defer server.Close()
			d := &demo{app: newClient(server.URL, "key", 1), records: registered}
			var result demoResult
			_, err := d.verifyLeaver(t.Context(), leaver, map[string]bool{"quote/1": test.now[0] == record("1", master, "open")}, &result)
			if diff := cmp.Diff(test.want, result); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if said := wordsOf(err); said != test.words {
				t.Errorf("said %q, wanted %q", said, test.words)
			}
		})
	}
}

func wordsOf(err error) string {
	if err == nil {
		return ""
	}
	return sentence(err)
}

func TestDemoWaitsForTheLeaves(t *testing.T) {
	options := play.Options{Users: 10, Leavers: 1, Domain: demoDomain, Now: time.Now}
	tests := []struct{ name, leaves, waiting, words string }{
		{"done", `[{"state":"done"}]`, "", ""},
		{"the newest counts", `[{"state":"queued"},{"state":"done"}]`, "is queued", ""},
		{"running", `[{"state":"running"}]`, "is running", ""},
		{"parked", `[{"state":"parked","reason":"the connector refuses"}]`, "", "is parked: the connector refuses"},
		{"none", `[]`, "", "no leave was written"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"leaves":`+test.leaves+`}`)
			}))
			defer server.Close()
			cycle, err := play.NewCycle(play.Target{URL: server.URL}, options)
			if err != nil {
				t.Fatal(err)
			}
			d := &demo{manage: newClient(server.URL, "key", 1), cycle: cycle}
			waiting, err := d.waiting(t.Context())
			if (waiting == "") != (test.waiting == "") || !strings.HasSuffix(waiting, test.waiting) || !strings.HasSuffix(wordsOf(err), test.words) {
				t.Errorf("waits because %q, said %v", waiting, err)
			}
		})
	}
}

func TestBeside(t *testing.T) {
	broken := fault.New(fault.Unavailable, "broken")
	until := func(ctx context.Context) error { <-ctx.Done(); return nil }
	fail := func(context.Context) error { return broken }
	tests := []struct {
		name          string
		service, work func(context.Context) error
		want          error
	}{
		{"the work ends well", until, func(context.Context) error { return nil }, nil},
		{"the work fails", until, fail, broken},
		{"the service fails", fail, until, broken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := beside(t.Context(), test.service, test.work); err != test.want {
				t.Errorf("returned %v, wanted %v", err, test.want)
			}
		})
	}
}

func TestProgressIsSilentOffATerminal(t *testing.T) {
	var out bytes.Buffer
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, w := range []io.Writer{&out, file} {
		bar := progress(w)
		bar(1, 2, "users")
		bar(2, 2, "users")
	}
	info, err := file.Stat()
	if err != nil || out.Len() > 0 || info.Size() > 0 {
		t.Errorf("wrote %q and %d bytes, %v", &out, info.Size(), err)
	}
}
