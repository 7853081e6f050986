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

// routes are the routes by endpoint: first that of the endpoint itself, then
// that of one resource below it, which may have no methods.
type routes map[string][2]route

func table() routes {
	const get, post, patch, put, remove = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete
	pair := func(endpoint string, all, one map[string]operation) [2]route {
		pattern := "/scim/{tenant}/v2/" + endpoint
		return [2]route{{pattern, all}, {pattern + "/{id}", one}}
	}
	return routes{
		"Users": pair("Users", map[string]operation{get: listUsers, post: createUser},
			map[string]operation{get: getUser, patch: patchUser, put: replaceUser, remove: deleteUser}),
		"Groups": pair("Groups", map[string]operation{get: listGroups, post: createGroup},
			map[string]operation{get: getGroup, patch: patchGroup, put: replaceGroup, remove: deleteGroup}),
		"Schemas": pair("Schemas", map[string]operation{get: listSchemas}, map[string]operation{get: getSchema}),
		"ResourceTypes": pair("ResourceTypes", map[string]operation{get: listResourceTypes},
			map[string]operation{get: getResourceType}),
		"ServiceProviderConfig": pair("ServiceProviderConfig", map[string]operation{get: getServiceProviderConfig}, nil),
	}
}

// find is the route of a location.
func (all routes) find(at location) (route, error) {
	found := all[at.endpoint][0]
	if at.id != "" {
		found = all[at.endpoint][1]
	}
	if found.methods == nil || at.deeper {
		return route{}, fault.New(fault.NotFound, "SCIM serves nothing at this path; there are /Users, /Groups, /Schemas, /ResourceTypes and /ServiceProviderConfig")
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
	allowed := strings.Join(slices.Sorted(maps.Keys(rt.methods)), ", ")
	w.Header().Set("Allow", allowed)
	return nil, fault.New(fault.MethodNotAllowed, "%.16s is not served here; allowed: %s", r.Method, allowed)
}
