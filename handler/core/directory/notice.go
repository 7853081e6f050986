package directory

import (
	"context"
	"time"

	"handover/handler/core/fault"
)

// Notice is word of what became of a leave, on its way to the tenant's webhook.
// It is written in the transaction of the move that it tells of.
type Notice struct {
	Leave   ID
	Attempt int
	// State is blocked, parked or done; Code and Reason say why.
	State  LeaveState
	Code   fault.Code
	Reason string
	// At is when the leave moved there.
	At time.Time
	// Tries counts how often it was sent; Due is when it is sent next.
	Tries int
	Due   time.Time
	// ETag is the version of the stored row as it was read, for the store alone.
	ETag string
}

// Noticed tells whether a tenant is told when a leave comes into the state.
func (s LeaveState) Noticed() bool { return s == Blocked || s == Parked || s == Done }

// NoticeOf is word of where a leave has moved, due at once.
func NoticeOf(l Leave) Notice {
	return Notice{Leave: l.ID, Attempt: l.Attempt, State: l.State, Code: l.Code, Reason: l.Reason, At: l.Changed, Due: l.Changed}
}

// Tried is the notice with one more try counted; it is due again after wait, so
// that a process that dies while it sends needs nobody to tell.
func (n Notice) Tried(now time.Time, wait time.Duration) Notice {
	n.Tries++
	n.Due = now.Add(wait)
	return n
}

// NoticeChange is one step of a notice: After in place of Before, or its end.
type NoticeChange struct {
	Before Notice
	// After is nil where the notice has arrived, or is given up.
	After *Notice
	// Activity tells of the end, or is the zero Activity for nothing.
	Activity Activity
}

// Notices is the store of notices that have not arrived.
type Notices interface {
	// DueNotices lists up to limit notices whose time is not after until, the most
	// overdue first.
	DueNotices(ctx context.Context, tenant string, until time.Time, limit int) ([]Notice, error)
	// CommitNotice decides a step: fault.RowChanged when Before is no longer
	// current. It returns After as stored.
	CommitNotice(ctx context.Context, tenant string, change NoticeChange) (Notice, error)
}
