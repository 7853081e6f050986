package reassign_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

// The model test walks through interleavings: before and after everything that
// the rule asks of its ports, anything else may happen, and the process may die.

// killed is what ends a process in a walk.
type killed struct{}

// walk is one tenant, two processes, and whatever happens to them.
type walk struct {
	*rapid.T
	*ledger
	now       time.Time
	processes [2]*reassign.Service
	// depth is how many things are under way within each other.
	depth int
	// quiet lets nothing more happen between two steps.
	quiet  bool
	leaves byte
	// left are the users who were ever disabled or deleted.
	left map[directory.ID]bool
	// unanswered are records that the application puts until it is answered.
	unanswered []string
	closed     map[string]directory.ID
}

func newWalk(t *rapid.T) *walk {
	w := &walk{T: t, ledger: newLedger(), now: time.Unix(1_800_000_000, 0), left: map[directory.ID]bool{}, closed: map[string]directory.ID{}}
	for i, name := range []string{"ann", "bob", "cid", "eve", "fay"} {
		w.own(w.add(byte(i+1), name), 4)
	}
	for i := range w.processes {
		s := newService(w.ledger, fmt.Sprint("p", i))
		ports := stepped{w}
		s.Users, s.Leaves, s.Connector, s.Journal, s.Queue = ports, ports, ports, ports, ports
		s.Now = func() time.Time { return w.now }
		w.processes[i] = s
	}
	return w
}

// sixBits are uniform, where rapid's numbers lean to the small ones.
var sixBits = rapid.Custom(func(t *rapid.T) (n int) {
	for range 6 {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
})

// pick is one of n, at most 64.
func (w *walk) pick(n int) int { return sixBits.Draw(w.T, "pick") % n }

// step is a moment between two requests of a process.
func (w *walk) step() {
	if w.quiet || w.depth == 0 {
		return
	}
	switch n := w.pick(40); {
	case n == 39:
		panic(killed{})
	case n > 35 && w.depth < 3:
		w.happen()
	}
}

// process runs one call of the rule, which may be killed.
func (w *walk) process(call func(*reassign.Service)) {
	w.depth++
	defer func() {
		w.depth--
		if end := recover(); end != nil && end != (killed{}) {
			panic(end)
		}
	}()
	call(w.processes[w.pick(2)])
}

// happen lets one thing happen.
func (w *walk) happen() {
	acts := []func(){
		w.deactivate, w.deactivateThrough, w.deactivateThrough, w.delete, w.reactivate, w.reactivate, w.reactivate, w.reactivate, w.nameMasterAdmin, w.deliver, w.deliver, w.deliver, w.deliverTwice,
		w.sweep, w.sweep, w.fail, w.put, w.put, w.close, w.handBack, w.handBack, w.replay, w.wait,
	}
	acts[w.pick(len(acts))]()
}

func (w *walk) user() (directory.User, bool) {
	user, ok := w.users[directory.ID{15: byte(1 + w.pick(5))}]
	return user, ok
}

// leaveNow does what a commit of provision does.
func (w *walk) leaveNow(user directory.User) {
	w.leaves++
	w.left[user.ID] = true
	w.disable(user.ID, w.leaves, w.now)
}

func (w *walk) deactivate() {
	if user, ok := w.user(); ok && user.Active {
		w.leaveNow(user)
	}
}

// deactivateThrough deactivates somebody whose leave is carried out at once, as
// far as it goes, by a process that nothing disturbs.
func (w *walk) deactivateThrough() {
	user, ok := w.user()
	if !ok || !user.Active {
		return
	}
	w.leaveNow(user)
	quiet := w.quiet
	w.quiet = true
	s := newService(w.ledger, "undisturbed")
	s.Now = func() time.Time { return w.now }
	_, _ = s.Work(w.Context(), directory.Message{Tenant: tenantID, Leave: w.users[user.ID].Leave.String()})
	w.quiet = quiet
}

func (w *walk) delete() {
	if user, ok := w.user(); ok && w.pick(4) == 0 {
		if (&directory.UserChange{Before: &user}).BeginsLeave() {
			w.leaveNow(user)
		}
		w.remove(user.ID)
	}
}

func (w *walk) reactivate() {
	if user, ok := w.user(); ok && !user.Active {
		w.enable(user.ID)
	}
}

func (w *walk) nameMasterAdmin() {
	w.tenant.MasterAdmin = []string{"ann", "bob", "cid", "eve", "nobody"}[w.pick(5)]
}

func (w *walk) deliver() {
	if m, ok := w.next(); ok {
		w.process(func(s *reassign.Service) { _, _ = s.Work(w.Context(), m) })
	}
}

// deliverTwice leaves the message in the queue while it is worked on.
func (w *walk) deliverTwice() {
	if len(w.messages) > 0 {
		m := w.messages[0]
		w.process(func(s *reassign.Service) { _, _ = s.Work(w.Context(), m) })
	}
}

func (w *walk) sweep() {
	w.process(func(s *reassign.Service) { _, _ = s.Sweep(w.Context()) })
}

func (w *walk) fail() {
	w.trouble = []error{nil, nil, fault.New(fault.Unavailable, "away"), fault.New(fault.InvalidValue, "never")}[w.pick(4)]
	w.deaf = w.pick(4) == 0
}

func (w *walk) wait() {
	w.now = w.now.Add(time.Duration(15*w.pick(64)) * time.Second)
}

// put gives a user a record, or takes it up again that was not answered.
func (w *walk) put() {
	id := fmt.Sprintf("%04d", w.pick(25))
	owner, ok := w.user()
	if _, closed := w.closed[id]; closed || !ok || !owner.Active || slices.Contains(w.unanswered, id) {
		return
	}
	w.unanswered = append(w.unanswered, id)
	w.process(func(s *reassign.Service) {
		w.step()
		w.records[id] = directory.Record{Type: "quote", ID: id, Owner: owner.ID, Status: directory.RecordOpen}
		w.step()
		w.answer(s, id)
	})
}

// answer ends a put: the owner is looked at again.
func (w *walk) answer(s *reassign.Service, id string) {
	if r, ok := w.records[id]; !ok || s.EnsureLeave(w.Context(), tenantID, directory.Person{ID: r.Owner}) == nil {
		w.unanswered = slices.DeleteFunc(w.unanswered, func(other string) bool { return other == id })
	}
}

func (w *walk) close() {
	id := fmt.Sprintf("%04d", w.pick(25))
	if r, ok := w.records[id]; ok && !slices.Contains(w.unanswered, id) {
		r.Status = directory.RecordClosed
		w.records[id], w.closed[id] = r, r.Owner
	}
}

// leaveIn picks a leave in one of some states.
func (w *walk) leaveIn(states ...directory.LeaveState) (directory.ID, bool) {
	var ids []directory.ID
	for id, l := range w.ledger.leaves {
		if slices.Contains(states, l.State) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return directory.ID{}, false
	}
	slices.SortFunc(ids, func(a, b directory.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids[w.pick(len(ids))], true
}

func (w *walk) handBack() {
	if id, ok := w.leaveIn(directory.Stopped, directory.Done, directory.HandingBack); ok {
		w.process(func(s *reassign.Service) { _, _ = s.HandBack(w.Context(), "operator", tenantID, id) })
	}
}

func (w *walk) replay() {
	if id, ok := w.leaveIn(directory.Parked, directory.Blocked); ok {
		w.process(func(s *reassign.Service) { _, _ = s.Replay(w.Context(), "operator", tenantID, id) })
	}
}

// settle lets everything come to its end, with nothing going wrong any more.
func (w *walk) settle() {
	w.quiet, w.trouble, w.deaf = true, nil, false
	for _, id := range slices.Clone(w.unanswered) {
		w.answer(w.processes[0], id)
	}
	for range 300 {
		for len(w.messages) > 0 {
			w.deliver()
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(w.ledger.leaves)), func(l directory.Leave) bool { return !l.State.Final() }) {
			return
		}
		w.now = w.now.Add(10 * time.Minute)
		w.sweep()
	}
}

// check looks at what the walk has come to.
func (w *walk) check() {
	excused := map[directory.ID]bool{}
	for _, l := range w.ledger.leaves {
		if !l.State.Final() {
			if l.State != directory.Blocked && l.State != directory.Parked || l.Reason == "" {
				w.Errorf("the leave %s is %s for ever, with reason %q", l.ID, l.State, l.Reason)
			}
			excused[l.Leaver.ID] = true
		}
	}
	for id, r := range w.records {
		if owner := w.users[r.Owner]; r.Status == directory.RecordOpen && !owner.Active && !excused[r.Owner] {
			w.Errorf("record %s is with %s, who is not active, and no open leave says why", id, r.Owner)
		}
		if owner, closed := w.closed[id]; closed && owner != r.Owner {
			w.Errorf("record %s was moved after it was closed", id)
		}
	}
	w.checkJournal()
}

// checkJournal wants every chunk to be one of a leave of somebody who had left.
func (w *walk) checkJournal() {
	type entry struct {
		leave  directory.ID
		number int
	}
	seen, taken := map[entry]bool{}, map[directory.ID]int{}
	for _, c := range w.chunks {
		l := w.ledger.leaves[c.Leave]
		leaver := l.Leaver.ID
		if back := c.HandsBack(leaver); !w.left[leaver] || !back && c.From != leaver || c.From == c.To {
			w.Errorf("chunk %d of %s moved from %s to %s, and the leaver is %s", c.Number, c.Leave, c.From, c.To, leaver)
		} else if !back {
			taken[c.Leave] += len(c.Moved)
		}
		if seen[entry{c.Leave, c.Number}] {
			w.Errorf("chunk %d of %s is there twice", c.Number, c.Leave)
		}
		seen[entry{c.Leave, c.Number}] = true
	}
	for id, l := range w.ledger.leaves {
		if l.State == directory.Cancelled && taken[id] > 0 {
			w.Errorf("the leave %s is cancelled and has moved %d", id, taken[id])
		}
		if l.State.Final() && l.Moved != taken[id] {
			w.Errorf("the leave %s is %s and says that it moved %d; the journal has %d", id, l.State, l.Moved, taken[id])
		}
	}
}

// TestWalks is the promise of no orphans, over whatever may happen. Each part is
// a hundred walks, or as many as -rapid.checks says.
func TestWalks(t *testing.T) {
	for part := range 5 {
		t.Run(fmt.Sprint(part), rapid.MakeCheck(func(t *rapid.T) {
			w := newWalk(t)
			for range 10 + w.pick(64) {
				w.happen()
			}
			w.settle()
			w.check()
		}))
	}
}
