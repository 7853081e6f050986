package provision

import (
	"context"

	"handover/handler/core/directory"
)

// Mixed is a page of users and groups: first all users, then all groups, each
// in order of creation.
type Mixed struct {
	// Total is how many there are in all, Start the index of the first one found.
	// With a mark, Total is not known.
	Total, Start int
	Users        []User
	Groups       []Group
	Next         *Mark
}

// beforeGroups is an id that comes before that of every group.
func beforeGroups() directory.ID { return directory.ID{6: 0x80, 8: 0x80} }

// FindAll answers a search over users and groups. The two searches differ in
// References alone; an order of its own is not for a list of both.
func (s *Service) FindAll(ctx context.Context, c Caller, users, groups Search) (Mixed, error) {
	if users.From != nil {
		return s.findFrom(ctx, c, users, groups)
	}
	users.Start, users.Count = max(users.Start, 1), min(max(users.Count, 0), MaxPageSize)
	u, err := s.FindUsers(ctx, c, users)
	if err != nil {
		return Mixed{}, err
	}
	groups.Start, groups.Count = max(users.Start-u.Total, 1), users.Count-len(u.Found)
	g, err := s.FindGroups(ctx, c, groups)
	return Mixed{Total: u.Total + g.Total, Start: users.Start, Users: u.Found, Groups: g.Found}, err
}

// findFrom is a page behind a mark. The id in it tells whether the users are
// already done.
func (s *Service) findFrom(ctx context.Context, c Caller, users, groups Search) (page Mixed, err error) {
	if users.From.After.Sort() != directory.SortGroup {
		found, err := s.FindUsers(ctx, c, users)
		if err != nil || found.Next != nil {
			return Mixed{Users: found.Found, Next: found.Next}, err
		}
		page.Users = found.Found
		groups.From = &Mark{After: beforeGroups(), Passed: users.From.Passed + len(found.Found)}
		groups.Count = min(groups.Count, MaxPageSize) - len(found.Found)
	}
	if groups.Count == 0 {
		page.Next = groups.From
		return page, nil
	}
	found, err := s.FindGroups(ctx, c, groups)
	page.Groups, page.Next = found.Found, found.Next
	return page, err
}
