// Package records is what the business application asks and tells: which
// records there are and who owns them, who its users are and what they may do.
package records

import (
	"context"
	"fmt"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// Users is what the service needs of the store of users.
type Users interface {
	User(ctx context.Context, tenant string, id directory.ID) (directory.User, error)
	ListUsers(ctx context.Context, tenant string, after directory.ID, limit int) ([]directory.User, error)
}

// Service answers the business application of one tenant at a time.
type Service struct {
	Users   Users
	Members directory.Memberships
	Records directory.Records
	// Recipient finds who receives the records of a leaver at this moment;
	// fault.NoRecipient if there is nobody.
	Recipient func(ctx context.Context, tenant string, leaver directory.ID) (directory.User, error)
	// EnsureLeave makes sure that what a disabled or deleted user owns will be
	// carried on; for an active user it does nothing.
	EnsureLeave func(ctx context.Context, tenant string, owner directory.Person) error
	Now         func() time.Time

	unsettled unsettled
}

// Put creates or replaces a record. Its owner must be a user of the tenant, else
// fault.InvalidValue; the owner of an open record must be active, else
// fault.OwnerDisabled. A closed record may stay with a leaver.
//
// The owner may be disabled between the check and the commit, and the leave may
// already have looked. So the owner is read once more after it, and a record
// that came too late begins a leave of its own.
func (s *Service) Put(ctx context.Context, tenant string, r directory.Record) error {
	if err := r.Check(); err != nil {
		return err
	}
	owner, err := s.Users.User(ctx, tenant, r.Owner)
	if fault.Is(err, fault.NotFound) || (err == nil && !owner.Active && r.Status == directory.RecordOpen) {
		owner.ID = r.Owner
		return s.refuse(ctx, tenant, r, owner, err == nil)
	}
	if err != nil {
		return fmt.Errorf("records: read owner: %w", err)
	}
	if err := s.Records.PutRecord(ctx, tenant, r); err != nil {
		return fmt.Errorf("records: put: %w", err)
	}
	if r.Status == directory.RecordClosed {
		return nil
	}
	return s.carryOn(ctx, tenant, owner)
}

// carryOn opens a leave for an owner who is no longer active.
func (s *Service) carryOn(ctx context.Context, tenant string, owner directory.User) error {
	now, err := s.Users.User(ctx, tenant, owner.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("records: read owner again: %w", err)
	}
	if now.Active {
		return nil
	}
	if err := s.EnsureLeave(ctx, tenant, owner.Person()); err != nil {
		return fmt.Errorf("records: carry on a leaver's record: %w", err)
	}
	return nil
}

// refuse says why a user can own no record. A try before this one may have
// committed the very record and failed or been killed before it looked at the
// owner again, so that is made up for first.
func (s *Service) refuse(ctx context.Context, tenant string, r directory.Record, owner directory.User, exists bool) error {
	kept, err := s.Records.Record(ctx, tenant, r.Type, r.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("records: read: %w", err)
	}
	if err == nil && kept.Owner == owner.ID && kept.Status == directory.RecordOpen {
		if err := s.EnsureLeave(ctx, tenant, owner.Person()); err != nil {
			return fmt.Errorf("records: carry on a leaver's record: %w", err)
		}
	}
	if !exists {
		return fault.New(fault.InvalidValue, "owner: no user of this tenant has the id %s; take one from GET users", owner.ID)
	}
	recipient, err := s.Recipient(ctx, tenant, owner.ID)
	switch {
	case fault.Is(err, fault.NoRecipient):
		return fault.New(fault.OwnerDisabled, "owner: the user %s is disabled, and nobody receives the records yet; put the record with an active user as owner", owner.ID)
	case err != nil:
		return fmt.Errorf("records: find recipient: %w", err)
	}
	return fault.New(fault.OwnerDisabled, "owner: the user %s is disabled; the records go to %s, id %s; put the record with that owner",
		owner.ID, recipient.UserName, recipient.ID)
}

// Get reads a record; fault.NotFound if there is none.
func (s *Service) Get(ctx context.Context, tenant, recordType, id string) (directory.Record, error) {
	if err := directory.CheckRecordName(recordType, id); err != nil {
		return directory.Record{}, noRecord(err)
	}
	r, err := s.Records.Record(ctx, tenant, recordType, id)
	if err != nil {
		return directory.Record{}, fmt.Errorf("records: get: %w", err)
	}
	return r, nil
}

// Delete removes a record; fault.NotFound if there is none.
func (s *Service) Delete(ctx context.Context, tenant, recordType, id string) error {
	if err := directory.CheckRecordName(recordType, id); err != nil {
		return noRecord(err)
	}
	if err := s.Records.DeleteRecord(ctx, tenant, recordType, id); err != nil {
		return fmt.Errorf("records: delete: %w", err)
	}
	return nil
}

// noRecord answers for a name that no record can have, without a read.
func noRecord(cause error) error {
	return fault.New(fault.NotFound, "there is no such record; %s", fault.Of(cause).Message)
}

// ListOwned returns up to limit records of an owner with a status, after a
// position; next continues the list and is empty at its end.
func (s *Service) ListOwned(ctx context.Context, tenant string, owner directory.ID, status, after string, limit int) (list []directory.Record, next string, err error) {
	if status != directory.RecordOpen && status != directory.RecordClosed {
		return nil, "", fault.New(fault.InvalidValue, "status must be \"open\" or \"closed\", for example status=open")
	}
	list, next, err = s.Records.OwnedRecords(ctx, tenant, owner, status, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("records: list: %w", err)
	}
	return list, next, nil
}
