package provision

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

const (
	// MaxPageSize is the most resources that one answer lists, whatever count
	// asks for.
	MaxPageSize = 500
	// DefaultPageSize is how many it lists when count is not given.
	DefaultPageSize = 100
	// MaxScanned is how many resources a filter without an index may look at.
	// A tenant with more gets fault.TooMany: a scan of that size is 20 requests
	// and takes ten seconds of the 2,000 rows a second that one partition of
	// Table Storage gives (its scalability targets).
	MaxScanned = 20_000
	// MaxListedMembers is the most members that one page of groups shows, some
	// 13 MB of JSON. A single group may have more.
	MaxListedMembers = 100_000
	// scanPage is the most rows of one request (Table Storage).
	scanPage = 1000
)

// Search asks for a page of users or groups.
type Search struct {
	// Filter selects; nil takes all.
	Filter *scim.Filter
	// Start is the 1-based index of the first one wanted; below 1 counts as 1.
	Start int
	// Count is how many are wanted: at most MaxPageSize are given, and none for
	// 0 and below.
	Count int
	// References asks for the groups of each user, or the members of each group.
	References bool
}

// Page is one answer to a search.
type Page[T any] struct {
	// Total is how many there are in all, Start the index of the first in Found.
	Total, Start int
	Found        []T
}

// shelf is what users and groups have in common when they are listed.
type shelf[T any] struct {
	name  string
	list  func(ctx context.Context, tenant string, after directory.ID, limit int) ([]T, error)
	skip  func(ctx context.Context, tenant string, after directory.ID, n int) (directory.ID, bool, error)
	total func(directory.Counters) int64
	id    func(*T) directory.ID
	// candidates are those that an index names, if the filter allows it: all
	// that match are among them.
	candidates func(ctx context.Context, f *scim.Filter) (found []T, indexed bool, err error)
	// matches tells whether the filter holds.
	matches func(ctx context.Context, f *scim.Filter, item *T) (bool, error)
}

// finder is one search of one tenant.
type finder[T any] struct {
	*Service
	shelf[T]
	tenant string
	Search
}

// find answers a search.
func (f finder[T]) find(ctx context.Context) (Page[T], error) {
	page, err := f.search(ctx)
	if err != nil {
		return Page[T]{}, fmt.Errorf("provision: find %s: %w", f.name, err)
	}
	return page, nil
}

func (f finder[T]) search(ctx context.Context) (Page[T], error) {
	f.Start = max(f.Start, 1)
	f.Count = min(max(f.Count, 0), MaxPageSize)
	if f.Filter == nil {
		return f.walk(ctx)
	}
	candidates, indexed, err := f.candidates(ctx, f.Filter)
	if err != nil {
		return Page[T]{}, err
	}
	if !indexed {
		return f.scan(ctx)
	}
	slices.SortFunc(candidates, func(a, b T) int {
		x, y := f.id(&a), f.id(&b)
		return slices.Compare(x[:], y[:])
	})
	matching, err := f.matching(ctx, candidates)
	if err != nil {
		return Page[T]{}, err
	}
	first := min(f.Start-1, len(matching))
	last := min(first+f.Count, len(matching))
	return Page[T]{Total: len(matching), Start: f.Start, Found: matching[first:last]}, nil
}

// matching keeps those for which the filter holds.
func (f finder[T]) matching(ctx context.Context, candidates []T) ([]T, error) {
	kept := candidates[:0]
	for i := range candidates {
		ok, err := f.matches(ctx, f.Filter, &candidates[i])
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, candidates[i])
		}
	}
	return kept, nil
}

// walk is a page of all there are.
func (f finder[T]) walk(ctx context.Context) (Page[T], error) {
	page := Page[T]{Start: f.Start}
	var err error
	switch after, known := f.begin(); {
	case f.Count == 0:
		page.Total, err = f.count(ctx)
	case known:
		page.Total, page.Found, err = f.stride(ctx, after)
	default:
		page.Total, page.Found, err = f.jump(ctx)
	}
	if n := len(page.Found); n > 0 {
		page.Total = max(page.Total, f.Start-1+n)
	}
	f.leaveAnchor(page)
	return page, err
}

// stride reads a page whose beginning is known: one range, beside the counters.
func (f finder[T]) stride(ctx context.Context, after directory.ID) (total int, found []T, err error) {
	err = together(ctx, func(ctx context.Context) (err error) {
		total, err = f.count(ctx)
		return err
	}, func(ctx context.Context) (err error) {
		found, err = f.list(ctx, f.tenant, after, f.Count)
		return err
	})
	return total, found, err
}

// jump reads a page somewhere in the list: those before it are passed, keys
// only. Beyond the end there is nothing to pass.
func (f finder[T]) jump(ctx context.Context) (total int, found []T, err error) {
	total, err = f.count(ctx)
	if err != nil || f.Start > total {
		return total, nil, err
	}
	after, ok, err := f.skip(ctx, f.tenant, directory.ID{}, f.Start-1)
	if err != nil || !ok {
		return total, nil, err
	}
	found, err = f.list(ctx, f.tenant, after, f.Count)
	return total, found, err
}

func (f finder[T]) count(ctx context.Context) (int, error) {
	counters, err := f.Users.Counters(ctx, f.tenant)
	return int(f.total(counters)), err
}

// begin is the id after which the page begins, if that is known.
func (f finder[T]) begin() (after directory.ID, known bool) {
	if f.Start == 1 {
		return directory.ID{}, true
	}
	a, held := f.anchors.get(f.at(f.Start))
	return a.after, held
}

// scan reads resource after resource. The first page reads them all, for the
// total; a page that follows another begins where that one ended.
func (f finder[T]) scan(ctx context.Context) (Page[T], error) {
	if err := f.affordScan(ctx); err != nil {
		return Page[T]{}, err
	}
	page, passed, after := Page[T]{Start: f.Start}, 0, directory.ID{}
	resumed, known := f.anchors.get(f.at(f.Start))
	if known = known && f.Count > 0; known {
		page.Total, passed, after = resumed.total, f.Start-1, resumed.after
	}
	for more := true; more; {
		rows, err := f.list(ctx, f.tenant, after, scanPage)
		if err != nil {
			return Page[T]{}, err
		}
		if more = len(rows) == scanPage; more {
			after = f.id(&rows[scanPage-1])
		}
		matching, err := f.matching(ctx, rows)
		if err != nil {
			return Page[T]{}, err
		}
		from := min(max(f.Start-1-passed, 0), len(matching))
		to := min(from+f.Count-len(page.Found), len(matching))
		page.Found = append(page.Found, matching[from:to]...)
		passed += len(matching)
		more = more && !(known && len(page.Found) == f.Count)
	}
	page.Total = max(page.Total, passed)
	f.leaveAnchor(page)
	return page, nil
}

// affordScan refuses to read more resources than the budget allows.
func (f finder[T]) affordScan(ctx context.Context) error {
	size, err := f.count(ctx)
	if err == nil && size > MaxScanned {
		err = fault.New(fault.TooMany, "the filter would have to read more than %d resources; "+
			"narrow it with \"and\" to an indexed attribute: %s", MaxScanned, indexedAttributes)
	}
	return err
}

// leaveAnchor remembers where a full page ends.
func (f finder[T]) leaveAnchor(page Page[T]) {
	if n := len(page.Found); n > 0 && n == f.Count {
		f.anchors.set(f.at(f.Start+n), anchor{f.id(&page.Found[n-1]), page.Total})
	}
}

func (f finder[T]) at(index int) place {
	p := place{tenant: f.tenant, list: f.name, index: index}
	if f.Filter != nil {
		p.filter = sha256.Sum256([]byte(f.Filter.String()))
	}
	return p
}
