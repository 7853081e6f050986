package directory

import "time"

// User is a SCIM user of one tenant. The attributes that rules decide on stand
// beside the document, which holds all that SCIM provisioned.
type User struct {
	ID         ID
	UserName   string
	ExternalID string
	// WorkEmail is the value of the e-mail address of type work.
	WorkEmail string
	// Active is false for a user who may no longer do anything.
	Active bool
	// Document is the resource as JSON, without id, meta and groups.
	Document []byte
	// Version counts the changes; it is the resource's ETag W/"<version>".
	Version           int64
	Created, Modified time.Time
	// Leave and LeaveState belong to the latest leave of the user; a zero Leave
	// means that there never was one.
	Leave      ID
	LeaveState LeaveState
	// Lock belongs to the product: no SCIM request sees or changes it, and it
	// counts as no change of the user.
	Lock RoleLock
	// ETag is the version of the stored row as it was read, for the store alone.
	ETag string
}

// RoleLock is a role that an operator gave a user, whatever groups and mappings
// say. The zero value is no lock.
type RoleLock struct {
	Role, Reason string
	// By is the operator, as in the activity.
	By string
	At time.Time
}

// Selection narrows a list of users where they are kept, so that the others are
// not sent. The zero value takes all, and so does each zero field.
type Selection struct {
	// Active takes the users with this state alone.
	Active *bool
	// A time takes from From on, and what is before Before.
	CreatedFrom, CreatedBefore   time.Time
	ModifiedFrom, ModifiedBefore time.Time
}

// UserChange is one decision about one user, to be committed whole or not at
// all: rows, indexes, counters, leave and activity in one transaction.
type UserChange struct {
	// Before is the user as it was read; nil creates.
	Before *User
	// After is the user as it shall be; nil deletes.
	After *User
	// Leave is the leave that the change begins, or nil.
	Leave *Leave
	// Activity tells what was done; it rides in the same transaction.
	Activity Activity
}

// ActiveDelta is by how much the change moves the number of active users.
func (c *UserChange) ActiveDelta() int64 {
	delta := int64(0)
	if c.Before != nil && c.Before.Active {
		delta--
	}
	if c.After != nil && c.After.Active {
		delta++
	}
	return delta
}

// BeginsLeave tells whether the change takes a user's access away who may own
// records: an active user is disabled or deleted, or a disabled one is deleted
// whose earlier leave was given up.
func (c *UserChange) BeginsLeave() bool {
	if c.Before == nil || (c.After != nil && c.After.Active) {
		return false
	}
	if c.Before.Active {
		return true
	}
	return c.After == nil && !c.Before.Leave.IsZero() &&
		(c.Before.LeaveState == Cancelled || c.Before.LeaveState == Stopped || c.Before.LeaveState == HandedBack)
}

// Group is a SCIM group of one tenant, without its members.
type Group struct {
	ID          ID
	DisplayName string
	ExternalID  string
	// Document is the resource as JSON, without id, meta and members.
	Document          []byte
	Version           int64
	Created, Modified time.Time
	// Members is how many there are.
	Members int
	// ETag is the version of the stored row as it was read, for the store alone.
	ETag string
}

// MemberChange says what happens to a group's members, in the end: first Clear,
// then Remove and Add, which share no id.
type MemberChange struct {
	// Clear takes every member out that is not in Add.
	Clear       bool
	Add, Remove []ID
}

// IsZero tells whether nothing is asked for.
func (m *MemberChange) IsZero() bool { return !m.Clear && len(m.Add) == 0 && len(m.Remove) == 0 }

// GroupChange is one decision about one group.
type GroupChange struct {
	// Before is the group as it was read; nil creates.
	Before *Group
	// After is the group as it shall be; nil deletes. Version and Modified are
	// those it gets if anything changes.
	After   *Group
	Members MemberChange
	// Rebase lets a change of members alone be made to a later version of the
	// group than Before: whoever adds one member does not mind another one that
	// somebody else has added. Without it that is RowChanged.
	Rebase bool
	// Activity tells what was done; it rides in the same transaction.
	Activity Activity
}
