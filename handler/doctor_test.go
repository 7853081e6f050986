package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/azure/azuretest"
	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

const (
	strong = "HANDOVER_OPERATOR_KEY=0123456789abcdef0123456789abcdef"
	signs  = "HANDOVER_KEYS=a:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
)

// told are the findings in short: check, result and a piece of the sentence.
func told(findings []finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, f.Check+": "+string(f.Result))
	}
	return lines
}

func TestDoctorReadsSettings(t *testing.T) {
	azureApp := []string{
		strong, someKeys, "WEBSITE_INSTANCE_ID=1", "FUNCTIONS_WORKER_RUNTIME=custom", "HANDOVER_BASE_URL=https://scim.example.com",
		"TableConnection__tableServiceUri=https://acme.table.core.windows.net", "TableConnection__credential=managedidentity",
		"ServiceBusConnection__fullyQualifiedNamespace=acme.servicebus.windows.net", "ServiceBusConnection__credential=managedidentity",
	}
	tests := []struct {
		name string
		env  []string
		want []string
		says string
	}{
		{"a laptop", nil, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: ok"}, "dev makes one"},
		{"an app in Azure", azureApp, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: ok"}, "handover serve"},
		{"two settings wrong", []string{"HANDOVER_COUNTRIES=usa", "AZURE_CLOUD=mars"}, []string{"settings: wrong", "settings: wrong"}, "AZURE_CLOUD must be public"},
		{"a serve without its key", []string{signs, "FUNCTIONS_WORKER_RUNTIME=custom", "HANDOVER_DATA=x"}, []string{"settings: wrong"}, "HANDOVER_OPERATOR_KEY is not set"},
		{"a key to guess", []string{"HANDOVER_OPERATOR_KEY=abababababababababababababababab"}, []string{"settings: ok", "operator key: wrong", "keys: ok", "base URL: ok", "consistency: ok"}, "2 different characters"},
		{"a short key", []string{"HANDOVER_OPERATOR_KEY=0123456789abcdef"}, []string{"settings: ok", "operator key: note", "keys: ok", "base URL: ok", "consistency: ok"}, "has 16 characters"},
		{"the example's key", []string{"HANDOVER_KEYS=a:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"}, []string{"settings: ok", "operator key: ok", "keys: wrong", "base URL: ok", "consistency: ok"}, "the documentation shows"},
		{"plain http", []string{"HANDOVER_BASE_URL=http://scim.example.com"}, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: wrong", "consistency: ok"}, "set the https address"},
		{"http at home", []string{"HANDOVER_BASE_URL=http://localhost:7071"}, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: ok"}, "http://localhost:7071"},
		{"no base URL behind a front end", []string{strong, someKeys, "FUNCTIONS_WORKER_RUNTIME=custom", "HANDOVER_DATA=x"}, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: note", "consistency: ok"}, "X-Forwarded-Host"},
		{"a local folder in Azure", []string{strong, someKeys, "WEBSITE_INSTANCE_ID=1", "HANDOVER_DATA=x"}, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: wrong"}, "gone with its instance"},
		{"an emulator in Azure", []string{strong, someKeys, "WEBSITE_INSTANCE_ID=1", "TableConnection=UseDevelopmentStorage=true", "ServiceBusConnection=Endpoint=sb://h;UseDevelopmentEmulator=true"}, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: wrong"}, "name an emulator"},
		{"two places", append([]string{"HANDOVER_DATA=x"}, azureApp...), []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: note"}, "HANDOVER_DATA is not used"},
		{"gRPC", []string{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: wrong"}, "4318"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &doctor{as: readerOf(test.env), now: time.Now}
			d.settled(test.env)
			if diff := cmp.Diff(test.want, told(d.findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%+v", diff, d.findings)
			}
			if said := text(t, d.findings); !strings.Contains(said, test.says) || strings.Contains(said, "0123456789abcdef") {
				t.Errorf("said %s, want %q in it and no key", said, test.says)
			}
		})
	}
}

func text(t *testing.T, findings []finding) string {
	t.Helper()
	said, err := json.Marshal(findings)
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}

// shelf is a table that holds one row and refuses from one step on.
type shelf struct {
	table.Table
	rows    map[string]bool
	refuses map[string]bool
}

var noRight = table.Fail(table.NoOperation, fault.Unavailable, "the app's identity has no right: give it one")

func (s *shelf) Get(_ context.Context, _, row string, _ ...string) (table.Entity, error) {
	switch {
	case s.refuses["read"]:
		return table.Entity{}, noRight
	case !s.rows[row]:
		return table.Entity{}, table.Fail(table.NoOperation, fault.RowNotFound, "not there")
	}
	return table.Entity{Row: row}, nil
}

func (s *shelf) Transact(_ context.Context, _ string, operations []table.Operation) ([]string, error) {
	inserts := operations[0].Action == table.Insert
	if inserts && s.refuses["write"] || !inserts && s.refuses["delete"] {
		return nil, noRight
	}
	s.rows[operations[0].Row] = inserts
	return []string{""}, nil
}

func TestDoctorTriesTables(t *testing.T) {
	for _, test := range []struct {
		refuses string
		want    []string
		left    bool
	}{
		{"", []string{"table directory: ok"}, false},
		{"read", []string{"table directory: wrong"}, false},
		{"write", []string{"table directory: wrong"}, false},
		{"delete", []string{"table directory: wrong", "table directory: note"}, true},
	} {
		t.Run("refuses to "+test.refuses, func(t *testing.T) {
			s := &shelf{rows: map[string]bool{}, refuses: map[string]bool{test.refuses: true}}
			d := &doctor{now: time.Now, name: "a1"}
			d.table(t.Context(), "directory", s)
			if diff := cmp.Diff(test.want, told(d.findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if s.rows["p-a1"] != test.left {
				t.Errorf("the row is there: %v", s.rows["p-a1"])
			}
		})
	}
}

// bus is a queue as a test wants it.
type bus struct {
	send, look error
	seen       azure.Sight
}

func (b bus) Warm(context.Context) error                { return b.send }
func (b bus) Look(context.Context) (azure.Sight, error) { return b.seen, b.look }

func TestDoctorLooksAtTheQueue(t *testing.T) {
	now := time.Unix(1e9, 0)
	for _, test := range []struct {
		name string
		bus  bus
		want []string
	}{
		{"well", bus{seen: azure.Sight{Waiting: 3, Oldest: now.Add(-time.Minute)}}, []string{"queue, to send: ok", "queue, to receive: ok", "dead letters: ok", "duplicate detection: not checked"}},
		{"nobody receives", bus{seen: azure.Sight{Waiting: 3, Oldest: now.Add(-time.Hour), DeadLetters: 2}}, []string{"queue, to send: ok", "queue, to receive: note", "dead letters: note", "duplicate detection: not checked"}},
		{"no right to send", bus{send: noRight}, []string{"queue, to send: wrong", "queue, to receive: ok", "dead letters: ok", "duplicate detection: not checked"}},
		{"no right at all", bus{send: noRight, look: noRight}, []string{"queue, to send: wrong", "queue, to receive: wrong"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &doctor{now: func() time.Time { return now }}
			d.queue(t.Context(), "leaves", test.bus)
			if diff := cmp.Diff(test.want, told(d.findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// answering is a service whose clock is ahead.
type answering struct {
	ahead time.Duration
	now   func() time.Time
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	date := a.now().Add(a.ahead).UTC().Format(http.TimeFormat)
	return &http.Response{Header: http.Header{"Date": {date}}, Body: http.NoBody}, nil
}

func TestDoctorComparesClocks(t *testing.T) {
	now := func() time.Time { return time.Unix(1e9, 0) }
	for _, test := range []struct {
		ahead time.Duration
		want  string
	}{
		{0, "clock: ok"},
		{-3 * time.Second, "clock: ok"},
		{10 * time.Second, "clock: note"},
		{-10 * time.Minute, "clock: wrong"},
	} {
		t.Run(test.ahead.String(), func(t *testing.T) {
			service := &dated{next: answering{test.ahead, now}, now: now}
			if _, err := service.Do(&http.Request{}); err != nil {
				t.Fatal(err)
			}
			d := &doctor{}
			d.clock(service)
			if diff := cmp.Diff([]string{test.want}, told(d.findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%+v", diff, d.findings)
			}
		})
	}
	d := &doctor{}
	d.clock(&dated{})
	if diff := cmp.Diff([]string{"clock: not checked"}, told(d.findings)); diff != "" {
		t.Error(diff)
	}
}

// examined runs the command and returns its findings.
func examined(t *testing.T, env ...string) (code int, findings []finding) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	m := newMain()
	m.Args, m.Env, m.Stdout, m.Stderr = []string{"doctor", "--json"}, env, &stdout, &stderr
	code = m.Run(t.Context())
	var answer struct{ Findings []finding }
	if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s%s", err, &stdout, &stderr)
	}
	return code, answer.Findings
}

func TestDoctorOnEmulators(t *testing.T) {
	queue := azuretest.QueueName(t)
	connection, _ := azuretest.ServiceBus(t, azuretest.Queue{Name: queue})
	settings := []string{strong, someKeys, "TableConnection=" + azuretest.Tables(t), "ServiceBusConnection=" + connection, "HANDOVER_QUEUE=" + queue}
	usual := []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: ok"}
	code, found := examined(t, settings...)
	want := append(usual, "table directory: ok", "table records: ok", "clock: ok", "queue, to send: ok", "queue, to receive: ok", "dead letters: ok", "duplicate detection: not checked")
	if diff := cmp.Diff(want, told(found)); diff != "" || code != 0 {
		t.Errorf("all well, exit code %d (-want +got):\n%s\n%+v", code, diff, found)
	}
	code, found = examined(t, append(settings, "HANDOVER_QUEUE="+queue+"-not")...)
	want = append(usual, "table directory: ok", "table records: ok", "clock: ok", "queue, to send: wrong", "queue, to receive: wrong")
	if diff := cmp.Diff(want, told(found)); diff != "" || code != 1 {
		t.Errorf("no queue, exit code %d (-want +got):\n%s\n%+v", code, diff, found)
	}
	if said := text(t, found); !strings.Contains(said, "check HANDOVER_QUEUE") {
		t.Errorf("it does not say what to do: %s", said)
	}
}

func TestDoctorOnALocalFile(t *testing.T) {
	data := t.TempDir()
	usual := []string{"settings: ok", "operator key: ok", "keys: ok", "base URL: ok", "consistency: ok"}
	check := func(name string, wantCode int, want ...string) {
		t.Helper()
		code, found := examined(t, strong, "HANDOVER_DATA="+data)
		if diff := cmp.Diff(append(usual, want...), told(found)); diff != "" || code != wantCode {
			t.Errorf("%s: exit code %d (-want +got):\n%s\n%+v", name, code, diff, found)
		}
	}
	check("before the first start", 0, "data file: ok")
	if files, err := os.ReadDir(data); err != nil || len(files) > 0 {
		t.Fatalf("it made %v (%v)", files, err)
	}
	p, err := openLocal(Settings{Data: data, Queue: "q"}, Options{Now: time.Now, Step: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	check("while it runs", 0, "data file: not checked")
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	check("after it ran", 0, "data file: ok", "table directory: ok", "table records: ok")
	if err := os.WriteFile(filepath.Join(data, dataFile), []byte("no data file"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("a damaged file", 1, "data file: wrong")
}
