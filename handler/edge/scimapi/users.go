package scimapi

import (
	"context"
	"net/http"

	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// getUser answers GET /Users/{id}.
func getUser(ctx context.Context, c *call) (*answer, error) {
	t := c.model.User()
	id, p, err := c.one(t)
	if err != nil {
		return nil, err
	}
	u, err := c.User(ctx, c.caller, id, p.Wants("groups"))
	if err != nil {
		return nil, err
	}
	if c.notModified(u.Version) {
		return &answer{status: http.StatusNotModified, version: provision.ETag(u.Version)}, nil
	}
	return c.userAnswer(http.StatusOK, u, p)
}

// createUser answers POST /Users.
func createUser(ctx context.Context, c *call) (*answer, error) {
	t := c.model.User()
	p, err := c.shown(t)
	if err != nil {
		return nil, err
	}
	r, err := c.resource(t)
	if err != nil {
		return nil, err
	}
	u, err := c.CreateUser(ctx, c.caller, r)
	if err != nil {
		return nil, err
	}
	a, err := c.userAnswer(http.StatusCreated, u, p)
	if err != nil {
		return nil, err
	}
	a.location = u.Envelope(c.base).Location
	return a, nil
}

// patchUser answers PATCH /Users/{id}: 200 with the resource.
func patchUser(ctx context.Context, c *call) (*answer, error) {
	t := c.model.User()
	id, p, err := c.one(t)
	if err != nil {
		return nil, err
	}
	patch, err := c.patch(t)
	if err != nil {
		return nil, err
	}
	u, err := c.PatchUser(ctx, c.caller, id, patch, c.allowed(), p.Wants("groups"))
	if err != nil {
		return nil, err
	}
	return c.userAnswer(http.StatusOK, u, p)
}

// replaceUser answers PUT /Users/{id}, which never creates.
func replaceUser(ctx context.Context, c *call) (*answer, error) {
	t := c.model.User()
	id, p, err := c.one(t)
	if err != nil {
		return nil, err
	}
	r, err := c.resource(t)
	if err != nil {
		return nil, err
	}
	u, err := c.ReplaceUser(ctx, c.caller, id, r, c.allowed(), p.Wants("groups"))
	if err != nil {
		return nil, err
	}
	return c.userAnswer(http.StatusOK, u, p)
}

// deleteUser answers DELETE /Users/{id}.
func deleteUser(ctx context.Context, c *call) (*answer, error) {
	id, err := c.resourceID(c.model.User())
	if err != nil {
		return nil, err
	}
	if err := c.DeleteUser(ctx, c.caller, id, c.allowed()); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}

// listUsers answers GET /Users.
func listUsers(ctx context.Context, c *call) (*answer, error) {
	t := c.model.User()
	q, p, err := c.search(t)
	if err != nil {
		return nil, err
	}
	q.References = t.WantsInList(p, "groups")
	page, err := c.FindUsers(ctx, c.caller, q)
	if err != nil {
		return nil, err
	}
	return list(c, t, p, page, c.shownUser)
}

func (c *call) userAnswer(status int, u provision.User, p *scim.Projection) (*answer, error) {
	body, err := c.model.User().AppendJSON(make([]byte, 0, 2048), u.Document, u.Envelope(c.base), p)
	return &answer{status: status, version: provision.ETag(u.Version), body: body}, err
}
