// Package reassign is what happens to a leave: it is sent, claimed, carried out
// chunk by chunk, made to wait, blocked, parked or stopped, until every open
// record of the leaver is with the Master Admin. An administrator may ask what a
// leave would move, send one on that waits for a person, and hand records back.
//
// It alone decides between trying again and giving up. Nothing here relies on a
// process living on: each step is one transaction, and whatever was cut off is
// found by its due row.
package reassign

import (
	"context"
	"io"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Actor is the name under which the service's own acts stand in the activity.
const Actor = "reassign"

// lookAtParked is how often the sweep passes by a leave that needs a person.
const lookAtParked = 24 * time.Hour

// Limits are the times by which leaves are paced.
type Limits struct {
	// Run is how long one attempt may work before it yields: well below
	// functionTimeout, because a timed-out invocation kills every request of the
	// process.
	Run time.Duration
	// Lease is how long a claim keeps others away: longer than Run, since it is
	// never renewed.
	Lease time.Duration
	// Resend is after how long a message that nobody took counts as lost; the one
	// after it twice as long, and so on up to Lease.
	Resend time.Duration
	// RetryFirst and RetryLast bound the growing delay after a fault that may
	// pass.
	RetryFirst, RetryLast time.Duration
	// LookFirst and LookLast bound the growing delay between two looks at a
	// blocked leave.
	LookFirst, LookLast time.Duration
	// Failures is after how many failed attempts in a row a leave is parked.
	Failures int
	// Chunks is after how many chunks a leave is parked: an application whose
	// cursor never ends would else be asked forever.
	Chunks int
}

// LimitsWithin are the limits of a deployment whose host lets an invocation run
// for as long as functionTimeout. With the 10 minutes of host.json an attempt
// yields after 4, a claim expires after 5, and a message counts as lost after 1.
func LimitsWithin(functionTimeout time.Duration) Limits {
	return Limits{
		Run: functionTimeout * 4 / 10, Lease: functionTimeout * 5 / 10, Resend: functionTimeout / 10,
		RetryFirst: 2 * time.Second, RetryLast: time.Hour,
		LookFirst: 10 * time.Second, LookLast: time.Hour,
		Failures: 50, Chunks: 20_000,
	}
}

// Service carries leaves out.
type Service struct {
	Users     directory.Users
	Leaves    directory.Leaves
	Notices   directory.Notices
	Tenants   directory.Tenants
	Connector directory.Connector
	Journal   directory.Journal
	Queue     directory.Queue
	Now       func() time.Time
	Random    io.Reader
	// Process names this process as the holder of its claims.
	Process string
	Limits  Limits
	// NoticeWritten hears of each notice of a leave right after it was committed.
	NoticeWritten func(ctx context.Context, tenant string, leave directory.ID)
}

// Send puts a leave that waits for its turn onto the queue: the attempt is
// counted in a transaction first, and names the message. A leave whose user has
// come back ends here. A leave that is somebody else's at this moment, or at an
// end, is left alone.
func (s *Service) Send(ctx context.Context, tenant string, id directory.ID) error {
	return s.drive(ctx, tenant, id, s.overdue)
}

// drive reads a leave and its leaver and does the next thing; stale tells
// whether a queued or running leave may be taken out of the hands it is in.
func (s *Service) drive(ctx context.Context, tenant string, id directory.ID, stale func(directory.Leave) bool) error {
	leave, err := s.Leaves.Leave(ctx, tenant, id)
	if err != nil {
		return err
	}
	if leave.State.Final() {
		return nil
	}
	leaver, err := s.leaver(ctx, tenant, leave)
	if err != nil {
		return err
	}
	held := leave.State == directory.Queued || leave.State == directory.Running || leave.State == directory.HandingBack
	switch {
	case held && !stale(leave):
		return nil
	case leave.State == directory.HandingBack:
		_, err := s.endHandBack(ctx, Actor, tenant, leave, directory.Stopped)
		return ignoreChanged(err)
	case !leave.Owns(leaver):
		_, err := s.userReturned(ctx, tenant, leave)
		return ignoreChanged(err)
	case leave.State == directory.Parked:
		return s.postpone(ctx, tenant, leave, lookAtParked)
	case leave.State == directory.Blocked:
		return s.unblock(ctx, tenant, leave, leaver)
	}
	return s.enqueue(ctx, tenant, leave, leaver)
}

// overdue tells whether a held leave's own time has passed: its message counts
// as lost, or its claim has expired.
func (s *Service) overdue(l directory.Leave) bool { return !s.Now().Before(l.Due) }

// enqueue counts the attempt, then sends its message. If the sending fails, the
// leave is due again after Limits.Resend.
func (s *Service) enqueue(ctx context.Context, tenant string, leave directory.Leave, leaver *directory.User) error {
	path := []directory.LeaveState{directory.Queued}
	if leave.State == directory.Queued || leave.State == directory.Running {
		path = []directory.LeaveState{directory.Waiting, directory.Queued}
	}
	now := s.Now()
	after, err := leave.Through(now, now.Add(s.resendAfter(leave, now)), path...)
	if err != nil {
		return err
	}
	if _, err := s.commit(ctx, tenant, leave, after, leaver); err != nil {
		return ignoreChanged(err)
	}
	return s.Queue.Send(ctx, directory.Message{Tenant: tenant, Leave: leave.ID.String(), Attempt: after.Attempt})
}

// resendAfter is how long a message may stay untaken. Each that follows another
// gets twice the time that one had: the queue may just be long, and every further
// message would make it longer.
func (s *Service) resendAfter(leave directory.Leave, now time.Time) time.Duration {
	if leave.State != directory.Queued {
		return s.Limits.Resend
	}
	return min(max(2*now.Sub(leave.Changed), s.Limits.Resend), s.Limits.Lease)
}

// userReturned ends a leave that no longer speaks for its user: cancelled when
// nothing has moved, else stopped, so that a hand-back can be offered. Whoever
// received something may have left at that moment.
func (s *Service) userReturned(ctx context.Context, tenant string, leave directory.Leave) (directory.Leave, error) {
	if leave.Attempt > 0 {
		var number int
		var err error
		if leave, number, err = s.closeJournal(ctx, tenant, leave); err != nil {
			return directory.Leave{}, err
		}
		if number > 0 && !leave.Recipient.ID.IsZero() {
			if err := s.EnsureLeave(ctx, tenant, leave.Recipient); err != nil {
				return directory.Leave{}, err
			}
		}
	}
	return s.commit(ctx, tenant, leave, s.returned(leave), nil)
}

func (s *Service) returned(leave directory.Leave) directory.Leave {
	now := s.Now()
	paths := [][]directory.LeaveState{
		{directory.Cancelled}, {directory.Stopped}, {directory.Waiting, directory.Cancelled},
	}
	if leave.Moved > 0 {
		paths = [][]directory.LeaveState{
			{directory.Stopped}, {directory.Running, directory.Stopped}, {directory.Queued, directory.Running, directory.Stopped},
		}
	}
	for _, path := range paths {
		if after, err := leave.Through(now, now, path...); err == nil {
			return after
		}
	}
	return leave
}

// unblock sends a blocked leave on if there is a recipient now, else looks
// again after as long as it has been blocked already.
func (s *Service) unblock(ctx context.Context, tenant string, leave directory.Leave, leaver *directory.User) error {
	_, err := s.Recipient(ctx, tenant, leave.Leaver.ID)
	if fault.Is(err, fault.NoRecipient) {
		blocked := s.Now().Sub(leave.Changed)
		return s.postpone(ctx, tenant, leave, min(max(blocked, s.Limits.LookFirst), s.Limits.LookLast))
	}
	if err != nil {
		return err
	}
	return s.enqueue(ctx, tenant, leave, leaver)
}

func (s *Service) postpone(ctx context.Context, tenant string, leave directory.Leave, wait time.Duration) error {
	_, err := s.Leaves.CommitLeave(ctx, tenant, directory.LeaveChange{
		Before: &leave, After: leave.Postpone(s.Now().Add(wait)),
	})
	return ignoreChanged(err)
}

// leaver reads the user of a leave; nil when the row is gone.
func (s *Service) leaver(ctx context.Context, tenant string, leave directory.Leave) (*directory.User, error) {
	user, err := s.Users.User(ctx, tenant, leave.Leaver.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &user, nil
}

// commit writes a move, with the leaver's row where it still is the leave's.
func (s *Service) commit(ctx context.Context, tenant string, before, after directory.Leave, leaver *directory.User) (directory.Leave, error) {
	return s.commitFor(ctx, Actor, tenant, before, after, leaver)
}

// commitFor is commit in the name of an operator.
func (s *Service) commitFor(ctx context.Context, by, tenant string, before, after directory.Leave, leaver *directory.User) (directory.Leave, error) {
	return s.decide(ctx, tenant, directory.LeaveChange{
		Before: &before, After: after, Leaver: leaver,
		Activity: directory.Activity{
			At: s.Now(), Kind: directory.LeaveMoved, Actor: by, Target: before.ID, User: before.Leaver.ID, Detail: string(after.State),
		},
	})
}

// ignoreChanged takes a lost race as a success: whoever won has moved the leave
// on, and its due row is in place.
func ignoreChanged(err error) error {
	if fault.Is(err, fault.RowChanged) {
		return nil
	}
	return err
}
