package directory

import (
	"cmp"
	"context"
	"time"
)

// Retention is how long the tenant's history is kept. A tenant from before the
// setting has the usual one.
func (t *Tenant) Retention() time.Duration {
	return time.Duration(cmp.Or(t.RetentionDays, defaultRetention)) * 24 * time.Hour
}

// History is the store of what happened in tenants.
type History interface {
	// Activities returns the lines that a query selects, newest first. One call
	// looks at a bounded number of lines, so a page may be short.
	Activities(ctx context.Context, tenant string, q ActivityQuery) (ActivityPage, error)
	// Note writes a line that goes with no change.
	Note(ctx context.Context, tenant string, activity Activity) error
	// PurgeActivities deletes up to limit lines from before a time and returns how
	// many there were; fewer than limit means that none is left.
	PurgeActivities(ctx context.Context, tenant string, before time.Time, limit int) (int, error)
	// PurgeChunks does the same to the journals of leaves.
	PurgeChunks(ctx context.Context, tenant string, before time.Time, limit int) (int, error)
	// EraseActivities takes the details out of the lines whose target is one of the
	// users, from a position on; the empty one begins with the newest. One call
	// looks at a bounded number of lines; next is empty at the end.
	EraseActivities(ctx context.Context, tenant string, users []ID, before string) (erased int, next string, err error)
	// EraseChunks takes the titles out of a leave's journal; types, ids and counts
	// stay. It returns how many chunks had any.
	EraseChunks(ctx context.Context, tenant string, leave ID) (int, error)
	// TenantIDs returns up to limit ids of tenants in order, after one, without
	// their settings. One whose creation was cut off may be among them.
	TenantIDs(ctx context.Context, after string, limit int) ([]string, error)
}
