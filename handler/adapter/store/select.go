package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// maxPrefix is how many characters of a prefix are looked up; what follows them
// is the caller's to compare.
const maxPrefix = 32

// dotAbove is what folding leaves of İ (U+0130) behind an i.
const dotAbove = "\u0307"

// prefixes are the beginnings of folded names among which are all names that
// begin with a prefix when letter case is not minded; none if that cannot be
// told. It cannot for other characters than ASCII, for which lower case and
// folding differ.
//
// The last character is left out: a combining mark may follow it in the name,
// and folding makes one character of the two ("ann\u0301" begins with "ann", its
// folded form "anń" does not). None but the last can be composed so, as the next
// one is ASCII. And for each i the name may have İ, whose lower case is i, but
// which is folded to i and a mark.
func prefixes(prefix string) []string {
	if !isASCII(prefix) || len(prefix) < 2 {
		return nil
	}
	prefix = strings.ToLower(prefix[:min(len(prefix), maxPrefix)])
	last := len(prefix) - 1
	all := []string{prefix[:last]}
	for i := range last - 1 {
		if prefix[i] == 'i' {
			all = append(all, prefix[:i+1]+dotAbove)
		}
	}
	return all
}

// UsersByNamePrefix reads the index, and then the users that it names side by
// side.
func (s *Store) UsersByNamePrefix(ctx context.Context, tenant, prefix string, limit int) ([]directory.User, bool, error) {
	begins := prefixes(prefix)
	if len(begins) == 0 {
		return nil, false, nil
	}
	named, err := readEach(ctx, len(begins), func(ctx context.Context, i int) ([]directory.ID, bool, error) {
		ids, err := s.named(ctx, tenant, begins[i], limit)
		return ids, true, err
	})
	ids := slices.Concat(named...)
	if err != nil || len(ids) > limit {
		return nil, false, err
	}
	// A user who is renamed meanwhile may be found under both names.
	slices.SortFunc(ids, func(a, b directory.ID) int { return slices.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	users, err := readEach(ctx, len(ids), func(ctx context.Context, i int) (directory.User, bool, error) {
		u, err := s.User(ctx, tenant, ids[i])
		if fault.Is(err, fault.NotFound) {
			return u, false, nil
		}
		return u, true, err
	})
	return users, err == nil, err
}

// named reads who has a folded name with a beginning: limit of them, and one
// more if there are more.
func (s *Store) named(ctx context.Context, tenant, begin string, limit int) (ids []directory.ID, err error) {
	from := prefixName + hex.EncodeToString([]byte(begin))
	// "g" is behind every digit of hex that may follow.
	q := table.Query{Partition: tenant, From: from, To: from + "g", Limit: min(limit+1, table.MaxPage)}
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: read userName index: %w", err)
		}
		if ids = append(ids, getID(row.Columns.Get("Id"))); len(ids) > limit {
			break
		}
	}
	return ids, nil
}

// SelectUsers lets the engine select.
func (s *Store) SelectUsers(ctx context.Context, tenant string, after directory.ID, by directory.Selection) iter.Seq2[[]directory.User, error] {
	q := table.Query{Partition: tenant, From: prefixUser, To: end(prefixUser), Where: selecting(&by)}
	if !after.IsZero() {
		q.After = userRow(after)
	}
	return func(yield func([]directory.User, error) bool) {
		q := q
		for more := true; more; {
			page, err := s.directory.Query(ctx, q)
			if err != nil {
				yield(nil, fmt.Errorf("store: select users: %w", err))
				return
			}
			users := make([]directory.User, len(page.Entities))
			for i := range page.Entities {
				users[i] = userOf(&page.Entities[i])
			}
			more, q.After = page.More, page.Next
			if !yield(users, nil) {
				return
			}
		}
	}
}

// selecting is a selection as conditions on the columns of a row u-. Every row
// has A; one without a time has none to compare in SCIM either.
func selecting(by *directory.Selection) (all []table.Condition) {
	if by.Active != nil {
		all = append(all, table.Condition{Column: "A", Is: table.Equal, Value: table.Bool(*by.Active)})
	}
	all = withBound(all, "CR", table.GreaterEqual, by.CreatedFrom)
	all = withBound(all, "CR", table.Less, by.CreatedBefore)
	all = withBound(all, "LM", table.GreaterEqual, by.ModifiedFrom)
	return withBound(all, "LM", table.Less, by.ModifiedBefore)
}

// withBound leaves a bound out that no row could be compared with, for it is
// outside the years of Table Storage.
func withBound(all []table.Condition, column string, is table.Comparison, at time.Time) []table.Condition {
	if year := at.UTC().Year(); year < 1601 || year > 9999 {
		return all
	}
	return append(all, table.Condition{Column: column, Is: is, Value: table.Time(at)})
}
