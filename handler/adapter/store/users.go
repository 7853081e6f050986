package store

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// maxParallel is how many requests one call keeps in flight: as many as the
// client of Table Storage has connections, so that a thousand members take four
// rounds.
const maxParallel = 256

// User reads a user by id, in one request.
func (s *Store) User(ctx context.Context, tenant string, id directory.ID) (directory.User, error) {
	row, err := s.directory.Get(ctx, tenant, userRow(id))
	if fault.Is(err, fault.RowNotFound) {
		return directory.User{}, noUser(err)
	}
	if err != nil {
		return directory.User{}, fmt.Errorf("store: read user: %w", err)
	}
	return userOf(&row), nil
}

func noUser(cause error) error {
	return fault.New(fault.NotFound, "no such user in this tenant").WithCause(cause)
}

// UserByName reads the index and then the user: one request for a miss, two for
// a hit.
func (s *Store) UserByName(ctx context.Context, tenant, userName string) (directory.User, error) {
	folded := fold(userName)
	row, err := s.directory.Get(ctx, tenant, nameRow(folded))
	if fault.Is(err, fault.RowNotFound) {
		return directory.User{}, noUser(err)
	}
	if err != nil {
		return directory.User{}, fmt.Errorf("store: read userName index: %w", err)
	}
	u, err := s.User(ctx, tenant, getID(row.Columns.Get("Id")))
	if err == nil && fold(u.UserName) != folded {
		return directory.User{}, noUser(nil) // renamed between the two reads
	}
	return u, err
}

// UsersByExternalID compares letter by letter: externalId is case-exact
// (RFC 7643 §3.1).
func (s *Store) UsersByExternalID(ctx context.Context, tenant, externalID string) ([]directory.User, error) {
	return s.usersAt(ctx, tenant, externalRow(externalID), func(u *directory.User) bool {
		return u.ExternalID == externalID
	})
}

// UsersByWorkEmail compares after folding, like userName.
func (s *Store) UsersByWorkEmail(ctx context.Context, tenant, address string) ([]directory.User, error) {
	folded := fold(address)
	return s.usersAt(ctx, tenant, emailRow(folded), func(u *directory.User) bool {
		return fold(u.WorkEmail) == folded
	})
}

// usersAt reads the users that an index row names, in order of their ids. It
// drops those that no longer have the value.
func (s *Store) usersAt(ctx context.Context, tenant, index string, has func(*directory.User) bool) ([]directory.User, error) {
	row, err := s.directory.Get(ctx, tenant, index)
	if fault.Is(err, fault.RowNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: read index: %w", err)
	}
	return readAll(ctx, packed(row.Columns.Get("Ids").Text()), has, func(ctx context.Context, id directory.ID) (directory.User, error) {
		return s.User(ctx, tenant, id)
	})
}

// readAll reads what a list of ids names, and keeps in order what is still there
// and satisfies the test.
func readAll[T any](ctx context.Context, ids packed, has func(*T) bool, read func(context.Context, directory.ID) (T, error)) ([]T, error) {
	return readEach(ctx, ids.len(), func(ctx context.Context, i int) (T, bool, error) {
		one, err := read(ctx, ids.at(i))
		if fault.Is(err, fault.NotFound) {
			return one, false, nil
		}
		return one, err == nil && has(&one), err
	})
}

// readEach makes n reads in parallel and keeps, in order, what they keep.
func readEach[T any](ctx context.Context, n int, read func(ctx context.Context, i int) (one T, keep bool, err error)) ([]T, error) {
	all, keep := make([]T, n), make([]bool, n)
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(maxParallel)
	for i := range n {
		reads.Go(func() (err error) {
			all[i], keep[i], err = read(ctx, i)
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	kept := all[:0]
	for i := range all {
		if keep[i] {
			kept = append(kept, all[i])
		}
	}
	return kept, nil
}

// ListUsers reads users in order of creation.
func (s *Store) ListUsers(ctx context.Context, tenant string, after directory.ID, limit int) ([]directory.User, error) {
	var users []directory.User
	_, err := s.walk(ctx, tenant, prefixUser, after, limit, nil, func(row *table.Entity) {
		users = append(users, userOf(row))
	})
	return users, err
}

// SkipUsers passes over users by their keys alone, 1,000 a request.
func (s *Store) SkipUsers(ctx context.Context, tenant string, after directory.ID, n int) (directory.ID, bool, error) {
	return s.skip(ctx, tenant, prefixUser, after, n)
}

func (s *Store) skip(ctx context.Context, tenant, prefix string, after directory.ID, n int) (directory.ID, bool, error) {
	last := after
	passed, err := s.walk(ctx, tenant, prefix, after, n, []string{"V"}, func(row *table.Entity) {
		last = idAtEnd(row.Row)
	})
	return last, passed == n, err
}

// walk visits up to limit rows of a prefix behind an id and returns how many
// there were.
func (s *Store) walk(ctx context.Context, tenant, prefix string, after directory.ID, limit int, columns []string, visit func(*table.Entity)) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	q := table.Query{Partition: tenant, From: prefix, To: end(prefix), Columns: columns, Limit: min(limit, table.MaxPage)}
	if !after.IsZero() {
		q.After = prefix + after.String()
	}
	n := 0
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return n, fmt.Errorf("store: list %s: %w", prefix, err)
		}
		visit(&row)
		if n++; n == limit {
			break
		}
	}
	return n, nil
}
