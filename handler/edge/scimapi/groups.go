package scimapi

import (
	"context"
	"net/http"

	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// getGroup answers GET /Groups/{id}. Members that are not wanted are not read.
func getGroup(ctx context.Context, c *call) (*answer, error) {
	t := c.model.Group()
	id, p, err := c.one(t)
	if err != nil {
		return nil, err
	}
	g, err := c.Group(ctx, c.caller, id, p.Wants("members"))
	if err != nil {
		return nil, err
	}
	if c.notModified(g.Version) {
		return &answer{status: http.StatusNotModified, version: provision.ETag(g.Version)}, nil
	}
	return c.groupAnswer(http.StatusOK, g, p)
}

// createGroup answers POST /Groups.
func createGroup(ctx context.Context, c *call) (*answer, error) {
	t := c.model.Group()
	p, err := c.shown(t)
	if err != nil {
		return nil, err
	}
	r, err := c.resource(t)
	if err != nil {
		return nil, err
	}
	g, err := c.CreateGroup(ctx, c.caller, r)
	if err != nil {
		return nil, err
	}
	a, err := c.groupAnswer(http.StatusCreated, g, p)
	if err != nil {
		return nil, err
	}
	a.location = g.Envelope(c.base).Location
	return a, nil
}

// patchGroup answers PATCH /Groups/{id}: 204, or 200 with the resource where
// the query says which attributes are wanted.
func patchGroup(ctx context.Context, c *call) (*answer, error) {
	t := c.model.Group()
	id, p, err := c.one(t)
	if err != nil {
		return nil, err
	}
	patch, err := c.patch(t)
	if err != nil {
		return nil, err
	}
	g, err := c.PatchGroup(ctx, c.caller, id, patch, c.allowed())
	if err != nil {
		return nil, err
	}
	if c.query.attributes == "" && c.query.excluded == "" {
		return &answer{status: http.StatusNoContent, version: provision.ETag(g.Version)}, nil
	}
	return c.changedGroup(ctx, g, p)
}

// replaceGroup answers PUT /Groups/{id}, which never creates.
func replaceGroup(ctx context.Context, c *call) (*answer, error) {
	t := c.model.Group()
	id, p, err := c.one(t)
	if err != nil {
		return nil, err
	}
	r, err := c.resource(t)
	if err != nil {
		return nil, err
	}
	g, err := c.ReplaceGroup(ctx, c.caller, id, r, c.allowed())
	if err != nil {
		return nil, err
	}
	return c.changedGroup(ctx, g, p)
}

// changedGroup answers a change with the group, whose members are read if they
// are wanted.
func (c *call) changedGroup(ctx context.Context, g provision.Group, p *scim.Projection) (*answer, error) {
	if p.Wants("members") {
		var err error
		if g, err = c.Group(ctx, c.caller, g.ID, true); err != nil {
			return nil, err
		}
	}
	return c.groupAnswer(http.StatusOK, g, p)
}

// deleteGroup answers DELETE /Groups/{id}.
func deleteGroup(ctx context.Context, c *call) (*answer, error) {
	id, err := c.resourceID(c.model.Group())
	if err != nil {
		return nil, err
	}
	if err := c.DeleteGroup(ctx, c.caller, id, c.allowed()); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}

// listGroups answers GET /Groups.
func listGroups(ctx context.Context, c *call) (*answer, error) {
	t := c.model.Group()
	q, p, err := c.search(t)
	if err != nil {
		return nil, err
	}
	q.References = t.WantsInList(p, "members")
	page, err := c.FindGroups(ctx, c.caller, q)
	if err != nil {
		return nil, err
	}
	return list(c, t, p, page, c.shownGroup)
}

func (c *call) groupAnswer(status int, g provision.Group, p *scim.Projection) (*answer, error) {
	body, err := c.model.Group().AppendJSON(nil, g.Document, g.Envelope(c.base), p)
	return &answer{status: status, version: provision.ETag(g.Version), body: body}, err
}
