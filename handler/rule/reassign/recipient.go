package reassign

import (
	"context"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Recipient is who receives a leaver's records at this moment: the tenant's
// Master Admin, else the first deputy who is active and not the leaver. There
// is fault.NoRecipient if nobody is left.
func (s *Service) Recipient(ctx context.Context, tenant string, leaver directory.ID) (directory.User, error) {
	t, err := s.Tenants.Tenant(ctx, tenant)
	if err != nil {
		return directory.User{}, err
	}
	for _, name := range append([]string{t.MasterAdmin}, t.Deputies...) {
		if name == "" {
			continue
		}
		user, err := s.Users.UserByName(ctx, tenant, name)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return directory.User{}, err
		}
		if user.Active && user.ID != leaver {
			return user, nil
		}
	}
	return directory.User{}, fault.New(fault.NoRecipient,
		"neither the Master Admin nor a deputy of tenant %q is an active user; provision or name one", tenant)
}

// EnsureLeave makes sure that whatever a disabled or deleted user owns will be
// carried on. It is called after a record came to somebody who may have left at
// that moment. An active user needs nothing. A leave that is still open is made
// to look again; where there is none, a new one begins.
func (s *Service) EnsureLeave(ctx context.Context, tenant string, owner directory.Person) error {
	for {
		user, err := s.Users.User(ctx, tenant, owner.ID)
		gone := fault.Is(err, fault.NotFound)
		if err != nil && !gone {
			return err
		}
		switch {
		case gone:
			return s.follow(ctx, tenant, owner, nil)
		case user.Active:
			return nil
		case !user.Leave.IsZero() && !user.LeaveState.Final():
			err = s.Leaves.Touch(ctx, tenant, user)
		default:
			err = s.follow(ctx, tenant, user.Person(), &user)
		}
		if !fault.Is(err, fault.RowChanged) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// follow opens a leave apart from a deactivation, and sends it.
func (s *Service) follow(ctx context.Context, tenant string, owner directory.Person, row *directory.User) error {
	now := s.Now()
	id, err := directory.NewID(directory.SortUser, now, s.Random)
	if err != nil {
		return err
	}
	_, err = s.Leaves.CommitLeave(ctx, tenant, directory.LeaveChange{
		After: directory.OpenLeave(id, owner, now), Leaver: row,
		Activity: directory.Activity{At: now, Kind: directory.LeaveMoved, Actor: Actor, Target: id, User: owner.ID, Detail: string(directory.Pending)},
	})
	if err != nil {
		return err
	}
	return s.Send(ctx, tenant, id)
}
