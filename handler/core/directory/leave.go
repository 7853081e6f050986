package directory

import (
	"slices"
	"time"

	"handover/handler/core/fault"
)

// LeaveState is where a leave stands.
type LeaveState string

// The states of a leave.
const (
	// Pending is written with the deactivation and not yet sent.
	Pending LeaveState = "pending"
	// Queued has a message under way for the present attempt.
	Queued LeaveState = "queued"
	// Running is claimed; its records are being moved.
	Running LeaveState = "running"
	// Waiting goes on at its due time, after a fault that may pass or to yield.
	Waiting LeaveState = "waiting"
	// Blocked has no active recipient.
	Blocked LeaveState = "blocked"
	// Parked needs a person: it is refused for good, or was tried too often.
	Parked LeaveState = "parked"
	// Stopped had begun when the user came back; a part is moved.
	Stopped LeaveState = "stopped"
	// Done has moved all there was.
	Done LeaveState = "done"
	// HandingBack is returning what it had moved.
	HandingBack LeaveState = "handing back"
	// Cancelled ended before anything moved, because the user came back.
	Cancelled LeaveState = "cancelled"
	// HandedBack has returned what it had moved.
	HandedBack LeaveState = "handed back"
)

// legalMoves is the one picture of a leave's life; ARCHITECTURE.md draws it.
func legalMoves(from LeaveState) []LeaveState {
	switch from {
	case Pending:
		return []LeaveState{Queued, Cancelled}
	case Queued:
		return []LeaveState{Running, Waiting, Cancelled}
	case Running:
		return []LeaveState{Done, Waiting, Blocked, Parked, Stopped}
	case Waiting:
		return []LeaveState{Queued, Cancelled, Parked}
	case Blocked, Parked:
		return []LeaveState{Queued, Cancelled}
	case Stopped:
		return []LeaveState{HandingBack, Done}
	case Done:
		return []LeaveState{HandingBack}
	case HandingBack:
		return []LeaveState{HandedBack, Stopped}
	}
	return nil
}

// LeaveStates lists every state, in the order of a leave's life.
func LeaveStates() []LeaveState {
	return []LeaveState{Pending, Queued, Running, Waiting, Blocked, Parked, Stopped, Done, Cancelled, HandingBack, HandedBack}
}

// Final tells whether a leave in this state needs nothing any more, so that it
// has no due row. Stopped and done are ends, too, until a person asks for a
// hand-back.
func (s LeaveState) Final() bool {
	return s == Done || s == Cancelled || s == HandedBack || s == Stopped
}

// Person names a user towards the business application.
type Person struct {
	ID         ID     `json:"id"`
	UserName   string `json:"userName"`
	ExternalID string `json:"externalId,omitempty"`
}

// Person is how a user is named towards the business application.
func (u *User) Person() Person {
	return Person{ID: u.ID, UserName: u.UserName, ExternalID: u.ExternalID}
}

// Leave is one deactivation or deletion of one user: the unit of work that
// brings the leaver's open records to a recipient.
type Leave struct {
	ID     ID
	Leaver Person
	State  LeaveState
	// Attempt counts the messages sent; <id>.<attempt> names one.
	Attempt int
	// Failures counts the attempts that failed since a record last moved.
	Failures int
	// Due is when somebody must look at the leave again; zero when it is final.
	Due time.Time
	// Lease is until when a running leave belongs to Holder, the process that
	// claimed it.
	Lease  time.Time
	Holder string
	// Recipient is who got the records, so far; zero while nothing moved.
	Recipient Person
	// Moved counts the records moved, as the journal has them.
	Moved int
	// Code and Reason say why a leave waits, is blocked or parked.
	Code   fault.Code
	Reason string
	// Opened is the time of the deactivation, Changed that of the latest move.
	Opened, Changed time.Time
	// ETag is the version of the stored row as it was read, for the store alone.
	ETag string
}

// OpenLeave is a new leave of a user, pending and due at once.
func OpenLeave(id ID, leaver Person, now time.Time) Leave {
	return Leave{ID: id, Leaver: leaver, State: Pending, Due: now, Opened: now, Changed: now}
}

// MoveTo is the one function by which a leave changes its state. A final state
// clears due time and lease; any other must be looked at again at due.
func (l Leave) MoveTo(to LeaveState, now, due time.Time) (Leave, error) {
	if !slices.Contains(legalMoves(l.State), to) {
		return Leave{}, fault.New(fault.IllegalMove, "the leave is %s and cannot become %s", l.State, to)
	}
	l.State, l.Changed, l.Due = to, now, due
	if to != Running {
		l.Lease, l.Holder = time.Time{}, ""
	}
	if to.Final() {
		l.Due = time.Time{}
	}
	if to == Queued {
		l.Attempt++
	}
	return l, nil
}

// Postpone leaves the state as it is and moves the time of the next look.
func (l Leave) Postpone(due time.Time) Leave {
	l.Due = due
	return l
}

// Through makes several moves in a row, as one change: what stands between is
// legal, but nobody needs to see it.
func (l Leave) Through(now, due time.Time, states ...LeaveState) (Leave, error) {
	var err error
	for _, to := range states {
		if l, err = l.MoveTo(to, now, due); err != nil {
			return Leave{}, err
		}
	}
	return l, nil
}

// Owns tells whether the leave is still the one that speaks for the user row:
// the user is disabled or gone (nil), and no later leave has taken over.
func (l *Leave) Owns(leaver *User) bool {
	return leaver == nil || (!leaver.Active && leaver.Leave == l.ID)
}

// LeaveChange is one move of a leave, committed with its due row and, where the
// leaver still exists, with the state on the user row.
type LeaveChange struct {
	// Before is the leave as it was read; nil opens one apart from a user change.
	Before *Leave
	After  Leave
	// Leaver is the user row as it was read. The change fails with RowChanged if
	// the row is no longer that one, so a reactivation and a claim exclude each
	// other. It is nil when the row is gone or no longer belongs to the leave.
	Leaver *User
	// Activity tells what was done, or is the zero Activity for nothing.
	Activity Activity
	// Notice, if any, tells the tenant's webhook.
	Notice *Notice
}

// Message is what goes through the queue: which leave to work on, and for which
// attempt.
type Message struct {
	Tenant  string `json:"tenant"`
	Leave   string `json:"leave"`
	Attempt int    `json:"attempt"`
}
