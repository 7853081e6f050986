package telemetry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"handover/handler/adapter/table"
	"handover/handler/adapter/telemetry"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// collected is a Telemetry and what comes out of it.
type collected struct {
	*telemetry.Telemetry
	t     *testing.T
	spans *tracetest.InMemoryExporter
	read  *metric.ManualReader
	now   time.Time
}

func collect(t *testing.T) *collected {
	t.Helper()
	c := &collected{t: t, spans: tracetest.NewInMemoryExporter(), read: metric.NewManualReader(), now: time.Unix(1e9, 0)}
	made, err := telemetry.New(telemetry.Config{Now: func() time.Time { return c.now }, Process: "p1"}, trace.NewSimpleSpanProcessor(c.spans), c.read)
	if err != nil {
		t.Fatal(err)
	}
	c.Telemetry = made
	return c
}

// ended is a line for each span: name, parent's name, status and attributes.
func (c *collected) ended() []string {
	all := c.spans.GetSpans()
	var lines []string
	for _, s := range all {
		parent := "none"
		for _, other := range all {
			if other.SpanContext.SpanID() == s.Parent.SpanID() {
				parent = other.Name
			}
		}
		lines = append(lines, fmt.Sprintf("%s < %s, %s, %s", s.Name, parent, s.Status.Code, words(s.Attributes)))
	}
	return lines
}

func words(attributes []attribute.KeyValue) string {
	var all []string
	for _, a := range attributes {
		all = append(all, string(a.Key)+"="+a.Value.String())
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// counted is a line for each point of a metric, without the times.
func (c *collected) counted() []string {
	c.t.Helper()
	var all metricdata.ResourceMetrics
	if err := c.read.Collect(c.t.Context(), &all); err != nil {
		c.t.Fatal(err)
	}
	var lines []string
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			lines = append(lines, points(m)...)
		}
	}
	slices.Sort(lines)
	return lines
}

func points(m metricdata.Metrics) (lines []string) {
	add := func(set attribute.Set, value any) {
		lines = append(lines, fmt.Sprintf("%s %v: %s", m.Name, value, words(set.ToSlice())))
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Value)
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Sum)
		}
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Sum)
		}
	}
	return lines
}

// shelf is a table with one answer.
type shelf struct {
	table.Table
	err error
}

func (s shelf) Get(context.Context, string, string, ...string) (table.Entity, error) {
	return table.Entity{}, s.err
}

func (s shelf) Query(context.Context, table.Query) (table.Page, error) {
	return table.Page{Entities: make([]table.Entity, 3)}, s.err
}

func (s shelf) Transact(context.Context, string, []table.Operation) ([]string, error) {
	return nil, s.err
}

// post is a queue with one answer.
type post struct{ err error }

func (p post) Send(context.Context, directory.Message) error { return p.err }

func TestRequest(t *testing.T) {
	c := collect(t)
	rows := c.Table("directory", shelf{err: table.Fail(table.NoOperation, fault.RowNotFound, "not there")})
	served := c.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = rows.Get(r.Context(), "acme", "n-somebody@acme.com")
		_, _ = rows.Query(r.Context(), table.Query{Partition: "acme", From: "u-"})
		c.Observe(r.Context(), telemetry.Request{
			Method: r.Method, Route: "/scim/{tenant}/v2/Users/{id}", Tenant: "acme", Status: 404, Fault: fault.NotFound, Trips: 2, Took: 250 * time.Millisecond,
		})
	}))
	r := httptest.NewRequest(http.MethodGet, "/scim/acme/v2/Users/1?filter=secret", nil)
	r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	served.ServeHTTP(httptest.NewRecorder(), r)
	route := "GET /scim/{tenant}/v2/Users/{id}"
	want := []string{
		"get directory < " + route + ", Unset, handover.fault=rowNotFound handover.operation=get handover.rows=1 handover.table=directory handover.tenant=acme",
		"query directory < " + route + ", Unset, handover.fault=rowNotFound handover.operation=query handover.rows=3 handover.table=directory handover.tenant=acme",
		route + " < none, Unset, handover.fault=notFound handover.tenant=acme handover.trips=2 http.request.method=GET http.response.status_code=404 http.route=/scim/{tenant}/v2/Users/{id}",
	}
	if diff := cmp.Diff(want, c.ended()); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	for _, s := range c.spans.GetSpans() {
		if got := s.SpanContext.TraceID().String(); got != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is of trace %s, not the caller's", s.Name, got)
		}
	}
	want = []string{
		"handover.refusals 1: handover.fault=notFound",
		"handover.request.duration 0.25: handover.fault=notFound http.request.method=GET http.route=/scim/{tenant}/v2/Users/{id}",
		"handover.request.trips 2: http.request.method=GET http.route=/scim/{tenant}/v2/Users/{id}",
		"handover.requests 1: handover.fault=notFound http.request.method=GET http.route=/scim/{tenant}/v2/Users/{id}",
	}
	if diff := cmp.Diff(want, c.counted()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestFailures(t *testing.T) {
	busy := table.Fail(table.NoOperation, fault.StorageBusy, "busy")
	c := collect(t)
	c.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		rows := c.Table("records", shelf{err: busy})
		_, _ = rows.Transact(r.Context(), "acme", make([]table.Operation, 7))
		gone := c.Table("records", shelf{err: context.Canceled})
		_, _ = gone.Transact(r.Context(), "acme", nil)
		c.Observe(r.Context(), telemetry.Request{Method: "BREW", Route: "/x", Status: 503, Fault: fault.StorageBusy})
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("BREW", "/x", nil))
	want := []string{
		"transact records < _OTHER /x, Error, handover.fault=storageBusy handover.operation=transact handover.rows=7 handover.table=records handover.tenant=acme",
		"transact records < _OTHER /x, Unset, handover.fault=cancelled handover.operation=transact handover.rows=0 handover.table=records handover.tenant=acme",
		"_OTHER /x < none, Error, handover.fault=storageBusy handover.tenant= handover.trips=0 http.request.method=_OTHER http.response.status_code=503 http.route=/x",
	}
	if diff := cmp.Diff(want, c.ended()); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestLeaves(t *testing.T) {
	c := collect(t)
	m := directory.Message{Tenant: "acme", Leave: "01938f00-0000-7000-8000-000000000001", Attempt: 2}
	deliver := c.Deliver(func(ctx context.Context, _ []byte) error {
		ctx = c.About(ctx, m)
		c.Attempted(ctx, telemetry.Attempt{State: directory.Blocked, Fault: fault.NoRecipient})
		return c.Queue(post{fault.New(fault.Unavailable, "away")}).Send(ctx, m)
	})
	if err := deliver(t.Context(), nil); err == nil {
		t.Error("the queue's fault was lost")
	}
	c.DeadLettered(t.Context(), m)
	const which = "handover.leave.attempt=2 "
	want := []string{
		"send leave < receive leave, Error, handover.fault=unavailable handover.leave.attempt=2 handover.leave=" + m.Leave + " handover.tenant=acme",
		"receive leave < none, Error, handover.fault=unavailable " + which + "handover.leave.moved=0 handover.leave.state=blocked handover.leave=" + m.Leave + " handover.tenant=acme",
	}
	if diff := cmp.Diff(want, c.ended()); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	c.Leaves(directory.Backlog{{State: directory.Parked, Age: directory.OverADay}: 2, {State: directory.Waiting, Age: directory.Hours}: 3})
	lasting := []string{
		"handover.deadletters 1: ",
		"handover.leave.attempts 1: handover.fault=noRecipient handover.leave.state=blocked",
	}
	gauges := []string{
		"handover.leaves 2: handover.leave.age=over a day handover.leave.state=parked",
		"handover.leaves 3: handover.leave.age=under a day handover.leave.state=waiting",
		"handover.leaves.overdue 3: ",
	}
	if diff := cmp.Diff(append(lasting, gauges...), c.counted()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	c.now = c.now.Add(6 * time.Minute)
	if diff := cmp.Diff(lasting, c.counted()); diff != "" {
		t.Errorf("after the sweeps have ended (-want +got):\n%s", diff)
	}
}

func TestNoSpansForTheProbeAndBehindNobody(t *testing.T) {
	c := collect(t)
	c.HTTP(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	_, _ = c.Table("directory", shelf{}).Get(t.Context(), "acme", "t")
	if got := c.ended(); len(got) != 0 {
		t.Errorf("spans %v", got)
	}
}

// TestNothingStandsInTheWay wants what is watched by nobody to be what it was.
func TestNothingStandsInTheWay(t *testing.T) {
	var none *telemetry.Telemetry
	var rows table.Table = &shelf{}
	var queue directory.Queue = &post{}
	if none.Table("directory", rows) != rows || none.Queue(queue) != queue {
		t.Error("a decorator without telemetry")
	}
	mux := http.NewServeMux()
	if none.HTTP(mux) != http.Handler(mux) {
		t.Error("a middleware without telemetry")
	}
	stack := middleware.NewStack("Reassign", smithyhttp.NewStackRequest)
	steps := len(stack.List())
	if err := none.Calls(stack); err != nil || len(stack.List()) != steps {
		t.Errorf("steps without telemetry: %v, %v", err, stack.List())
	}
	allocations := testing.AllocsPerRun(100, func() {
		none.Leaves(nil)
		none.Attempted(none.About(t.Context(), directory.Message{}), telemetry.Attempt{})
		none.DeadLettered(t.Context(), directory.Message{})
	})
	if err := none.Close(t.Context()); err != nil || allocations != 0 {
		t.Errorf("closing nothing: %v; %v allocations", err, allocations)
	}
}

func TestWanted(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
	for _, test := range []struct {
		name        string
		environment []string
		want        bool
	}{
		{"nothing", []string{"PATH=/bin"}, false},
		{"an endpoint", []string{"PATH=/bin", endpoint}, true},
		{"an empty endpoint", []string{"OTEL_EXPORTER_OTLP_ENDPOINT="}, false},
		{"switched off", []string{endpoint, "OTEL_SDK_DISABLED=TRUE"}, false},
		{"switched on", []string{"OTEL_SDK_DISABLED=false", endpoint}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := telemetry.Wanted(test.environment); got != test.want {
				t.Errorf("wanted: %v", got)
			}
		})
	}
}

// TestOpenExports sends to a collector that counts, and to none.
func TestOpenExports(t *testing.T) {
	got := make(chan string, 8)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Path }))
	defer collector.Close()
	for endpoint, patience := range map[string]time.Duration{collector.URL: time.Minute, "http://127.0.0.1:1": time.Second} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
		opened, err := telemetry.Open(t.Context(), telemetry.Config{Now: time.Now, Process: "p1", Failed: func(error) {}})
		if err != nil {
			t.Fatal(err)
		}
		_ = opened.Queue(post{}).Send(t.Context(), directory.Message{})
		opened.DeadLettered(t.Context(), directory.Message{})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err = opened.Close(ctx)
		cancel()
		if (err == nil) != (endpoint == collector.URL) {
			t.Errorf("closing with the endpoint %s: %v", endpoint, err)
		}
	}
	close(got)
	paths := map[string]int{}
	for path := range got {
		paths[path]++
	}
	if diff := cmp.Diff(map[string]int{"/v1/traces": 1, "/v1/metrics": 1}, paths); diff != "" {
		t.Errorf("what the collector got (-want +got):\n%s", diff)
	}
}
