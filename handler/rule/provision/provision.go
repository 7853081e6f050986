// Package provision is what happens when a directory creates, changes, looks
// for or removes users and groups.
//
// Each change is one function with one deciding transaction: it reads what is
// there, applies the request, checks the rules of the product (verified
// domains, the cap of users, the leave that a deactivation begins) and commits
// the whole or nothing. If the row was changed by somebody else meanwhile, it
// reads and decides again.
package provision

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// maxDecisions is how often a change is decided anew before the caller is
	// asked to come back.
	maxDecisions = 8
	// width is how many reads of one request go on at once.
	width = 8
)

// Caller is on whose behalf a change is made.
type Caller struct {
	Tenant *directory.Tenant
	// Actor is the id of the credential that was shown; the activity names it.
	Actor string
}

// Config is what a Service needs.
type Config struct {
	Users  directory.Users
	Groups directory.Groups
	// Near says that the store is in this process: reads after one another are
	// then done before other goroutines would have begun with them.
	Near bool
	Now  func() time.Time
	// Random makes ids. It must be safe for concurrent use.
	Random io.Reader
	// LeaveOpened hears of each leave after the commit that began it. It must
	// return at once; the sweep finds whatever it misses. Nil is nobody.
	LeaveOpened func(ctx context.Context, tenant string, leave directory.ID)
}

// Service changes and finds the users and groups of tenants. It is safe for
// concurrent use.
type Service struct {
	Config
	models  models
	anchors *anchors
	turns   *turns
}

// New makes a Service.
func New(c Config) *Service {
	return &Service{
		Config: c, anchors: newAnchors(c.Now), turns: newTurns(),
		models: models{kept: make(map[string]keptModel)},
	}
}

// Precondition tells whether a change may go ahead on a resource's version; nil
// means on any.
type Precondition func(version int64) bool

func (p Precondition) check(version int64) error {
	if p == nil || p(version) {
		return nil
	}
	return fault.New(fault.VersionMismatch, "If-Match names a version that is no longer current; read the resource again")
}

// decide makes a change of one resource when its turn has come.
func decide[T any](ctx context.Context, s *Service, id directory.ID, once func() (T, error)) (T, error) {
	var none T
	done, err := s.turns.take(ctx, id)
	if err != nil {
		return none, err
	}
	defer done()
	return untilCurrent(once)
}

// untilCurrent decides until the rows that were read are still the same when
// they are committed.
func untilCurrent[T any](once func() (T, error)) (T, error) {
	var none T
	var last error
	for range maxDecisions {
		decided, err := once()
		if !fault.Is(err, fault.RowChanged) {
			return decided, err
		}
		last = err
	}
	return none, fault.New(fault.Unavailable, "the resource is being changed by others all the time; try again").
		WithRetryAfter(time.Second).WithCause(last)
}

// reads runs functions side by side, or one after the other where the store is
// near.
func (s *Service) reads(ctx context.Context, functions ...func(context.Context) error) error {
	if !s.Near {
		return together(ctx, functions...)
	}
	for _, f := range functions {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// together runs functions side by side, the last one in the caller's own
// goroutine, and returns the first error that is not of its own making. A panic,
// which would end the process in another goroutine, becomes a fault.
func together(ctx context.Context, functions ...func(context.Context) error) error {
	if len(functions) == 0 {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(width)
	last := len(functions) - 1
	for _, f := range functions[:last] {
		group.Go(func() error { return fault.Guarded(func() error { return f(ctx) }) })
	}
	err := fault.Guarded(func() error { return functions[last](ctx) })
	if err != nil {
		stop()
	}
	if others := group.Wait(); err == nil || others != nil && errors.Is(err, context.Canceled) {
		return others
	}
	return err
}

// each is reads for the items of a list.
func each[T any](ctx context.Context, s *Service, items []T, do func(context.Context, *T) error) error {
	functions := make([]func(context.Context) error, len(items))
	for i := range items {
		functions[i] = func(ctx context.Context) error { return do(ctx, &items[i]) }
	}
	return s.reads(ctx, functions...)
}
