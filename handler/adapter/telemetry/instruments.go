package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Every metric that there is; docs/operations.md explains them. None of their
// attributes has more values than the code has words: tenants and ids are in
// spans alone.
const (
	// metricRequests counts answers, by method, route and fault.
	metricRequests = "handover.requests"
	// metricDuration is how long they took, in seconds, by the same.
	metricDuration = "handover.request.duration"
	// metricTrips is how many round trips to the tables they took, by method and
	// route.
	metricTrips = "handover.request.trips"
	// metricRefusals counts what was refused because of the caller (status 4xx),
	// by fault.
	metricRefusals = "handover.refusals"
	// metricAttempts counts attempts at leaves, by the state that each ended in
	// and by fault.
	metricAttempts = "handover.leave.attempts"
	// metricDeadLetters counts the messages that the queue gave up.
	metricDeadLetters = "handover.deadletters"
	// metricCalls is how long calls of business applications took, in seconds, by
	// operation and fault.
	metricCalls = "handover.call.duration"
	// metricLeaves is how many leaves are open, by state and age.
	metricLeaves = "handover.leaves"
	// metricOverdue is how many of them should be done by now.
	metricOverdue = "handover.leaves.overdue"
)

// Every key of an attribute. No value is ever a name, an address, a token or a
// row key, which may hold a name.
const (
	// Of metrics and spans.
	keyMethod = attribute.Key("http.request.method")
	keyRoute  = attribute.Key("http.route")
	keyFault  = attribute.Key("handover.fault")
	keyState  = attribute.Key("handover.leave.state")
	keyAge    = attribute.Key("handover.leave.age")
	// keyOperation is a word of the code, never what a caller says.
	keyOperation = attribute.Key("handover.operation")
	// Of spans alone.
	keyStatus  = attribute.Key("http.response.status_code")
	keyTenant  = attribute.Key("handover.tenant")
	keyTrips   = attribute.Key("handover.trips")
	keyTable   = attribute.Key("handover.table")
	keyRows    = attribute.Key("handover.rows")
	keyLeave   = attribute.Key("handover.leave")
	keyAttempt = attribute.Key("handover.leave.attempt")
	keyMoved   = attribute.Key("handover.leave.moved")
)

// The values of keyFault that are no codes of a fault.
const (
	noFault = "none"
	// cancelled is a call whose caller did not wait for it.
	cancelled = "cancelled"
)

// instruments are what is counted with; the gauges are read when a reader asks.
type instruments struct {
	requests, refusals, attempts, deadLetters metric.Int64Counter
	duration, calls                           metric.Float64Histogram
	trips                                     metric.Int64Histogram
	leaves, overdue                           metric.Int64ObservableGauge
}

// newInstruments makes the instruments of a meter.
func newInstruments(meter metric.Meter) (i instruments, err error) {
	keep := func(e error) {
		if err == nil {
			err = e
		}
	}
	counter := func(name, unit, description string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		keep(err)
		return c
	}
	gauge := func(name, description string) metric.Int64ObservableGauge {
		g, err := meter.Int64ObservableGauge(name, metric.WithUnit("{leave}"), metric.WithDescription(description))
		keep(err)
		return g
	}
	i.requests = counter(metricRequests, "{request}", "answers to requests and invocations")
	i.refusals = counter(metricRefusals, "{request}", "requests refused because of the caller")
	i.attempts = counter(metricAttempts, "{attempt}", "attempts at leaves")
	i.deadLetters = counter(metricDeadLetters, "{message}", "messages that the queue gave up")
	i.leaves = gauge(metricLeaves, "open leaves")
	i.overdue = gauge(metricOverdue, "open leaves that should be done by now")
	seconds := func(name, description string) metric.Float64Histogram {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description),
			metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60, 300))
		keep(err)
		return h
	}
	i.duration = seconds(metricDuration, "time to the answer")
	i.calls = seconds(metricCalls, "calls of business applications")
	var e error
	i.trips, e = meter.Int64Histogram(metricTrips, metric.WithUnit("{trip}"), metric.WithDescription("round trips to the tables"),
		metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 50, 100))
	keep(e)
	return i, err
}
