package scimapi

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// location is a path taken apart: /scim/{tenant}/v2/{endpoint}/{id}.
type location struct {
	tenant, endpoint, id string
	// deeper is set when more follows.
	deeper bool
}

// locate takes a path apart. Empty segments do not count, so doubled and
// trailing slashes change nothing.
func locate(path string) (location, error) {
	var segments [6]string
	n := 0
	for segment := range strings.SplitSeq(path, "/") {
		if segment != "" && n < len(segments) {
			segments[n] = segment
			n++
		}
	}
	at := location{tenant: segments[1], endpoint: segments[3], id: segments[4], deeper: n > 5}
	switch version := segments[2]; {
	case segments[0] != "scim" || at.tenant == "":
		return location{}, fault.New(fault.NotFound, "there is nothing here; the SCIM base URL of a tenant ends in /scim/{tenant}/v2")
	case version == "v2":
		return at, nil
	case len(version) > 1 && version[0] == 'v' && strings.Trim(version[1:], "0123456789.") == "":
		return location{}, fault.New(fault.InvalidVers, "this service speaks SCIM 2.0 only; the base URL of the tenant ends in /scim/{tenant}/v2")
	}
	return location{}, fault.New(fault.NotFound, "the path has no version; the base URL of the tenant ends in /scim/{tenant}/v2")
}

// operation carries one request out.
type operation func(ctx context.Context, c *call) (*answer, error)

// route is one kind of address and what may be done there.
type route struct {
	pattern string
	methods map[string]operation
}

// routes are the routes by endpoint.
type routes map[string]endpointRoutes

// endpointRoutes are the route of an endpoint itself, that of one resource
// below it, and that of a search by POST. One without methods is not there.
type endpointRoutes struct{ all, one, search route }

// searchSegment is what a search by POST has in the place of an id
// (RFC 7644 §3.4.3).
const searchSegment = ".search"

func (e *endpoint) table() routes {
	const get, post, patch, put, remove = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete
	type methods = map[string]operation
	at := func(endpoint string, all, one, search methods) endpointRoutes {
		pattern := "/scim/{tenant}/v2/" + endpoint
		return endpointRoutes{route{pattern, all}, route{pattern + "/{id}", one}, route{pattern + "/" + searchSegment, search}}
	}
	nothing := methods{get: notMe, post: notMe, patch: notMe, put: notMe, remove: notMe}
	return routes{
		"":            at("", methods{get: listAll}, nil, nil),
		searchSegment: at(searchSegment, methods{post: searchAll}, nil, nil),
		"Me":          at("Me", nothing, nil, nil),
		"Users": at("Users", methods{get: listUsers, post: createUser},
			methods{get: getUser, patch: patchUser, put: replaceUser, remove: deleteUser}, methods{post: searchUsers}),
		"Groups": at("Groups", methods{get: listGroups, post: createGroup},
			methods{get: getGroup, patch: patchGroup, put: replaceGroup, remove: deleteGroup}, methods{post: searchGroups}),
		"Bulk":                  at("Bulk", methods{post: e.bulk}, nil, nil),
		"Schemas":               at("Schemas", methods{get: listSchemas}, methods{get: getSchema}, nil),
		"ResourceTypes":         at("ResourceTypes", methods{get: listResourceTypes}, methods{get: getResourceType}, nil),
		"ServiceProviderConfig": at("ServiceProviderConfig", methods{get: e.getServiceProviderConfig}, nil, nil),
	}
}

// find is the route of a location.
func (all routes) find(at location) (route, error) {
	found := all[at.endpoint].all
	switch at.id {
	case "":
	case searchSegment:
		found = all[at.endpoint].search
	default:
		found = all[at.endpoint].one
	}
	if found.methods == nil || at.deeper {
		return route{}, fault.New(fault.NotFound, "SCIM serves nothing at this path; there are /Users, /Groups, /Bulk, /Schemas, /ResourceTypes and /ServiceProviderConfig")
	}
	return found, nil
}

// operation picks by method; HEAD is GET. A method that the route does not have
// is fault.MethodNotAllowed, with the Allow header set.
func (rt route) operation(w http.ResponseWriter, r *http.Request) (operation, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if do, ok := rt.methods[method]; ok {
		return do, nil
	}
	allowed := slices.Collect(maps.Keys(rt.methods))
	if rt.methods[http.MethodGet] != nil {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	return nil, fault.New(fault.MethodNotAllowed, "%.16s is not served here; allowed: %s", r.Method, list)
}
