package scimapi

import (
	"context"
	"net/http"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// listAll answers GET at the base URL: users and groups in one list (RFC 7644
// §3.4.2.1). There an attribute that a type does not have has no value.
func listAll(ctx context.Context, c *call) (*answer, error) {
	q, err := c.searchBoth()
	if err != nil {
		return nil, err
	}
	userType, groupType := c.model.User(), c.model.Group()
	shownOfUsers, err := c.shown(userType)
	if err != nil {
		return nil, err
	}
	shownOfGroups, err := c.shown(groupType)
	if err != nil {
		return nil, err
	}
	users, groups := q, q
	users.References = userType.WantsInList(shownOfUsers, "groups")
	groups.References = groupType.WantsInList(shownOfGroups, "members")
	page, err := c.FindAll(ctx, c.caller, users, groups)
	if err != nil {
		return nil, err
	}
	body, err := c.listStart("/", page.Total, page.Start, len(page.Users)+len(page.Groups), page.Next)
	if err == nil {
		body, err = appendResources(body, userType, shownOfUsers, page.Users, c.shownUser)
	}
	if err == nil {
		body, err = appendResources(body, groupType, shownOfGroups, page.Groups, c.shownGroup)
	}
	return &answer{status: http.StatusOK, body: scim.AppendListEnd(body)}, err
}

// searchBoth is what the query asks to be found among users and groups.
func (c *call) searchBoth() (q provision.Search, err error) {
	if c.query.sortBy != "" {
		return q, fault.New(fault.InvalidValue, "sortBy is for a list of one kind: /Users or /Groups; leave it out here")
	}
	q = provision.Search{Start: c.query.startIndex, Count: c.query.count}
	if q.From, err = c.from("/"); err == nil && c.query.filter != nil {
		q.Filter, err = c.model.ParseFilter(*c.query.filter)
	}
	return q, err
}

// searchAll answers POST /.search.
func searchAll(ctx context.Context, c *call) (*answer, error) {
	if err := c.takeQuery(); err != nil {
		return nil, err
	}
	return listAll(ctx, c)
}

// notMe answers everything at /Me: a token stands for a directory, which is no
// user (RFC 7644 §3.11 has 501 for that).
func notMe(context.Context, *call) (*answer, error) {
	return nil, fault.New(fault.NotImplemented, "/Me is not served: the token is that of a directory, not of a user; use /Users/{id}")
}
