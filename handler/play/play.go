// Package play is a directory's side of SCIM: it plays provisioning cycles
// against any endpoint and checks every answer.
//
// The requests are written as Entra ID and Okta write them, and the answers are
// held against what these want and RFC 7644 allows. Nothing is assumed about
// whose endpoint it is. testdata shows a small cycle of each, request by request.
//
// Comments such as "1.1 row 15" count the habits of the directories as the tests
// of the SCIM packages do.
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
	// Dialect is how Entra writes a PATCH; empty means DefaultDialect. With
	// FlagDialect the flag is added to the Tenant URL, and a phase with paths in
	// brackets is played.
	Dialect Dialect
	// GroupChanges, ManagerShapes and Roles have Entra play more of what it can:
	// everything that happens to a group, managers in all their shapes and their
	// removal, and the three ways to assign application roles.
	GroupChanges, ManagerShapes, Roles bool
	// App is which kind of application Okta provisions; empty means WizardApp.
	App App
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
	return cycle.run(ctx, cycle.Connect, cycle.Initial, cycle.Details, cycle.Incremental, cycle.Leave, cycle.HardDelete)
}

// Okta plays Okta's side of such a life: an import, users created, changed and
// deactivated, groups pushed and deleted. Okta never deletes users.
func Okta(ctx context.Context, target Target, options Options) (Report, error) {
	cycle, err := NewCycle(target, options)
	if err != nil {
		return Report{}, err
	}
	return cycle.run(ctx, cycle.oktaConnect, cycle.oktaPush, cycle.oktaUpdate, cycle.oktaDeactivate)
}

func (c *Cycle) run(ctx context.Context, parts ...func(context.Context) error) (Report, error) {
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return c.Report(), err
		}
	}
	return c.Report(), nil
}
