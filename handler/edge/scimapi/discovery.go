package scimapi

import (
	"context"
	"net/http"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// listSchemas answers GET /Schemas.
func listSchemas(_ context.Context, c *call) (*answer, error) {
	return c.discovered(c.model.Schemas(c.base), true, "schema")
}

// getSchema answers GET /Schemas/{urn}.
func getSchema(_ context.Context, c *call) (*answer, error) {
	body, ok := c.model.Schema(c.id, c.base)
	return c.discovered(body, ok, "schema")
}

// listResourceTypes answers GET /ResourceTypes.
func listResourceTypes(_ context.Context, c *call) (*answer, error) {
	return c.discovered(c.model.ResourceTypes(c.base), true, "resource type")
}

// getResourceType answers GET /ResourceTypes/{name}.
func getResourceType(_ context.Context, c *call) (*answer, error) {
	body, ok := c.model.ResourceType(c.id, c.base)
	return c.discovered(body, ok, "resource type")
}

// getServiceProviderConfig answers GET /ServiceProviderConfig.
func (e *endpoint) getServiceProviderConfig(_ context.Context, c *call) (*answer, error) {
	config := scim.ProviderConfig{
		MaxResults: provision.MaxPageSize, DefaultPageSize: provision.DefaultPageSize, Sort: true, ETag: true,
		MaxBulkOperations: maxBulkOperations, MaxBulkBytes: int(e.BodyLimit),
		Cursor: e.Keys != nil, CursorSeconds: int(cursorLife.Seconds()),
	}
	return c.discovered(c.model.ServiceProviderConfig(c.base, config), true, "")
}

// discovered answers with a description of the service. Paging, sorting and
// projection do not apply to it, and a filter is refused (RFC 7644 §4).
func (c *call) discovered(body []byte, ok bool, kind string) (*answer, error) {
	if c.query.filter != nil {
		return nil, fault.New(fault.Forbidden, "the description of the service cannot be filtered; leave filter out")
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no such %s", kind)
	}
	return &answer{status: http.StatusOK, body: body}, nil
}
