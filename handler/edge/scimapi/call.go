package scimapi

import (
	"net/http"
	"strings"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/rule/access"
	"handover/handler/rule/provision"
)

// call is one request, once it is known who makes it.
type call struct {
	*provision.Service
	caller provision.Caller
	model  *scim.Model
	// base is the tenant's base URL: https://HOST/scim/{tenant}/v2.
	base string
	// id is what the path names below the endpoint.
	id    string
	query query
	// keys seal cursors; nil where there are none.
	keys        *credential.Keyring
	now         time.Time
	ifMatch     string
	ifNoneMatch string
	body        []byte
	// part is the data of one operation of a bulk request, in the place of body.
	part *scim.Value
}

// data is what the request holds as JSON. Whoever asks for it takes it over.
func (c *call) data() (scim.Value, error) {
	if c.part != nil {
		return *c.part, nil
	}
	return scim.Parse(c.body)
}

// resource is the user or group that the request holds.
func (c *call) resource(t *scim.ResourceType) (*scim.Resource, error) {
	v, err := c.data()
	if err != nil {
		return nil, err
	}
	return t.FromValue(v)
}

// patch is the operations of a PATCH.
func (c *call) patch(t *scim.ResourceType) (*scim.Patch, error) {
	v, err := c.data()
	if err != nil {
		return nil, err
	}
	return t.PatchFromValue(v)
}

func (e *endpoint) call(r *http.Request, at location, q query, who *access.Caller) (*call, error) {
	model, err := e.Provision.Model(&who.Tenant)
	return &call{
		Service: e.Provision,
		caller:  provision.Caller{Tenant: &who.Tenant, Actor: who.Credential},
		model:   model,
		base:    e.BaseURL(r) + "/scim/" + at.tenant + "/v2",
		id:      at.id, query: q,
		keys: e.Keys, now: e.Exchange.Now(),
		ifMatch: r.Header.Get("If-Match"), ifNoneMatch: r.Header.Get("If-None-Match"),
	}, err
}

// resourceID is the id in the path. What is no UUID names nothing.
func (c *call) resourceID(t *scim.ResourceType) (directory.ID, error) {
	id, ok := directory.ParseID(c.id)
	if !ok {
		return id, fault.New(fault.NotFound, "there is no %s with this id", strings.ToLower(t.Name()))
	}
	return id, nil
}

// shown is which attributes the query asks for.
func (c *call) shown(t *scim.ResourceType) (*scim.Projection, error) {
	return t.Projection(c.query.attributes, c.query.excluded)
}

// one is the id in the path and which attributes the query asks for.
func (c *call) one(t *scim.ResourceType) (directory.ID, *scim.Projection, error) {
	id, err := c.resourceID(t)
	if err != nil {
		return id, nil, err
	}
	p, err := c.shown(t)
	return id, p, err
}

// allowed is the precondition of the If-Match header (RFC 7644 §3.14).
func (c *call) allowed() provision.Precondition {
	if c.ifMatch == "" {
		return nil
	}
	return func(version int64) bool { return lists(c.ifMatch, version) }
}

// notModified tells whether If-None-Match names the version.
func (c *call) notModified(version int64) bool {
	return c.ifNoneMatch != "" && lists(c.ifNoneMatch, version)
}

// lists tells whether a list of entity tags holds a version. The comparison is
// weak, since SCIM's tags are.
func lists(tags string, version int64) bool {
	want := strings.TrimPrefix(provision.ETag(version), "W/")
	for tag := range strings.SplitSeq(tags, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == want {
			return true
		}
	}
	return false
}
