package directory

import (
	"context"
	"iter"
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
	// UsersByNamePrefix returns, in order of creation, all users whose userName
	// begins with a text in any letter case; others may be among them. ok is
	// false where the index cannot tell, or names more than limit users.
	UsersByNamePrefix(ctx context.Context, tenant, prefix string, limit int) (users []User, ok bool, err error)
	// ListUsers returns up to limit users in order of creation, strictly after
	// an id; the zero id begins. Fewer than limit means the end.
	ListUsers(ctx context.Context, tenant string, after ID, limit int) ([]User, error)
	// SelectUsers reads all that a selection takes, in order of creation,
	// strictly after an id. Each page is one request to the engine and may be
	// short or empty. It ends with the first error.
	SelectUsers(ctx context.Context, tenant string, after ID, s Selection) iter.Seq2[[]User, error]
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

// Memberships is what decides about roles: users together with their groups.
type Memberships interface {
	// UserAndGroups and UserAndGroupsByName read both at the same time.
	UserAndGroups(ctx context.Context, tenant string, id ID) (User, []ID, error)
	UserAndGroupsByName(ctx context.Context, tenant, userName string) (User, []ID, error)
	// GroupsOfUsers lists the groups of every user from one id to another.
	GroupsOfUsers(ctx context.Context, tenant string, first, last ID) (map[ID][]ID, error)
	// Unsettled tells whether a change of members is under way or was cut off, so
	// that the lists of groups may hold one too many: HasMember knows.
	Unsettled(ctx context.Context, tenant string) (bool, error)
	HasMember(ctx context.Context, tenant string, group, member ID) (bool, error)
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
	// ChangeTenant decides a change of settings and cap: all of it or nothing,
	// and fault.RowChanged when Before is no longer current.
	ChangeTenant(ctx context.Context, change TenantChange) (Tenant, error)
	// ListTenants returns up to limit tenants in order of their ids, after one.
	ListTenants(ctx context.Context, after string, limit int) ([]Tenant, error)
	Credential(ctx context.Context, tenant, id string) (credential.Credential, error)
	AddCredential(ctx context.Context, tenant string, c credential.Credential, activity Activity) error
	Credentials(ctx context.Context, tenant string) ([]credential.Credential, error)
	RevokeCredential(ctx context.Context, tenant, id string, activity Activity) error
	// UsedCredential notes that a credential was shown, at most once a minute.
	UsedCredential(ctx context.Context, tenant, id string, at time.Time) error
}

// Purges is the store of deletions of tenants that are under way.
type Purges interface {
	// BeginPurge is ChangeTenant for the change that marks a tenant as being
	// deleted; from then on it is among Purges.
	BeginPurge(ctx context.Context, change TenantChange) (Tenant, error)
	Purges(ctx context.Context) ([]Purge, error)
	// Purge is how far the deletion of a tenant is.
	Purge(ctx context.Context, tenant string) (Purge, error)
	// PurgeRows removes some of what the tenant has, up to a thousand rows, and
	// keeps the settings and the counters.
	PurgeRows(ctx context.Context, p Purge) (Purge, error)
	// ForgetPurge drops what was announced and never begun.
	ForgetPurge(ctx context.Context, p Purge) error
	// EndPurge removes the settings, the counters and the name itself.
	EndPurge(ctx context.Context, p Purge) error
}

// Purge is how far the deletion of a tenant is.
type Purge struct {
	Tenant string
	Begun  time.Time
	// Rows is how many there were at the beginning, Removed how many are gone.
	Rows, Removed int64
	// Empty says that the last look found nothing to remove.
	Empty bool
}

// Connector reaches the records. Move takes at most one chunk from one owner to
// another and writes it into the journal. It may be called again for the same
// chunk and then moves what is still there.
type Connector interface {
	Move(ctx context.Context, move Move) (Moved, error)
}

// Journal is what every leave has moved.
type Journal interface {
	JournalWriter
	// Chunks lists the journal of a leave in order.
	Chunks(ctx context.Context, tenant string, leave ID) ([]Chunk, error)
	// Progress is what the journal says about how far a leave is; zero if nothing
	// stands in it. It takes no more memory for a long journal than for a short one.
	Progress(ctx context.Context, tenant string, leave ID) (Progress, error)
}

// JournalWriter writes down what a business application says it has moved.
type JournalWriter interface {
	// AppendChunk adds a chunk under its number. The same chunk may be added
	// again; fault.RowExists says that the number is that of another.
	AppendChunk(ctx context.Context, tenant string, chunk Chunk) error
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
