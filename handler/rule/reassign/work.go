package reassign

import (
	"context"
	"time"

	"github.com/aws/smithy-go/waiter"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Outcome is what became of one message.
type Outcome struct {
	// State is where the leave stands now; empty when the message was about
	// nothing, or about work that somebody else is doing.
	State directory.LeaveState
	// Moved is how many records this attempt moved.
	Moved int
	// Code says why a leave waits, is blocked or parked.
	Code fault.Code
}

// Work carries out the leave that a message names. It may be called twice for
// the same message, at once or after each other: one of them works, and the
// other finds nothing to do. An error means that not even the leave could be
// read or written, so that the message should come again.
func (s *Service) Work(ctx context.Context, m directory.Message) (Outcome, error) {
	id, ok := directory.ParseID(m.Leave)
	if !ok || !directory.ValidTenantID(m.Tenant) {
		return Outcome{}, fault.New(fault.MessageUnusable, "the message names no leave")
	}
	leave, err := s.Leaves.Leave(ctx, m.Tenant, id)
	if fault.Is(err, fault.NotFound) {
		return Outcome{}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	run := &run{Service: s, tenant: m.Tenant, leave: leave}
	claimed, err := run.claim(ctx)
	if err != nil || !claimed {
		return Outcome{}, err
	}
	if err := run.carryOut(ctx); err != nil {
		return Outcome{Moved: run.moved}, err
	}
	return Outcome{State: run.leave.State, Moved: run.moved, Code: run.leave.Code}, nil
}

// run is one attempt at one leave.
type run struct {
	*Service
	tenant string
	leave  directory.Leave
	// leaver is the user's row as it was read last; nil when it is gone.
	leaver *directory.User
	// deadline is when the attempt yields.
	deadline time.Time
	// number is that of the latest chunk; cursor is the connector's own.
	number int
	cursor string
	moved  int
}

// claim takes the leave for this process, unless another has it or the user is
// back. It merges the user row under its ETag, as a reactivation does: one of
// the two wins.
func (r *run) claim(ctx context.Context) (bool, error) {
	for range 5 {
		path := r.pathToRunning()
		if path == nil {
			return false, nil
		}
		var err error
		if r.leaver, err = r.Service.leaver(ctx, r.tenant, r.leave); err != nil {
			return false, err
		}
		if !r.leave.Owns(r.leaver) {
			return false, r.userReturned(ctx)
		}
		now := r.Now()
		after, err := r.leave.Through(now, now.Add(r.Limits.Lease), path...)
		if err != nil {
			return false, err
		}
		after.Lease, after.Holder = now.Add(r.Limits.Lease), r.Process
		claimed, err := r.commit(ctx, r.tenant, r.leave, after, r.leaver)
		if err == nil {
			r.leave, r.deadline = claimed, now.Add(r.Limits.Run)
			return true, nil
		}
		if !fault.Is(err, fault.RowChanged) {
			return false, err
		}
		if r.leave, err = r.Leaves.Leave(ctx, r.tenant, r.leave.ID); err != nil {
			return false, err
		}
	}
	return false, nil
}

// pathToRunning is how the leave gets to running, or nil when it is not ours to
// take: it is at an end, needs a person, waits for later, or somebody has it.
func (r *run) pathToRunning() []directory.LeaveState {
	switch r.leave.State {
	case directory.Queued:
		return []directory.LeaveState{directory.Running}
	case directory.Pending:
		return []directory.LeaveState{directory.Queued, directory.Running}
	case directory.Waiting:
		if r.overdue(r.leave) {
			return []directory.LeaveState{directory.Queued, directory.Running}
		}
	case directory.Running:
		if r.overdue(r.leave) {
			return []directory.LeaveState{directory.Waiting, directory.Queued, directory.Running}
		}
	}
	return nil
}

// carryOut moves chunk after chunk until nothing is left, and then settles the
// leave. Recipient and leaver are read anew before each chunk, so that what
// happened to either during the one before is seen.
func (r *run) carryOut(ctx context.Context) error {
	// Before a first attempt nobody has moved anything.
	if r.leave.Attempt > 1 {
		var err error
		if r.leave, r.number, err = r.resume(ctx, r.tenant, r.leave); err != nil {
			return r.settleFault(ctx, err)
		}
	}
	for {
		leaver, err := r.Service.leaver(ctx, r.tenant, r.leave)
		if err != nil {
			return r.settleFault(ctx, err)
		}
		r.leaver = leaver
		recipient, err := r.recipient(ctx)
		if err != nil {
			return r.settleFault(ctx, err)
		}
		if !r.leave.Owns(r.leaver) {
			return r.userReturned(ctx)
		}
		if !r.Now().Before(r.deadline) {
			return r.yield(ctx)
		}
		finished, err := r.chunk(ctx, recipient)
		if err != nil {
			return r.settleFault(ctx, err)
		}
		if finished {
			settled, err := r.finish(ctx)
			if err != nil || settled {
				return err
			}
		}
	}
}

// recipient is who gets the next chunk. If it is no longer who got the last
// one, that user may have left while records were on their way, and then needs
// a leave for them.
func (r *run) recipient(ctx context.Context) (directory.Person, error) {
	last := r.leave.Recipient
	recipient, err := r.Recipient(ctx, r.tenant, r.leave.Leaver.ID)
	if r.number > 0 && !last.ID.IsZero() && (err != nil || recipient.ID != last.ID) {
		if ensured := r.EnsureLeave(ctx, r.tenant, last); ensured != nil {
			return directory.Person{}, ensured
		}
	}
	return recipient.Person(), err
}

// chunk moves the next records. It says finished when there were none.
func (r *run) chunk(ctx context.Context, to directory.Person) (finished bool, err error) {
	if r.number >= r.Limits.Chunks {
		return false, fault.New(fault.ConnectorEndless, "the leave has %d chunks, which is the most, and there is still no end", r.number)
	}
	moved, err := r.Connector.Move(ctx, directory.Move{
		Tenant: r.tenant, Leave: r.leave.ID, Number: r.number + 1,
		From: r.leave.Leaver, To: to, At: r.Now(), Cursor: r.cursor,
	})
	if err != nil {
		return false, err
	}
	r.cursor = moved.Cursor
	if len(moved.Records) == 0 && moved.Finished {
		return true, nil
	}
	r.number++
	if !moved.To.IsZero() {
		if err := r.EnsureLeave(ctx, r.tenant, directory.Person{ID: moved.To}); err != nil {
			return false, err
		}
	}
	r.moved += len(moved.Records)
	r.leaveAfter(to, len(moved.Records))
	return false, nil
}

// leaveAfter notes what a chunk moved; it is written with the next move.
func (r *run) leaveAfter(to directory.Person, records int) {
	r.leave.Recipient = to
	r.leave.Moved += records
	r.leave.Failures, r.leave.Code, r.leave.Reason = 0, "", ""
}

// finish settles a leave with nothing left. If the leaver's row changed since
// before the last look at the records (a record was put for them, or they came
// back), it is not settled, and the loop looks again.
func (r *run) finish(ctx context.Context) (bool, error) {
	after, err := r.leave.MoveTo(directory.Done, r.Now(), time.Time{})
	if err != nil {
		return false, err
	}
	after.Failures, after.Code, after.Reason = 0, "", ""
	done, err := r.commit(ctx, r.tenant, r.leave, after, r.leaver)
	if err == nil {
		r.leave = done
		return true, nil
	}
	if !fault.Is(err, fault.RowChanged) {
		return false, err
	}
	return r.lost(ctx)
}

// lost tells whether the leave itself was taken over, after a commit that
// failed because something had changed.
func (r *run) lost(ctx context.Context) (bool, error) {
	current, err := r.Leaves.Leave(ctx, r.tenant, r.leave.ID)
	if err != nil {
		return false, err
	}
	return current.ETag != r.leave.ETag, nil
}

// settleFault ends the attempt because of a fault: blocked without a recipient,
// waiting where another try may help, parked where it cannot.
func (r *run) settleFault(ctx context.Context, err error) error {
	f := fault.Of(err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case f.Code == fault.RowChanged:
		return r.yield(ctx)
	case f.Code == fault.NoRecipient:
		return r.settle(ctx, directory.Blocked, r.Limits.LookFirst, f)
	case f.Code == fault.ConnectorRefused:
		// One expired key must not park every leave of a tenant.
		return r.settle(ctx, directory.Waiting, f.RetryAfter, f)
	case !fault.Retryable(err) || r.leave.Failures+1 >= r.Limits.Failures:
		return r.settle(ctx, directory.Parked, lookAtParked, f)
	}
	r.leave.Failures++
	return r.settle(ctx, directory.Waiting, max(r.delay(r.leave.Failures), f.RetryAfter), f)
}

// delay grows with the failures in a row, with jitter. ComputeDelay wants the
// time that is left to be more than its bounds, so it gets ten times the larger.
func (s *Service) delay(failures int) time.Duration {
	wait, err := waiter.ComputeDelay(int64(failures), s.Limits.RetryFirst, s.Limits.RetryLast, 10*s.Limits.RetryLast)
	if err != nil {
		return s.Limits.RetryLast
	}
	return wait
}

// userReturned ends the attempt because the leave no longer speaks for its user.
func (r *run) userReturned(ctx context.Context) error {
	ended, err := r.Service.userReturned(ctx, r.tenant, r.leave)
	if err == nil {
		r.leave = ended
	}
	return ignoreChanged(err)
}

// yield ends the attempt with work left, and sends the next one at once.
func (r *run) yield(ctx context.Context) error {
	if err := r.settle(ctx, directory.Waiting, 0, nil); err != nil {
		return err
	}
	return r.Send(ctx, r.tenant, r.leave.ID)
}

// settle writes the end of this attempt. A leaver who came back meanwhile, or a
// row that changed, is left to the next attempt, which the due row ensures.
func (r *run) settle(ctx context.Context, to directory.LeaveState, wait time.Duration, why *fault.Fault) error {
	now := r.Now()
	after, err := r.leave.MoveTo(to, now, now.Add(wait))
	if err != nil {
		return err
	}
	if why != nil {
		after.Code, after.Reason = why.Code, why.Message
	}
	settled, err := r.commit(ctx, r.tenant, r.leave, after, r.leaver)
	if fault.Is(err, fault.RowChanged) {
		settled, err = r.commit(ctx, r.tenant, r.leave, after, nil)
	}
	if err == nil {
		r.leave = settled
	}
	return ignoreChanged(err)
}
