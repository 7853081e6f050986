package reassign

import (
	"context"
	"errors"
	"slices"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// HandBack is what became of the records that a leave had moved.
type HandBack struct {
	Leave directory.Leave
	// Returned are with the leaver again, by this hand-back or by one before it
	// that was cut off.
	Returned []directory.MovedRecord
	// Kept stay where they are: they were closed, given to somebody else or
	// deleted since they were moved.
	Kept []directory.MovedRecord
}

// HandBack returns what a leave has moved to the user who had left and is active
// again: what the journal says was moved, as far as it is still open and with
// whoever received it. It is journalled like a move, and may be repeated after
// it was cut off; of a leave that is handed back it tells what was done. It is
// fault.IllegalMove where the leave is neither stopped nor done, and
// fault.Conflict where the user is not active. by names the operator in the
// activity.
func (s *Service) HandBack(ctx context.Context, by, tenant string, id directory.ID) (HandBack, error) {
	leave, err := s.leaveOf(ctx, tenant, id)
	if err != nil {
		return HandBack{}, err
	}
	if leave.State == directory.HandedBack {
		return s.handedBack(ctx, tenant, leave)
	}
	if leave, err = s.beginHandBack(ctx, by, tenant, leave); err != nil {
		return HandBack{}, err
	}
	h := &handBack{Service: s, tenant: tenant, leave: leave, deadline: s.Now().Add(s.Limits.Run)}
	if err := h.carryOut(ctx); err != nil {
		// The end is written even if the caller has hung up.
		_, ended := s.endHandBack(context.WithoutCancel(ctx), by, tenant, leave, directory.Stopped)
		return HandBack{}, errors.Join(err, ignoreChanged(ended))
	}
	if leave, err = s.endHandBack(ctx, by, tenant, leave, directory.HandedBack); err != nil {
		return HandBack{}, err
	}
	return s.handedBack(ctx, tenant, leave)
}

// beginHandBack takes the leave: of two hand-backs at once one goes on.
func (s *Service) beginHandBack(ctx context.Context, by, tenant string, leave directory.Leave) (directory.Leave, error) {
	path := []directory.LeaveState{directory.HandingBack}
	switch {
	case leave.State == directory.Stopped || leave.State == directory.Done:
	case leave.State == directory.HandingBack && s.overdue(leave):
		path = []directory.LeaveState{directory.Stopped, directory.HandingBack}
	case leave.State == directory.HandingBack:
		return directory.Leave{}, fault.New(fault.IllegalMove, "the records of the leave are being handed back at this moment; ask for the leave to see how it goes")
	default:
		return directory.Leave{}, fault.New(fault.IllegalMove, "the leave is %s; only what a leave has moved that is stopped or done is handed back", leave.State)
	}
	leaver, err := s.leaver(ctx, tenant, leave)
	if err != nil {
		return directory.Leave{}, err
	}
	if leaver == nil || !leaver.Active {
		return directory.Leave{}, notActive()
	}
	now := s.Now()
	after, err := leave.Through(now, now.Add(s.Limits.Lease), path...)
	if err != nil {
		return directory.Leave{}, err
	}
	return s.commitFor(ctx, by, tenant, leave, after, nil)
}

func notActive() *fault.Fault {
	return fault.New(fault.Conflict,
		"the user who left is disabled or deleted, and records go back to an active user only; have the directory enable the user first")
}

// endHandBack writes how a hand-back ended. Before that it looks at the user
// once more: who left while records came back gets a leave for them.
func (s *Service) endHandBack(ctx context.Context, by, tenant string, leave directory.Leave, to directory.LeaveState) (directory.Leave, error) {
	if err := s.EnsureLeave(ctx, tenant, leave.Leaver); err != nil {
		return directory.Leave{}, err
	}
	after, err := leave.MoveTo(to, s.Now(), time.Time{})
	if err != nil {
		return directory.Leave{}, err
	}
	return s.commitFor(ctx, by, tenant, leave, after, nil)
}

// handedBack reads from the journal what was returned and what was not.
func (s *Service) handedBack(ctx context.Context, tenant string, leave directory.Leave) (HandBack, error) {
	journal, err := s.Journal.Chunks(ctx, tenant, leave.ID)
	if err != nil {
		return HandBack{}, err
	}
	back := HandBack{Leave: leave, Returned: directory.HandedBackBy(leave.Leaver.ID, journal)}
	for _, holding := range directory.Holdings(leave.Leaver.ID, journal) {
		back.Kept = append(back.Kept, holding.Records...)
	}
	return back, nil
}

// handBack is one attempt at returning what a leave has moved.
type handBack struct {
	*Service
	tenant string
	leave  directory.Leave
	// deadline is when the attempt gives up, well before its claim ends.
	deadline time.Time
	// number is that of the latest chunk of the journal.
	number int
}

// carryOut returns chunk after chunk, from each user who received some.
func (h *handBack) carryOut(ctx context.Context) error {
	journal, err := h.Journal.Chunks(ctx, h.tenant, h.leave.ID)
	if err != nil {
		return err
	}
	if n := len(journal); n > 0 {
		h.number = journal[n-1].Number
	}
	for _, holding := range directory.Holdings(h.leave.Leaver.ID, journal) {
		holder, err := h.person(ctx, h.tenant, holding.Holder)
		if err != nil {
			return err
		}
		for records := range slices.Chunk(holding.Records, directory.MaxChunk) {
			if err := h.chunk(ctx, holder, records); err != nil {
				return err
			}
		}
	}
	return nil
}

// chunk returns some records. The user is read anew before each, so that one who
// leaves again does not get more.
func (h *handBack) chunk(ctx context.Context, from directory.Person, records []directory.MovedRecord) error {
	leaver, err := h.leaver(ctx, h.tenant, h.leave)
	switch {
	case err != nil:
		return err
	case leaver == nil || !leaver.Active:
		return notActive()
	case !h.Now().Before(h.deadline):
		return fault.New(fault.Unavailable, "there is more to hand back than fits into one call; repeat it, and it goes on where it ended")
	}
	_, err = h.Connector.Move(ctx, directory.Move{
		Tenant: h.tenant, Leave: h.leave.ID, Number: h.number + 1,
		From: from, To: leaver.Person(), At: h.Now(), Records: records,
	})
	// An answer without records uses its number up, too: an application may
	// remember it under that number.
	h.number++
	return err
}
