package history

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// leavePage is how many leaves are read at once.
	leavePage = 500
	// eraseTries is how often a leave is written that somebody else moves.
	eraseTries = 8
)

// Erasure is what one step of an erasure came to.
type Erasure struct {
	// Users are the ids that the person had; a person who was deleted and made
	// anew had several.
	Users []directory.ID
	// Leaves, Chunks and Lines are how many rows lost something by this step.
	Leaves, Chunks, Lines int
	// Next continues the erasure; empty once nothing is left to do.
	Next string
}

// Erase takes out what still tells who a deleted user was: userName and
// externalId from leaves, titles from the journal, details from the history. Ids
// and counts stay. who is the user's id or userName.
//
// A history can be long, so one call looks at a part of it; the next one
// continues from Next. It may be repeated. A user who still exists, or one whose
// leave has not ended, is fault.Conflict; fault.NotFound if nothing is known of
// the name.
func (s *Service) Erase(ctx context.Context, tenant, actor, who, from string) (Erasure, error) {
	if _, err := s.tenant(ctx, tenant); err != nil {
		return Erasure{}, fmt.Errorf("history: erase: %w", err)
	}
	leaves, err := s.leaves(ctx, tenant)
	if err != nil {
		return Erasure{}, err
	}
	ids, err := s.identify(ctx, tenant, who, leaves)
	if err != nil {
		return Erasure{}, err
	}
	done := Erasure{Users: ids}
	done.Lines, done.Next, err = s.History.EraseActivities(ctx, tenant, ids, from)
	if err != nil {
		return done, fmt.Errorf("history: erase activity: %w", err)
	}
	if done.Next != "" {
		return done, nil
	}
	// The names go last: by them an erasure that was cut off finds its way again.
	if err := s.eraseLeaves(ctx, tenant, leaves, &done); err != nil {
		return done, err
	}
	return done, s.noteErased(ctx, tenant, actor, &done)
}

func (s *Service) leaves(ctx context.Context, tenant string) (all []directory.Leave, err error) {
	for before := (directory.ID{}); ; before = all[len(all)-1].ID {
		page, err := s.Leaves.ListLeaves(ctx, tenant, before, leavePage)
		if err != nil {
			return nil, fmt.Errorf("history: read leaves: %w", err)
		}
		if all = append(all, page...); len(page) < leavePage {
			return all, nil
		}
	}
}

// identify finds the ids of a deleted user, and refuses where it is too early.
func (s *Service) identify(ctx context.Context, tenant, who string, leaves []directory.Leave) ([]directory.ID, error) {
	if who == "" {
		return nil, fault.New(fault.InvalidValue, "user must be the id or userName of a deleted user, for example \"ann@acme.com\"")
	}
	id, byID := directory.ParseID(who)
	var err error
	if byID {
		_, err = s.Users.User(ctx, tenant, id)
	} else {
		_, err = s.Users.UserByName(ctx, tenant, who)
	}
	switch {
	case err == nil:
		return nil, fault.New(fault.Conflict, "the user still exists; delete the user in the directory first, and erase then")
	case !fault.Is(err, fault.NotFound):
		return nil, fmt.Errorf("history: look for the user: %w", err)
	}
	ids := idsOf(leaves, who)
	if byID {
		ids = []directory.ID{id}
	}
	if len(ids) == 0 {
		return nil, fault.New(fault.NotFound, "no leave of this tenant names such a user; where the name has been erased already, give the id")
	}
	return ids, s.ended(ctx, tenant, ids, leaves)
}

// idsOf are the ids under which leaves name a user.
func idsOf(leaves []directory.Leave, userName string) (ids []directory.ID) {
	for _, l := range leaves {
		for _, p := range []directory.Person{l.Leaver, l.Recipient} {
			if strings.EqualFold(p.UserName, userName) && !slices.Contains(ids, p.ID) {
				ids = append(ids, p.ID)
			}
		}
	}
	return ids
}

// ended refuses users of whom something still has to be done: one who exists
// under another name by now, and one whose records are not handed over yet.
func (s *Service) ended(ctx context.Context, tenant string, ids []directory.ID, leaves []directory.Leave) error {
	for _, id := range ids {
		switch _, err := s.Users.User(ctx, tenant, id); {
		case err == nil:
			return fault.New(fault.Conflict, "the user %s still exists under another userName; delete the user in the directory first, and erase then", id)
		case !fault.Is(err, fault.NotFound):
			return fmt.Errorf("history: look for the user: %w", err)
		}
	}
	for _, l := range leaves {
		if !l.State.Final() && slices.Contains(ids, l.Leaver.ID) {
			return fault.New(fault.Conflict, "the leave %s of the user is %s; erase once the records are handed over", l.ID, l.State)
		}
	}
	return nil
}

func (s *Service) eraseLeaves(ctx context.Context, tenant string, leaves []directory.Leave, done *Erasure) error {
	for _, l := range leaves {
		if slices.Contains(done.Users, l.Leaver.ID) {
			n, err := s.History.EraseChunks(ctx, tenant, l.ID)
			done.Chunks += n
			if err != nil {
				return fmt.Errorf("history: erase journal: %w", err)
			}
		}
		erased, err := s.eraseLeave(ctx, tenant, l, done.Users)
		if err != nil {
			return fmt.Errorf("history: erase leave: %w", err)
		}
		if erased {
			done.Leaves++
		}
	}
	return nil
}

// eraseLeave leaves of persons on a leave nothing but their ids.
func (s *Service) eraseLeave(ctx context.Context, tenant string, l directory.Leave, ids []directory.ID) (erased bool, err error) {
	for range eraseTries {
		after := l
		after.Leaver, after.Recipient = bare(l.Leaver, ids), bare(l.Recipient, ids)
		if after.Leaver == l.Leaver && after.Recipient == l.Recipient {
			return false, nil
		}
		_, err = s.Leaves.CommitLeave(ctx, tenant, directory.LeaveChange{Before: &l, After: after})
		if !fault.Is(err, fault.RowChanged) {
			return err == nil, err
		}
		if l, err = s.Leaves.Leave(ctx, tenant, l.ID); err != nil {
			return false, err
		}
	}
	return false, fault.New(fault.Unavailable, "the leave %s is being changed all the time; try again", l.ID)
}

func bare(p directory.Person, ids []directory.ID) directory.Person {
	if slices.Contains(ids, p.ID) {
		return directory.Person{ID: p.ID}
	}
	return p
}

func (s *Service) noteErased(ctx context.Context, tenant, actor string, done *Erasure) error {
	for _, id := range done.Users {
		line := directory.Activity{At: s.Now().UTC(), Kind: directory.UserErased, Actor: actor, Target: id}
		if err := s.History.Note(ctx, tenant, line); err != nil {
			return fmt.Errorf("history: note the erasure: %w", err)
		}
	}
	return nil
}
