package store

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// UserAndGroups reads a user and the groups beside each other: two requests, one
// after none.
func (s *Store) UserAndGroups(ctx context.Context, tenant string, id directory.ID) (u directory.User, groups []directory.ID, err error) {
	reads, readCtx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		u, err = s.User(readCtx, tenant, id)
		return err
	})
	reads.Go(func() (err error) {
		groups, err = s.GroupsOf(readCtx, tenant, id)
		return err
	})
	if err := reads.Wait(); err != nil {
		return directory.User{}, nil, err
	}
	return u, groups, nil
}

// UserAndGroupsByName reads the index first: three requests, two after each
// other.
func (s *Store) UserAndGroupsByName(ctx context.Context, tenant, userName string) (directory.User, []directory.ID, error) {
	folded := fold(userName)
	row, err := s.directory.Get(ctx, tenant, nameRow(folded))
	if fault.Is(err, fault.RowNotFound) {
		return directory.User{}, nil, noUser(err)
	}
	if err != nil {
		return directory.User{}, nil, fmt.Errorf("store: read userName index: %w", err)
	}
	u, groups, err := s.UserAndGroups(ctx, tenant, getID(row.Columns.Get("Id")))
	if err == nil && fold(u.UserName) != folded {
		return directory.User{}, nil, noUser(nil) // renamed between the two reads
	}
	return u, groups, err
}

// GroupsOfUsers reads the reverse rows of a page of users as one range: ids are
// in order of creation, and so are their rows. Those of groups created in the
// same time lie between and are passed over.
func (s *Store) GroupsOfUsers(ctx context.Context, tenant string, first, last directory.ID) (map[directory.ID][]directory.ID, error) {
	groups := map[directory.ID][]directory.ID{}
	q := table.Query{Partition: tenant, From: reverseOf(first), To: end(reverseOf(last)), Columns: []string{columnTx}}
	for row, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return nil, fmt.Errorf("store: list groups of users: %w", err)
		}
		member, ok := directory.ParseID(row.Row[len(prefixReverse):min(len(row.Row), len(prefixReverse)+36)])
		if ok && member.Sort() == directory.SortUser {
			groups[member] = append(groups[member], idAtEnd(row.Row))
		}
	}
	return groups, nil
}

// Unsettled looks for an intent: as long as there is none, reverse rows and
// buckets say the same.
func (s *Store) Unsettled(ctx context.Context, tenant string) (bool, error) {
	q := table.Query{Partition: tenant, From: prefixIntent, To: end(prefixIntent), Columns: []string{"At"}, Limit: 1}
	for _, err := range table.Rows(ctx, s.directory, q) {
		if err != nil {
			return false, fmt.Errorf("store: look for intents: %w", err)
		}
		return true, nil
	}
	return false, nil
}
