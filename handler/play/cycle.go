package play

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/fault"
)

// Cycle is one directory in front of one endpoint. Its parts are played in
// order: Connect, Initial, Incremental, Leave, HardDelete.
type Cycle struct {
	endpoint *endpoint
	options  Options
	people   []*Person
	teams    []*team
	// strangers are names that nobody has, for Test Connection.
	strangers [2]string
	// staff are the indexes of people in the order in which they are picked:
	// leavers from the end, whoever changes from the front. The first person
	// is not among them.
	staff  []int
	phases []Phase
}

// defaultConnections is how many requests are under way where nobody says.
const defaultConnections = 8

// NewCycle makes up the directory. It sends nothing yet.
func NewCycle(target Target, options Options) (*Cycle, error) {
	options.Connections = cmp.Or(options.Connections, defaultConnections)
	options.Dialect = cmp.Or(options.Dialect, DefaultDialect)
	if options.Progress == nil {
		options.Progress = func(int, int, string) {}
	}
	if options.Users < 1 || options.Groups < 0 || options.Leavers < 0 || options.Connections < 1 {
		return nil, fault.New(fault.InvalidValue, "a cycle has at least one user and one connection, and no negative numbers")
	}
	if options.Leavers > options.Users/2 {
		return nil, fault.New(fault.InvalidValue, "at most half of the users can leave: %d of %d are too many", options.Leavers, options.Users)
	}
	if options.Dialect != DefaultDialect && options.Dialect != FlagDialect {
		return nil, fault.New(fault.InvalidValue, "a dialect is %s or %s", DefaultDialect, FlagDialect)
	}
	if options.App != "" && options.App != WizardApp && options.App != OINApp {
		return nil, fault.New(fault.InvalidValue, "an application of Okta is %s or %s", WizardApp, OINApp)
	}
	e, err := newEndpoint(target, options)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(options.Seed, 0))
	c := &Cycle{endpoint: e, options: options, people: cast(options, random), teams: teams(options, random)}
	c.strangers = [2]string{guid(random), guid(random)}
	for _, i := range random.Perm(options.Users - 1) {
		c.staff = append(c.staff, i+1)
	}
	return c, nil
}

// Report is how the cycle went so far.
func (c *Cycle) Report() Report { return Report{Phases: c.phases} }

// People are the users as the endpoint should have them now. The first one is
// never changed, and never leaves.
func (c *Cycle) People() []Person {
	list := make([]Person, len(c.people))
	for i, p := range c.people {
		list[i] = *p
	}
	return list
}

// Leavers are the indexes of those who leave, or left.
func (c *Cycle) Leavers() []int { return c.staff[len(c.staff)-c.options.Leavers:] }

// phase is a kind of work: n steps, each of one or more requests.
type phase struct {
	name string
	n    int
	step func(s *step, i int)
}

// step is one step of a phase under way.
type step struct {
	ctx   context.Context
	cycle *Cycle
	tally *tally
}

func (s *step) dialect() Dialect { return s.cycle.options.Dialect }

// play runs phases one after the other, each over all connections.
func (c *Cycle) play(ctx context.Context, phases ...phase) error {
	total := 0
	for _, p := range phases {
		total += p.n
	}
	var mu sync.Mutex
	done := 0
	for _, p := range phases {
		t := &tally{name: p.name}
		steps, stepCtx := errgroup.WithContext(ctx)
		steps.SetLimit(c.options.Connections)
		for i := range p.n {
			steps.Go(func() error {
				p.step(&step{ctx: stepCtx, cycle: c, tally: t}, i)
				mu.Lock()
				defer mu.Unlock()
				done++
				c.options.Progress(done, total, p.name)
				return stepCtx.Err()
			})
		}
		if err := steps.Wait(); err != nil {
			return fault.New(fault.Unavailable, "stopped in the phase %q", p.name).WithCause(err)
		}
		if p.n > 0 {
			c.phases = append(c.phases, t.phase())
		}
	}
	return nil
}

// ask sends a request and holds the answer against the checks. Its first fault
// goes into the report; ok tells that there was none.
func (s *step) ask(r request, checks ...check) (a answer, ok bool) {
	began := s.cycle.options.Now()
	a, err := s.cycle.endpoint.send(s.ctx, r)
	took := s.cycle.options.Now().Sub(began)
	wrong := ""
	switch {
	case err != nil && s.ctx.Err() != nil:
		return answer{}, false
	case err != nil:
		wrong = fmt.Sprintf("%s was not answered: %v", r, err)
	default:
		if words := firstWrong(a, checks); words != "" {
			wrong = fmt.Sprintf("%s answered %s", r, words)
		}
	}
	s.tally.add(took, wrong)
	return a, wrong == ""
}

// Connect is what the button Test Connection does: it asks for a user and a
// group that nobody is, and wants two empty lists.
func (c *Cycle) Connect(ctx context.Context) error {
	var refused error
	err := c.play(ctx, phase{"test connection", 1, func(s *step, _ int) {
		empty := []check{anyStatus(http.StatusOK), scimJSON, hits(0)}
		a, ok := s.ask(matchUser(c.strangers[0]), empty...)
		if !ok && a.status != http.StatusOK {
			refused = c.unusable(a)
			return
		}
		s.ask(matchGroup(c.strangers[1]), empty...)
	}})
	return cmp.Or(err, refused)
}

// unusable says why nothing can be played.
func (c *Cycle) unusable(a answer) error {
	switch a.status {
	case 0:
		return fault.New(fault.Unavailable, "nothing answers at %s: start the endpoint or mend the address", c.endpoint.base)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.New(fault.Unauthorized, "%s refuses the token with status %d: issue a new one and try again", c.endpoint.base, a.status)
	}
	return fault.New(fault.Unavailable, "%s answered %d to Test Connection, wanted 200: the address is not that of a SCIM endpoint", c.endpoint.base, a.status)
}
