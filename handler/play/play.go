// Package play is a directory's side of SCIM: it plays provisioning cycles
// against any endpoint and checks every answer.
//
// The requests are written as Entra ID writes them in its default dialect, and
// the answers are held against what Entra wants and RFC 7644 allows. Nothing is
// assumed about whose endpoint it is.
package play

import (
	"context"
	"net/http"
	"time"
)

// Target is the endpoint under play.
type Target struct {
	// URL is the Tenant URL as an administrator pastes it, query included.
	URL string
	// Token is sent as bearer token.
	Token string
}

// Options says how large the directory is and what it does.
type Options struct {
	// Users and Groups are provisioned; Leavers of the users leave.
	Users, Groups, Leavers int
	// Seed decides names, memberships and who changes: the same seed plays the
	// same cycle.
	Seed uint64
	// Domain is that of every userName and e-mail address.
	Domain string
	// Connections is how many requests are under way at once; 0 means 8.
	Connections int
	// KeepEveryone restores whoever was soft deleted and deletes nobody, so
	// that all users but the leavers are active at the end.
	KeepEveryone bool
	// Progress is told how many steps of a part are done, and of which phase.
	Progress func(done, total int, phase string)
	// Now is the clock by which answers are timed.
	Now func() time.Time
	// Transport carries the requests; nil means one of our own.
	Transport http.RoundTripper
}

// Entra plays a whole life: Test Connection, an initial cycle, an incremental
// one, leavers, and the hard deletes that follow. It returns an error only when
// the cycle cannot be played at all; wrong answers are in the report.
func Entra(ctx context.Context, target Target, options Options) (Report, error) {
	cycle, err := NewCycle(target, options)
	if err != nil {
		return Report{}, err
	}
	for _, part := range []func(context.Context) error{cycle.Connect, cycle.Initial, cycle.Incremental, cycle.Leave, cycle.HardDelete} {
		if err := part(ctx); err != nil {
			return cycle.Report(), err
		}
	}
	return cycle.Report(), nil
}
