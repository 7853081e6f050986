package provision

import (
	"context"
	"crypto/sha256"
	"iter"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// walk is a page of all there are. The total is that of the walk's first page,
// so that the next ones cost one request.
func (f finder[T]) walk(ctx context.Context) (Page[T], error) {
	page := Page[T]{Start: f.Start}
	var err error
	switch at, known := f.begin(); {
	case f.Count == 0:
		page.Total, err = f.count(ctx)
	case known:
		page.Total = at.total
		page.Found, err = f.list(ctx, f.tenant, at.after, f.wanted())
	case f.Start == 1:
		page.Total, page.Found, err = f.firstPage(ctx)
	default:
		page.Total, page.Found, err = f.jump(ctx)
	}
	if n := len(page.Found); n > 0 {
		page.Total = max(page.Total, f.Start-1+n)
	}
	f.leaveAnchor(page)
	return page, err
}

// firstPage reads the beginning of the list, and the counters beside it.
func (f finder[T]) firstPage(ctx context.Context) (total int, found []T, err error) {
	err = together(ctx, func(ctx context.Context) (err error) {
		total, err = f.count(ctx)
		return err
	}, func(ctx context.Context) (err error) {
		found, err = f.list(ctx, f.tenant, directory.ID{}, f.wanted())
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

// begin is what comes before the page, if that is known. Before the first page
// comes nothing.
func (f finder[T]) begin() (before anchor, known bool) {
	switch {
	case f.From != nil && !f.From.begins():
		return anchor{f.From.After, f.From.Total}, true
	case f.Start == 1:
		return anchor{}, false
	}
	return f.anchors.get(f.at(f.Start))
}

// scan reads resource after resource. The first page reads them all, for the
// total; a page that follows another begins where that one ended.
func (f finder[T]) scan(ctx context.Context) (Page[T], error) {
	page, passed, after := Page[T]{Start: f.Start}, 0, directory.ID{}
	resumed, known := f.begin()
	if known = known && f.Count > 0; known {
		page.Total, passed, after = resumed.total, f.Start-1, resumed.after
	}
	for matching, err := range f.portions(ctx, after) {
		if err != nil {
			return Page[T]{}, err
		}
		from := min(max(f.Start-1-passed, 0), len(matching))
		to := min(from+f.wanted()-len(page.Found), len(matching))
		page.Found = append(page.Found, matching[from:to]...)
		passed += len(matching)
		if known && len(page.Found) == f.wanted() {
			break
		}
	}
	page.Total = max(page.Total, passed)
	f.leaveAnchor(page)
	return page, nil
}

// all reads every one that matches.
func (f finder[T]) all(ctx context.Context) (found []T, err error) {
	for matching, err := range f.portions(ctx, directory.ID{}) {
		if err != nil {
			return nil, err
		}
		found = append(found, matching...)
	}
	return found, nil
}

// portions reads what the filter may hold for, a page at a time, and keeps those
// that match. It ends with the first error.
func (f finder[T]) portions(ctx context.Context, after directory.ID) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		for rows, err := range f.pages(ctx, after) {
			if err == nil {
				rows, err = f.matching(ctx, rows)
			}
			if !yield(rows, err) || err != nil {
				return
			}
		}
	}
}

// pages are those that the store selects for the filter, or all there are.
func (f finder[T]) pages(ctx context.Context, after directory.ID) iter.Seq2[[]T, error] {
	if f.Filter != nil && f.selected != nil {
		if pages := f.selected(ctx, f.Filter, after); pages != nil {
			return f.bounded(ctx, pages)
		}
	}
	return f.everything(ctx, after)
}

// everything reads resource after resource, as many as go into one request at a
// time.
func (f finder[T]) everything(ctx context.Context, after directory.ID) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		if err := f.affordScan(ctx); err != nil {
			yield(nil, err)
			return
		}
		for more := true; more; {
			rows, err := f.list(ctx, f.tenant, after, scanPage)
			if more = err == nil && len(rows) == scanPage; more {
				after = f.id(&rows[scanPage-1])
			}
			if !yield(rows, err) {
				return
			}
		}
	}
}

// bounded goes on behind MaxSelectedPages only where a scan would be allowed, so
// that to select never refuses what a scan gives.
func (f finder[T]) bounded(ctx context.Context, pages iter.Seq2[[]T, error]) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		read := 0
		for rows, err := range pages {
			if read++; err == nil && read == MaxSelectedPages+1 {
				err = f.affordScan(ctx)
			}
			if !yield(rows, err) {
				return
			}
		}
	}
}

// affordScan refuses to read more resources than the budget allows.
func (f finder[T]) affordScan(ctx context.Context) error {
	size, err := f.count(ctx)
	if err == nil && size > MaxScanned {
		err = fault.New(fault.TooMany, "the search would have to read more than %d resources; "+
			"narrow it with \"and\" to an indexed attribute: %s", MaxScanned, indexedAttributes)
	}
	return err
}

// leaveAnchor remembers where a full page ends.
func (f finder[T]) leaveAnchor(page Page[T]) {
	if n := len(page.Found); n > 0 && n == f.Count && f.From == nil {
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
