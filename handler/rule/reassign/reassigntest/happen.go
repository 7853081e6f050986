package reassigntest

import (
	"slices"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// happen lets one thing happen.
func (w *walk) happen() {
	acts := []func(){
		w.deactivate, w.deactivateThrough, w.deactivateThrough, w.delete, w.reactivate, w.reactivate, w.reactivate, w.reactivate, w.nameMasterAdmin,
		w.deliver, w.deliver, w.deliver, w.deliverTwice, w.takeOver, w.sweep, w.sweep, w.fail, w.put, w.put, w.putLate, w.close, w.handBack, w.handBack, w.replay, w.wait,
	}
	acts[w.pick(len(acts))]()
}

// user is one of the people; ok is false for one who was deleted.
func (w *walk) user() (user directory.User, ok bool) {
	user, err := w.User(w.Context(), tenant, w.people[w.pick(len(w.people))])
	if fault.Is(err, fault.NotFound) {
		return user, false
	}
	w.must(err)
	return user, true
}

// change commits what the directory wants, with the leave that it begins.
func (w *walk) change(before directory.User, after *directory.User) (leave directory.ID) {
	c := directory.UserChange{Before: &before, After: after}
	if c.BeginsLeave() {
		opened := directory.OpenLeave(w.id(), before.Person(), w.now)
		c.Leave, leave = &opened, opened.ID
		w.left[before.ID] = true
		if after != nil {
			after.Leave, after.LeaveState = opened.ID, opened.State
		}
	}
	_, err := w.CommitUser(w.Context(), tenant, c)
	w.must(err)
	return leave
}

// disable deactivates one of the people, if they are active.
func (w *walk) disable() (leave directory.ID, ok bool) {
	user, ok := w.user()
	if !ok || !user.Active {
		return directory.ID{}, false
	}
	after := user
	after.Active = false
	return w.change(user, &after), true
}

func (w *walk) deactivate() { w.disable() }

// deactivateThrough deactivates somebody whose leave is carried out at once, as
// far as it goes, by a process that nothing disturbs.
func (w *walk) deactivateThrough() {
	leave, ok := w.disable()
	if !ok {
		return
	}
	quiet := w.quiet
	w.quiet = true
	w.in(w.open("undisturbed"), func(c *call) {
		_, _ = c.Service.Work(w.Context(), directory.Message{Tenant: tenant, Leave: leave.String()})
	})
	w.quiet = quiet
}

func (w *walk) delete() {
	if user, ok := w.user(); ok && w.pick(4) == 0 {
		w.change(user, nil)
	}
}

func (w *walk) reactivate() {
	if user, ok := w.user(); ok && !user.Active {
		after := user
		after.Active = true
		w.change(user, &after)
	}
}

// nameMasterAdmin appoints one of the first four people, or nobody.
func (w *walk) nameMasterAdmin() {
	before, err := w.Tenant(w.Context(), tenant)
	w.must(err)
	after := before
	if n := w.pick(5); n < 4 {
		after.MasterAdmin = names[n]
		w.appointed[w.people[n]] = true
	} else {
		after.MasterAdmin = "nobody"
	}
	_, err = w.ChangeTenant(w.Context(), directory.TenantChange{Before: before, After: after})
	w.must(err)
}

func (w *walk) deliver() {
	if len(w.messages) > 0 {
		m := w.messages[0]
		w.messages = w.messages[1:]
		w.process(func(c *call) { _, _ = c.Service.Work(w.Context(), m) })
	}
}

// deliverTwice leaves the message in the queue while it is worked on.
func (w *walk) deliverTwice() {
	if len(w.messages) > 0 {
		m := w.messages[0]
		w.process(func(c *call) { _, _ = c.Service.Work(w.Context(), m) })
	}
}

func (w *walk) sweep() {
	w.process(func(c *call) { _, _ = c.Service.Sweep(w.Context()) })
}

func (w *walk) fail() {
	w.trouble = []error{nil, nil, fault.New(fault.Unavailable, "away"), fault.New(fault.InvalidValue, "never")}[w.pick(4)]
	w.deaf = w.pick(4) == 0
}

func (w *walk) wait() { w.pass(time.Duration(15*w.pick(64)) * time.Second) }

// pass lets time go by.
func (w *walk) pass(d time.Duration) {
	if w.paused == 0 {
		w.now = w.now.Add(d)
	}
}

// takeOver lets so much time pass that whoever works counts as dead.
func (w *walk) takeOver() {
	w.pass(time.Hour)
	w.sweep()
	w.deliver()
}

// put gives a user a record, or takes it from another, at once or later: the
// user is active, and need not be so any more when the record is written.
func (w *walk) put() {
	id := recordID(w.pick(touched))
	owner, ok := w.user()
	if _, closed := w.closed[id]; closed || !ok || !owner.Active || slices.Contains(w.unanswered, id) {
		return
	}
	w.unanswered = append(w.unanswered, id)
	w.checked = append(w.checked, w.give(id, owner.ID))
	if w.pick(2) == 0 {
		w.putLate()
	}
}

// putLate writes the record that was checked last.
func (w *walk) putLate() {
	last := len(w.checked) - 1
	if last < 0 {
		return
	}
	record := w.checked[last]
	w.checked = w.checked[:last]
	w.process(func(c *call) {
		if c.PutRecord(w.Context(), tenant, record) == nil {
			w.written[record.ID] = true
			c.answer(record.ID)
		}
	})
}

func (w *walk) close() {
	id := recordID(w.pick(touched))
	r, err := w.Record(w.Context(), tenant, "quote", id)
	if fault.Is(err, fault.NotFound) || slices.Contains(w.unanswered, id) {
		return
	}
	w.must(err)
	r.Status = directory.RecordClosed
	w.must(w.PutRecord(w.Context(), tenant, r))
	w.closed[id] = r.Owner
}

// atWork are the states of a leave that is not at an end.
var atWork = slices.DeleteFunc(directory.LeaveStates(), directory.LeaveState.Final)

// leaves lists all there are.
func (w *walk) leaves() []directory.Leave {
	list, err := w.ListLeaves(w.Context(), tenant, directory.ID{}, 1000)
	w.must(err)
	return list
}

// leavesIn lists those in some states.
func (w *walk) leavesIn(states ...directory.LeaveState) []directory.Leave {
	return slices.DeleteFunc(w.leaves(), func(l directory.Leave) bool { return !slices.Contains(states, l.State) })
}

func (w *walk) handBack() {
	if list := w.leavesIn(directory.Stopped, directory.Done, directory.HandingBack); len(list) > 0 {
		id := list[w.pick(len(list))].ID
		w.process(func(c *call) { _, _ = c.Service.HandBack(w.Context(), "operator", tenant, id) })
	}
}

func (w *walk) replay() {
	if list := w.leavesIn(directory.Parked, directory.Blocked); len(list) > 0 {
		id := list[w.pick(len(list))].ID
		w.process(func(c *call) { _, _ = c.Service.Replay(w.Context(), "operator", tenant, id) })
	}
}
