package exchange

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// Observation is what is known of a request once it has been answered.
type Observation struct {
	Method string
	// Route is the pattern of the route, never the path.
	Route  string
	Tenant string
	Status int
	// Fault is empty where all went well.
	Fault fault.Code
	// Trips are the round trips to the tables that it took.
	Trips int64
	Took  time.Duration
}

// attributes are the observation for the log.
func (o *Observation) attributes() []slog.Attr {
	return append(make([]slog.Attr, 0, 13),
		slog.String("tenant", o.Tenant), slog.String("method", o.Method), slog.String("route", o.Route),
		slog.Int("status", o.Status), slog.Float64("ms", float64(o.Took.Microseconds())/1000), slog.Int64("trips", o.Trips))
}

// Trace is the id of the trace that a request belongs to, from its header
// traceparent (W3C Trace Context §3.2): 00-<32 hex digits>-<16>-<2>. It is empty
// where there is none. The Functions host sends one, so that its own lines and
// ours can be found together.
func Trace(r *http.Request) string {
	const version, trace = "00-", 32
	parent := r.Header.Get("Traceparent")
	if len(parent) < len("00-")+trace+len("-0123456789abcdef-00") || !strings.HasPrefix(parent, version) {
		return ""
	}
	id := parent[len(version) : len(version)+trace]
	if strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return id
}
