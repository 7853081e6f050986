package reassign

import (
	"context"
	"fmt"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// DeadLettered takes note of a message that the queue has given up, and sees
// that its leave goes on. If the leave still waited for that message, the
// attempt counts as failed: the next one is due after the growing delay of
// failures, or a person is asked to look. A leave that has gone on without the
// message is left alone. An error means that the storage could not be asked.
func (s *Service) DeadLettered(ctx context.Context, m directory.Message) error {
	id, ok := directory.ParseID(m.Leave)
	if !ok || !directory.ValidTenantID(m.Tenant) {
		return fault.New(fault.MessageUnusable, "the message names no leave")
	}
	for {
		leave, err := s.Leaves.Leave(ctx, m.Tenant, id)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		line := directory.Activity{
			At: s.Now(), Kind: directory.MessageDeadLettered, Actor: Actor, Target: id, User: leave.Leaver.ID, Detail: fmt.Sprint("attempt ", m.Attempt),
		}
		if !s.waitsFor(leave, m.Attempt) {
			return s.Leaves.Note(ctx, m.Tenant, line)
		}
		err = s.countDeadLetter(ctx, m.Tenant, leave, line)
		if !fault.Is(err, fault.RowChanged) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// waitsFor tells whether nothing but the message of an attempt would have
// driven the leave on: it was not taken, or whoever took it is gone.
func (s *Service) waitsFor(leave directory.Leave, attempt int) bool {
	waits := leave.State == directory.Queued || leave.State == directory.Running && s.overdue(leave)
	return waits && leave.Attempt == attempt
}

// countDeadLetter makes the leave wait for its next attempt, or parks it after
// too many failures.
func (s *Service) countDeadLetter(ctx context.Context, tenant string, leave directory.Leave, line directory.Activity) error {
	leaver, err := s.leaver(ctx, tenant, leave)
	if err != nil {
		return err
	}
	if !leave.Owns(leaver) {
		leaver = nil
	}
	failed := leave
	failed.Failures++
	failed.Code = fault.Unavailable
	failed.Reason = "every delivery of the leave's message failed; the log of the function reassign says why"
	now := s.Now()
	due, path := now.Add(s.delay(failed.Failures)), []directory.LeaveState{directory.Waiting}
	if failed.Failures >= s.Limits.Failures {
		due, path = now.Add(lookAtParked), append(path, directory.Parked)
	}
	after, err := failed.Through(now, due, path...)
	if err != nil {
		return err
	}
	_, err = s.decide(ctx, tenant, directory.LeaveChange{Before: &leave, After: after, Leaver: leaver, Activity: line})
	return err
}
