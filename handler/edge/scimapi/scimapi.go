// Package scimapi is the SCIM endpoint that Entra, Okta and OneLogin are given
// the address of: /scim/{tenant}/v2.
//
// It finds out who calls, reads the request as SCIM, has one rule carry it out,
// and writes the answer. Addresses are taken as they are typed: doubled and
// trailing slashes and unknown query members change nothing, and nobody is ever
// redirected.
package scimapi

import (
	"net/http"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
	"handover/handler/edge/exchange"
	"handover/handler/rule/access"
	"handover/handler/rule/provision"
)

// DefaultBodyLimit is the most bytes of a request's body where no other limit
// is set: 1 MiB holds a PATCH with some 10,000 members, or 1,000 new users.
const DefaultBodyLimit = 1 << 20

// Config is what the endpoint needs.
type Config struct {
	Gate      *access.Gate
	Provision *provision.Service
	Exchange  *exchange.Exchange
	// BaseURL is the address under which a request reached the service, without
	// a path; exchange.BaseURL makes one.
	BaseURL func(*http.Request) string
	// Keys seal the cursors of pages; nil leaves paging by cursor out.
	Keys *credential.Keyring
	// BodyLimit is the most bytes of a body; 0 means DefaultBodyLimit.
	BodyLimit int64
	// Refused, if any, is told of what was refused to a tenant's directory. It must
	// return at once.
	Refused func(tenant string, line directory.Activity)
}

// endpoint serves the requests of all tenants.
type endpoint struct {
	Config
	routes routes
}

// New makes the handler of everything under /scim/. It needs no router in front
// of it that cleans paths, and none that redirects may be there.
func New(c Config) http.Handler {
	if c.BodyLimit == 0 {
		c.BodyLimit = DefaultBodyLimit
	}
	e := &endpoint{Config: c}
	e.routes = e.table()
	return c.Exchange.Wrap(render, e.noted)
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) error {
	at, err := locate(r.URL.Path)
	if err != nil {
		return err
	}
	line := exchange.LineOf(r.Context())
	if directory.ValidTenantID(at.tenant) {
		line.Tenant = at.tenant
	}
	admitted, err := e.Gate.Admit(r.Context(), at.tenant, exchange.Bearer(r), credential.ScimToken)
	line.Actor = admitted.Caller.Credential
	if err != nil {
		return err
	}
	found, err := e.routes.find(at)
	if err != nil {
		return err
	}
	r.Pattern = found.pattern
	do, err := found.operation(w, r)
	if err != nil {
		return err
	}
	if mediaType(r) == "" {
		return fault.New(fault.NotAcceptable, "Accept must take %s or %s", scim.ContentType, plainJSON)
	}
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	run := func(who *access.Caller, body []byte) (*answer, error) {
		c, err := e.call(r, at, q, who)
		if err != nil {
			return nil, err
		}
		c.body = body
		return do(r.Context(), c)
	}
	answered, err := e.admitted(w, r, admitted, run)
	if err != nil {
		return err
	}
	return answered.send(w, r)
}

// admitted runs a request as a caller who was let in. A read goes on beside the
// refresh of the caller's snapshot, and its answer waits for that. For a change,
// neither the body is read nor anything written before the snapshot is fresh.
func (e *endpoint) admitted(w http.ResponseWriter, r *http.Request, admitted access.Admission, run func(*access.Caller, []byte) (*answer, error)) (*answer, error) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	var answered *answer
	var failed error
	if reads {
		answered, failed = run(&admitted.Caller, nil)
	}
	confirmed, err := admitted.Confirm(r.Context())
	switch {
	case err != nil:
		return nil, err
	case reads && confirmed.Tenant.ETag == admitted.Caller.Tenant.ETag:
		return answered, failed
	}
	var body []byte
	if !reads && r.Method != http.MethodDelete {
		if body, err = exchange.Body(w, r, e.BodyLimit, scim.ContentType, plainJSON); err != nil {
			return nil, e.tooLarge(r, err)
		}
	}
	return run(&confirmed, body)
}
