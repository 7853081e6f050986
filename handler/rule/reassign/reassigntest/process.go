package reassigntest

import (
	"context"
	"slices"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

var limits = reassign.LimitsWithin(10 * time.Minute)

// killed is what ends a process in a walk.
type killed struct{}

// process is one that works on leaves until it is killed.
type process struct {
	*walk
	name  string
	ports Ports
	dead  bool
}

func (w *walk) open(name string) *process {
	p := &process{walk: w, name: name}
	p.ports = w.world.Open(w.clock, w.random, p.pause)
	return p
}

// pause is a step within a request. It takes no time: the store counts on no
// request taking longer than a minute.
func (p *process) pause() {
	p.paused++
	defer func() { p.paused-- }()
	p.step()
}

// step is a moment between two requests of the process.
func (p *process) step() {
	if !p.quiet && !p.dead {
		switch n := p.pick(40); {
		case n == 39:
			p.dead = true
		case n > 35 && p.depth < 3:
			p.happen()
		}
	}
	if p.dead {
		panic(killed{})
	}
}

// process makes a call in one of the processes; another takes the place of one
// that was killed.
func (w *walk) process(do func(*call)) {
	i := w.pick(len(w.processes))
	if w.processes[i].dead {
		w.processes[i] = w.open(w.processes[i].name)
	}
	w.in(w.processes[i], do)
}

// in makes a call in a process, and ends it where the process is killed. What
// else the process is doing ends at its next step.
func (w *walk) in(p *process, do func(*call)) {
	w.depth++
	defer func() {
		w.depth--
		if end := recover(); end != nil && end != (killed{}) {
			panic(end)
		}
	}()
	c := &call{process: p, Ports: p.ports, active: map[directory.ID]bool{}, named: map[directory.ID]bool{}}
	c.Service = &reassign.Service{
		Users: c, Leaves: c, Notices: c, Tenants: c, Connector: c, Journal: c, Queue: c,
		Now: w.clock, Random: w.random, Process: p.name, Limits: limits,
	}
	do(c)
}

// call is one call of the rule: a step before and after each request.
type call struct {
	*process
	Ports
	Service *reassign.Service
	// active says of the users whom the call has read since it last moved records
	// whether they were, named of those whom it has read by their names.
	active, named map[directory.ID]bool
}

func between[T any](c *call, request func() (T, error)) (T, error) {
	c.step()
	answer, err := request()
	c.step()
	return answer, err
}

// alone is between for a request that answers nothing but an error.
func alone(c *call, request func() error) error {
	_, err := between(c, func() (struct{}, error) { return struct{}{}, request() })
	return err
}

// answer ends a put: its owner is looked at again.
func (c *call) answer(id string) {
	r, err := c.Record(c.Context(), tenant, "quote", id)
	if err == nil {
		err = c.Service.EnsureLeave(c.Context(), tenant, directory.Person{ID: r.Owner})
	}
	if err == nil || fault.Is(err, fault.NotFound) {
		c.unanswered = slices.DeleteFunc(slices.Clone(c.unanswered), func(other string) bool { return other == id })
	}
}

func (c *call) User(ctx context.Context, tenant string, id directory.ID) (directory.User, error) {
	user, err := between(c, func() (directory.User, error) { return c.Ports.User(ctx, tenant, id) })
	if err == nil || fault.Is(err, fault.NotFound) {
		c.active[id] = user.Active
	}
	return user, err
}

func (c *call) UserByName(ctx context.Context, tenant, name string) (directory.User, error) {
	user, err := between(c, func() (directory.User, error) { return c.Ports.UserByName(ctx, tenant, name) })
	if err == nil {
		c.named[user.ID] = user.Active
	}
	return user, err
}

func (c *call) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	return between(c, func() (directory.Tenant, error) { return c.Ports.Tenant(ctx, id) })
}

func (c *call) Leave(ctx context.Context, tenant string, id directory.ID) (directory.Leave, error) {
	return between(c, func() (directory.Leave, error) { return c.Ports.Leave(ctx, tenant, id) })
}

func (c *call) CommitLeave(ctx context.Context, tenant string, change directory.LeaveChange) (directory.Leave, error) {
	return between(c, func() (directory.Leave, error) { return c.Ports.CommitLeave(ctx, tenant, change) })
}

func (c *call) Touch(ctx context.Context, tenant string, user directory.User) error {
	return alone(c, func() error { return c.Ports.Touch(ctx, tenant, user) })
}

func (c *call) DueLeaves(ctx context.Context, tenant string, until time.Time, limit int) ([]directory.ID, error) {
	return between(c, func() ([]directory.ID, error) { return c.Ports.DueLeaves(ctx, tenant, until, limit) })
}

func (c *call) DueNotices(ctx context.Context, tenant string, until time.Time, limit int) ([]directory.Notice, error) {
	return between(c, func() ([]directory.Notice, error) { return c.Ports.DueNotices(ctx, tenant, until, limit) })
}

func (c *call) TenantsWithWork(ctx context.Context) ([]directory.Work, error) {
	return between(c, func() ([]directory.Work, error) { return c.Ports.TenantsWithWork(ctx) })
}

func (c *call) Rest(ctx context.Context, work directory.Work) error {
	return alone(c, func() error { return c.Ports.Rest(ctx, work) })
}

// Move is a connector's.
func (c *call) Move(ctx context.Context, m directory.Move) (directory.Moved, error) {
	c.checkMove(m)
	return between(c, func() (directory.Moved, error) {
		if c.trouble != nil {
			return directory.Moved{}, c.trouble
		}
		return c.Ports.Move(ctx, m)
	})
}

func (c *call) AppendChunk(ctx context.Context, tenant string, chunk directory.Chunk) error {
	return alone(c, func() error { return c.Ports.AppendChunk(ctx, tenant, chunk) })
}

func (c *call) Progress(ctx context.Context, tenant string, leave directory.ID) (directory.Progress, error) {
	return between(c, func() (directory.Progress, error) { return c.Ports.Progress(ctx, tenant, leave) })
}

func (c *call) Chunks(ctx context.Context, tenant string, leave directory.ID) ([]directory.Chunk, error) {
	return between(c, func() ([]directory.Chunk, error) { return c.Ports.Chunks(ctx, tenant, leave) })
}

func (c *call) PutRecord(ctx context.Context, tenant string, r directory.Record) error {
	return alone(c, func() error { return c.Ports.PutRecord(ctx, tenant, r) })
}

// Send is a queue's.
func (c *call) Send(_ context.Context, m directory.Message) error {
	return alone(c, func() error {
		if c.deaf {
			return fault.New(fault.Unavailable, "the queue is away")
		}
		c.messages = append(c.messages, m)
		return nil
	})
}
