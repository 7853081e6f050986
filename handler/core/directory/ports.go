package directory

import (
	"context"
	"strconv"
	"time"

	"handover/handler/core/credential"
)

// Users is the store of users. A user that does not exist is fault.NotFound.
type Users interface {
	User(ctx context.Context, tenant string, id ID) (User, error)
	// UserByName compares after folding: letter case does not matter.
	UserByName(ctx context.Context, tenant, userName string) (User, error)
	// UsersByExternalID and UsersByWorkEmail return every user that has the
	// value; the two are not unique.
	UsersByExternalID(ctx context.Context, tenant, externalID string) ([]User, error)
	UsersByWorkEmail(ctx context.Context, tenant, address string) ([]User, error)
	// ListUsers returns up to limit users in order of creation, strictly after
	// an id; the zero id begins. Fewer than limit means the end.
	ListUsers(ctx context.Context, tenant string, after ID, limit int) ([]User, error)
	// SkipUsers walks over n users after an id, keys only, and returns the id
	// of the last one passed; ok is false when there are fewer.
	SkipUsers(ctx context.Context, tenant string, after ID, n int) (last ID, ok bool, err error)
	// CommitUser decides a change: fault.Uniqueness for a userName in use,
	// fault.UserCapReached, fault.RowChanged when Before is no longer current.
	// It returns After as stored (the zero User for a deletion).
	CommitUser(ctx context.Context, tenant string, change UserChange) (User, error)
	// Counters reads the tenant's numbers.
	Counters(ctx context.Context, tenant string) (Counters, error)
}

// Groups is the store of groups. A group that does not exist is fault.NotFound.
type Groups interface {
	Group(ctx context.Context, tenant string, id ID) (Group, error)
	// GroupAndMembers returns members in ascending order of ids, of the same
	// version as the group.
	GroupAndMembers(ctx context.Context, tenant string, id ID) (Group, []ID, error)
	GroupsByName(ctx context.Context, tenant, displayName string) ([]Group, error)
	ListGroups(ctx context.Context, tenant string, after ID, limit int) ([]Group, error)
	SkipGroups(ctx context.Context, tenant string, after ID, n int) (last ID, ok bool, err error)
	// HasMember tells whether a group holds an id, without reading the rest.
	HasMember(ctx context.Context, tenant string, group, member ID) (bool, error)
	// GroupsOf lists the groups of a user or group.
	GroupsOf(ctx context.Context, tenant string, member ID) ([]ID, error)
	// CommitGroup decides a change. Members that do not exist are
	// fault.InvalidValue; a displayName in use is fault.Uniqueness. It returns
	// the group as stored; where nothing was to change, as it was.
	CommitGroup(ctx context.Context, tenant string, change GroupChange) (Group, error)
}

// Leaves is the store of leaves and of what is due.
type Leaves interface {
	Leave(ctx context.Context, tenant string, id ID) (Leave, error)
	// ListLeaves returns up to limit leaves, newest first, strictly before an
	// id; the zero id begins with the newest.
	ListLeaves(ctx context.Context, tenant string, before ID, limit int) ([]Leave, error)
	// CommitLeave decides a move: fault.RowChanged when leave or leaver are no
	// longer as read.
	CommitLeave(ctx context.Context, tenant string, change LeaveChange) (Leave, error)
	// DueLeaves lists up to limit leaves whose due time is not after until, the
	// most overdue first.
	DueLeaves(ctx context.Context, tenant string, until time.Time, limit int) ([]ID, error)
	// Touch changes the version of a user's row and nothing else, so that a
	// move of a leave that has already been decided must look again.
	Touch(ctx context.Context, tenant string, user User) error
	// TenantsWithWork lists the tenants that may have something due.
	TenantsWithWork(ctx context.Context) ([]Work, error)
	// Rest forgets the hint, unless somebody renewed it meanwhile.
	Rest(ctx context.Context, work Work) error
	// Mend finishes what a killed process left half done among memberships, as
	// far as it began before a time; left tells how much must still wait.
	Mend(ctx context.Context, tenant string, before time.Time) (left int, err error)
	// Note writes a line of the tenant's history that goes with no change.
	Note(ctx context.Context, tenant string, activity Activity) error
}

// Work is a hint that a tenant may have due work.
type Work struct {
	Tenant string
	ETag   string
	// Since is when the hint was written last; a young one is not forgotten,
	// for somebody may still rely on it.
	Since time.Time
}

// Tenants is the store of tenants and credentials.
type Tenants interface {
	Tenant(ctx context.Context, id string) (Tenant, error)
	// CreateTenant is fault.Conflict when the id is taken.
	CreateTenant(ctx context.Context, tenant Tenant, cap int64, activity Activity) (Tenant, error)
	// ListTenants returns up to limit tenants in order of their ids, after one.
	ListTenants(ctx context.Context, after string, limit int) ([]Tenant, error)
	Credential(ctx context.Context, tenant, id string) (credential.Credential, error)
	AddCredential(ctx context.Context, tenant string, c credential.Credential, activity Activity) error
	Credentials(ctx context.Context, tenant string) ([]credential.Credential, error)
	RevokeCredential(ctx context.Context, tenant, id string) error
	// Activities returns up to limit lines of the tenant's history, newest first.
	Activities(ctx context.Context, tenant string, limit int) ([]Activity, error)
}

// Connector reaches the records. Move takes at most one chunk from one owner to
// another and writes it into the journal. It may be called again for the same
// chunk and then moves what is still there.
type Connector interface {
	Move(ctx context.Context, move Move) (Moved, error)
}

// Journal is what every leave has moved.
type Journal interface {
	// Chunks lists the journal of a leave in order.
	Chunks(ctx context.Context, tenant string, leave ID) ([]Chunk, error)
	// LastChunk is the number of the leave's latest chunk, 0 if there is none.
	LastChunk(ctx context.Context, tenant string, leave ID) (int, error)
}

// Records is the built-in table of records. A record that does not exist is
// fault.NotFound.
type Records interface {
	PutRecord(ctx context.Context, tenant string, r Record) error
	Record(ctx context.Context, tenant, recordType, id string) (Record, error)
	DeleteRecord(ctx context.Context, tenant, recordType, id string) error
	// OwnedRecords returns up to limit records of an owner with a status, after
	// a position; next is empty at the end.
	OwnedRecords(ctx context.Context, tenant string, owner ID, status, after string, limit int) (records []Record, next string, err error)
}

// Queue carries messages at least once, also over a restart. Sending a message
// twice within its detection window delivers it once.
type Queue interface {
	Send(ctx context.Context, message Message) error
}

// ID is the message's name for duplicate detection: <leave>.<attempt>.
func (m Message) ID() string { return m.Leave + "." + strconv.Itoa(m.Attempt) }
