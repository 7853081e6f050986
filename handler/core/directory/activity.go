package directory

import (
	"time"

	"handover/handler/core/fault"
)

// Kind of activity.
type ActivityKind string

// What the directory, the service or an administrator did.
const (
	UserCreated      ActivityKind = "user.created"
	UserChanged      ActivityKind = "user.changed"
	UserDisabled     ActivityKind = "user.disabled"
	UserReactivated  ActivityKind = "user.reactivated"
	UserDeleted      ActivityKind = "user.deleted"
	GroupCreated     ActivityKind = "group.created"
	GroupChanged     ActivityKind = "group.changed"
	GroupDeleted     ActivityKind = "group.deleted"
	LeaveMoved       ActivityKind = "leave.moved"
	TenantCreated    ActivityKind = "tenant.created"
	TenantChanged    ActivityKind = "tenant.changed"
	TenantSuspended  ActivityKind = "tenant.suspended"
	TenantResumed    ActivityKind = "tenant.resumed"
	TenantDeleting   ActivityKind = "tenant.deleting"
	CredentialIssued ActivityKind = "credential.issued"
	// CredentialRevoked ends a token, an app key or an OAuth client.
	CredentialRevoked ActivityKind = "credential.revoked"
	RoleLocked        ActivityKind = "role.locked"
	RoleUnlocked      ActivityKind = "role.unlocked"
	// UserErased: what still told who a deleted user was is gone.
	UserErased ActivityKind = "user.erased"
	// UserRefused, GroupRefused and RequestRefused: the directory asked for
	// something about a user, a group or neither, and was refused.
	UserRefused    ActivityKind = "user.refused"
	GroupRefused   ActivityKind = "group.refused"
	RequestRefused ActivityKind = "scim.refused"
	// MessageDeadLettered: the queue gave a leave's message up.
	MessageDeadLettered ActivityKind = "message.deadlettered"
	// NoticeSent and NoticeGivenUp: the tenant's webhook was told what became of a
	// leave, or did not take it for days.
	NoticeSent    ActivityKind = "notice.sent"
	NoticeGivenUp ActivityKind = "notice.givenUp"
)

// Refusal tells whether a line of the kind is about something that was asked for
// and did not happen.
func (k ActivityKind) Refusal() bool {
	return k == UserRefused || k == GroupRefused || k == RequestRefused
}

// byDirectory tells whether lines of the kind come from the customer's directory.
func (k ActivityKind) byDirectory() bool {
	switch k {
	case UserCreated, UserChanged, UserDisabled, UserReactivated, UserDeleted, GroupCreated, GroupChanged, GroupDeleted:
		return true
	}
	return k.Refusal()
}

// Activity is one line of a tenant's history. It names attributes, never their
// values.
type Activity struct {
	At   time.Time
	Kind ActivityKind
	// Actor is the id of the credential or the part of the service that acted.
	Actor string
	// Target is the id of the user, group or leave concerned, where it is known.
	Target ID
	// User is whose leave it is, where Target is a leave.
	User ID
	// Detail is a word or two: attribute names, the new state of a leave.
	Detail string
	// Fault is why it was refused; empty for what happened.
	Fault fault.Code
	// LeftOut is how many refusals before this line were counted and not written,
	// since too many came at once.
	LeftOut int
}

// IsZero tells whether there is nothing to write.
func (a Activity) IsZero() bool { return a.Kind == "" }

// Concerns tells whether the line is about a user.
func (a Activity) Concerns(user ID) bool { return a.Target == user || a.User == user }

// ActivityQuery says which lines of a history are wanted; what is zero selects
// nothing.
type ActivityQuery struct {
	User  ID
	Fault fault.Code
	Kind  ActivityKind
	// Before continues behind the position that the page before ended at.
	Before string
	// Limit is the most lines that come back.
	Limit int
}

// Wants tells whether a line is asked for.
func (q *ActivityQuery) Wants(a Activity) bool {
	return (q.User.IsZero() || a.Concerns(q.User)) && (q.Fault == "" || a.Fault == q.Fault) && (q.Kind == "" || a.Kind == q.Kind)
}

// ActivityPage is one page of a history, newest first. A page may be short or
// empty and still be followed by another one.
type ActivityPage struct {
	Lines []Activity
	// Next is the position to continue before; empty at the end of the history.
	Next string
}
