package provision

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"handover/handler/core/directory"
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
	// MaxSelectedPages is how many pages of what the store selects for a filter
	// a search reads before it asks whether the tenant is small enough for a
	// scan: as many as a scan of MaxScanned takes. Pages are counted, not rows,
	// for one row that is sent may stand for thousands that were passed over.
	MaxSelectedPages = MaxScanned / scanPage
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
	// Sort is the order of the page; nil is the order of creation. Any other
	// order reads all that match, up to MaxScanned.
	Sort *scim.Sort
	// Start is the 1-based index of the first one wanted; below 1 counts as 1.
	Start int
	// From, unless it is nil, is the place to begin at instead of Start: what
	// the page before gave as Next. The zero Mark is the beginning.
	From *Mark
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
	// Next is where the next page begins, if Search.From was given and more
	// follows.
	Next *Mark
}

// Mark is a place in a list, behind a resource that may be gone by now.
type Mark struct {
	// After is the resource; zero is the beginning.
	After directory.ID
	// Passed is how many come before the place, Total how many there are in all.
	Passed, Total int
}

// begins tells whether the mark is the beginning.
func (m *Mark) begins() bool { return m.After.IsZero() }

// shelf is what users and groups have in common when they are listed.
type shelf[T any] struct {
	name  string
	kind  *scim.ResourceType
	list  func(ctx context.Context, tenant string, after directory.ID, limit int) ([]T, error)
	skip  func(ctx context.Context, tenant string, after directory.ID, n int) (directory.ID, bool, error)
	total func(directory.Counters) int64
	id    func(*T) directory.ID
	// candidates are those that an index names, if the filter allows it: all
	// that match are among them.
	candidates func(ctx context.Context, f *scim.Filter) (found []T, indexed bool, err error)
	// selected are the pages of those that the store selects for the filter: all
	// that match are among them; nil if there is nothing to select by.
	selected func(ctx context.Context, f *scim.Filter, after directory.ID) iter.Seq2[[]T, error]
	// matches tells whether the filter holds.
	matches func(ctx context.Context, f *scim.Filter, item *T) (bool, error)
	// key is the place in an order that was asked for.
	key func(s *scim.Sort, item *T) (string, error)
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
	if f.From != nil {
		f.Start = f.From.Passed + 1
	}
	page, err := f.page(ctx)
	if err == nil && f.From != nil && len(page.Found) > f.Count {
		page.Found = page.Found[:f.Count]
		page.Next = &Mark{After: f.id(&page.Found[f.Count-1]), Passed: page.Start - 1 + f.Count, Total: page.Total}
	}
	return page, err
}

// page is the page, and with it the first resource of the next one, if the
// search is to tell whether there is one.
func (f finder[T]) page(ctx context.Context) (Page[T], error) {
	switch {
	case f.Filter != nil && f.Filter.Excludes(f.kind):
		return Page[T]{Start: f.Start}, nil
	case f.Filter == nil && f.Sort == nil:
		return f.walk(ctx)
	}
	found, indexed, err := f.lookUp(ctx)
	switch {
	case err != nil:
		return Page[T]{}, err
	case !indexed && f.Sort == nil:
		return f.scan(ctx)
	case !indexed:
		found, err = f.all(ctx)
	}
	if err == nil {
		err = f.arrange(found)
	}
	if err != nil {
		return Page[T]{}, err
	}
	first := f.first(found)
	last := min(first+f.wanted(), len(found))
	page := Page[T]{Total: len(found), Start: f.Start, Found: found[first:last]}
	if f.From != nil {
		page.Start = first + 1
	}
	return page, nil
}

// wanted is how many to read for a page.
func (f finder[T]) wanted() int {
	if f.From != nil && f.Count > 0 {
		return f.Count + 1
	}
	return f.Count
}

// first is where the page begins among all that were found.
func (f finder[T]) first(found []T) int {
	first := min(f.Start-1, len(found))
	if f.From == nil || f.From.begins() {
		return first
	}
	for i := range found {
		id := f.id(&found[i])
		if id == f.From.After {
			return i + 1
		}
		if f.Sort == nil && slices.Compare(id[:], f.From.After[:]) > 0 {
			return i
		}
	}
	if f.Sort == nil {
		return len(found)
	}
	// The resource is gone, and the next one has moved up into its place.
	return max(first-1, 0)
}

// lookUp finds all that match by an index, if the filter allows it.
func (f finder[T]) lookUp(ctx context.Context) (found []T, indexed bool, err error) {
	if f.Filter == nil {
		return nil, false, nil
	}
	candidates, indexed, err := f.candidates(ctx, f.Filter)
	if err != nil || !indexed {
		return nil, false, err
	}
	found, err = f.matching(ctx, candidates)
	return found, true, err
}

// arrange puts what was found into the order that was asked for, and those that
// are equal in it into the order of creation.
func (f finder[T]) arrange(found []T) error {
	slices.SortFunc(found, func(a, b T) int {
		x, y := f.id(&a), f.id(&b)
		return slices.Compare(x[:], y[:])
	})
	if f.Sort == nil {
		return nil
	}
	keys := make(map[directory.ID]string, len(found))
	for i := range found {
		key, err := f.key(f.Sort, &found[i])
		if err != nil {
			return err
		}
		keys[f.id(&found[i])] = key
	}
	slices.SortStableFunc(found, func(a, b T) int { return f.Sort.Compare(keys[f.id(&a)], keys[f.id(&b)]) })
	return nil
}

// matching keeps those for which the filter holds.
func (f finder[T]) matching(ctx context.Context, candidates []T) ([]T, error) {
	if f.Filter == nil {
		return candidates, nil
	}
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
