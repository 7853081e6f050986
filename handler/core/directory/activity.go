package directory

import "time"

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
	CredentialIssued ActivityKind = "credential.issued"
	// MessageDeadLettered: the queue gave a leave's message up.
	MessageDeadLettered ActivityKind = "message.deadlettered"
)

// Activity is one line of a tenant's history. It names attributes, never their
// values.
type Activity struct {
	At   time.Time
	Kind ActivityKind
	// Actor is the id of the credential or the part of the service that acted.
	Actor string
	// Target is the id of the user, group or leave concerned.
	Target ID
	// Detail is a word or two: attribute names, the new state of a leave.
	Detail string
}

// IsZero tells whether there is nothing to write.
func (a Activity) IsZero() bool { return a.Kind == "" }
