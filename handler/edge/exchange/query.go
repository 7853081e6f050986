package exchange

import (
	"net/http"
	"strconv"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// The size of a page, for every list but SCIM's.
const (
	usualPage   = 50
	largestPage = 500
)

// Limit reads how many entries a page shall have from the query's limit: 1 to
// 500, and 50 if it is absent.
func Limit(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return usualPage, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > largestPage {
		return 0, fault.New(fault.InvalidValue, "limit must be a whole number from 1 to %d, for example limit=%d", largestPage, usualPage)
	}
	return limit, nil
}

// QueryID reads an id from the query; the zero id if it is absent.
func QueryID(r *http.Request, name string) (directory.ID, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return directory.ID{}, nil
	}
	id, ok := directory.ParseID(text)
	if !ok {
		return directory.ID{}, fault.New(fault.InvalidValue,
			"%s must be an id of 36 characters, for example %s=01970c3e-8f00-7000-8000-000000000000", name, name)
	}
	return id, nil
}

// PathID reads an id from the path's wildcard, whose name says what it is of.
// What is no id names nothing: fault.NotFound.
func PathID(r *http.Request, name string) (directory.ID, error) {
	id, ok := directory.ParseID(r.PathValue(name))
	if !ok {
		return directory.ID{}, fault.New(fault.NotFound,
			"there is no such %s; its id has 36 characters, for example 01970c3e-8f00-7000-8000-000000000000", name)
	}
	return id, nil
}
