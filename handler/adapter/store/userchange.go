package store

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// maxConflicts is how often a change goes again because of rows that it shares
// with other changes of the same process or another one.
const maxConflicts = 50

// userCommit is one try of a user change: its transaction, and what the failure
// of each index means.
type userCommit struct {
	transaction
	change *directory.UserChange
	name   int
	shared []sharedIndex
	// groups are those of a user who is being deleted.
	groups []directory.ID
	at     time.Time
}

// CommitUser decides a change of one user.
func (s *Store) CommitUser(ctx context.Context, tenant string, change directory.UserChange) (directory.User, error) {
	if change.Before != nil && change.Before.ETag == "" {
		return directory.User{}, stale("user", nil)
	}
	c := userCommit{change: &change, shared: sharedIndexes(&change)}
	if err := s.prepareUser(ctx, tenant, &c); err != nil {
		return directory.User{}, err
	}
	for range maxConflicts {
		c.build()
		etag, err := s.commit(ctx, &c.transaction)
		if err == nil {
			return s.afterUser(ctx, &c, etag), nil
		}
		again, err := s.userConflict(ctx, tenant, &c, err)
		if !again {
			return directory.User{}, err
		}
	}
	return directory.User{}, fault.New(fault.StorageBusy, "too many changes at once share an externalId or e-mail address with this one; try again")
}

// userConflict reads a shared index again if that was in the way; any other
// conflict is the caller's.
func (s *Store) userConflict(ctx context.Context, tenant string, c *userCommit, err error) (again bool, _ error) {
	if fault.Is(err, fault.UserCapReached) {
		return false, s.nameBeforeCap(ctx, tenant, c, err)
	}
	failed := table.FailedOperation(err)
	if !conflicted(err) || failed == table.NoOperation {
		return false, fmt.Errorf("store: commit user: %w", err)
	}
	for i := range c.shared {
		if c.shared[i].operation == failed {
			return true, s.readShared(ctx, tenant, &c.shared[i])
		}
	}
	switch {
	case failed == c.name && fault.Is(err, fault.RowExists):
		return false, nameTaken(err)
	case c.change.Before == nil && fault.Is(err, fault.RowExists):
		return false, fault.New(fault.Conflict, "the id of the new user is in use; try again").WithCause(err)
	}
	return false, stale("user", err)
}

// nameBeforeCap tells whoever wants a name that is in use just that, also where
// the cap is reached: a directory that repeats a create after a lost answer must
// learn that it is done.
func (s *Store) nameBeforeCap(ctx context.Context, tenant string, c *userCommit, capped error) error {
	row, err := s.directory.Get(ctx, tenant, nameRow(fold(c.change.After.UserName)))
	switch {
	case fault.Is(err, fault.RowNotFound):
		return capped
	case err != nil:
		return fmt.Errorf("store: read userName index: %w", err)
	case getID(row.Columns.Get("Id")) == c.change.After.ID:
		return capped
	}
	return nameTaken(capped)
}

func nameTaken(cause error) error {
	return fault.New(fault.Uniqueness, "userName is in use by another user of this tenant").WithAttribute("userName").WithCause(cause)
}

// prepareUser reads what the transaction must know: the shared index rows that
// the user leaves, and the groups of a user who goes.
func (s *Store) prepareUser(ctx context.Context, tenant string, c *userCommit) (err error) {
	c.tenant, c.own, c.at = tenant, true, s.now()
	if c.tx, err = s.newTx(); err != nil {
		return err
	}
	reads, readCtx := errgroup.WithContext(ctx)
	for i := range c.shared {
		if !c.shared[i].member {
			reads.Go(func() error { return s.readShared(readCtx, tenant, &c.shared[i]) })
		}
	}
	if c.change.After == nil {
		reads.Go(func() (err error) {
			c.groups, err = s.GroupsOf(readCtx, tenant, c.change.Before.ID)
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return err
	}
	if c.change.Leave != nil || len(c.groups) > 0 {
		return s.hint(ctx, tenant)
	}
	return nil
}

// build writes the transaction down; the user row comes first, so that its
// ETag speaks before anything else.
func (c *userCommit) build() {
	c.operations, c.main, c.name = c.operations[:0], 0, table.NoOperation
	before, after := c.change.Before, c.change.After
	c.delta = directory.Counters{Active: c.change.ActiveDelta()}
	switch {
	case before == nil:
		folded := fold(after.UserName)
		c.delta.Users = 1
		c.insert(userRow(after.ID), userColumns(after, folded, c.tx))
		c.insertName(folded, after.ID)
	case after == nil:
		c.delta.Users = -1
		c.add(table.Delete, userRow(before.ID), before.ETag, nil)
		c.delete(nameRow(fold(before.UserName)))
		if len(c.groups) > 0 {
			c.insert(intentRow(before.ID, c.tx), goneColumns(c.at))
		}
	default:
		was, folded := fold(before.UserName), fold(after.UserName)
		c.add(table.Replace, userRow(after.ID), before.ETag, userColumns(after, folded, c.tx))
		if was != folded {
			c.insertName(folded, after.ID)
			c.delete(nameRow(was))
		}
	}
	for i := range c.shared {
		c.shared[i].operation = c.shared[i].write(&c.transaction)
	}
	if c.change.Leave != nil {
		c.insertLeave(c.change.Leave)
	}
	c.insertActivity(c.change.Activity)
}

func (c *userCommit) insertName(folded string, id directory.ID) {
	c.name = c.insert(nameRow(folded), withID(nil, "Id", id))
}

// afterUser ends a change that is committed.
func (s *Store) afterUser(ctx context.Context, c *userCommit, etag string) directory.User {
	if c.change.After != nil {
		return storedUser(*c.change.After, etag)
	}
	if n := len(c.groups); 0 < n && n <= maxInlineGroups {
		s.tidy(ctx, c.tenant, c.change.Before.ID, c.tx)
	}
	return directory.User{}
}
