package scimapi

import (
	"net/url"
	"strconv"
	"strings"

	"handover/handler/core/fault"
	"handover/handler/rule/provision"
)

// query is the members of a query that SCIM knows; all others are ignored
// (RFC 7644 §3.4.2).
type query struct {
	// filter is nil when the query has none.
	filter               *string
	attributes, excluded string
	sortBy, sortOrder    string
	startIndex, count    int
	// cursor is nil when the query pages by index.
	cursor *string
}

// parseQuery reads the query of a URL. A semicolon is data: net/url would drop
// the member that holds one, and with a filter its whole effect.
func parseQuery(raw string) (query, error) {
	q := query{startIndex: 1, count: provision.DefaultPageSize}
	for member := range strings.SplitSeq(raw, "&") {
		name, text, _ := strings.Cut(member, "=")
		read, known := q.reader(name)
		if !known {
			continue
		}
		value, err := url.QueryUnescape(text)
		if err != nil {
			return query{}, undecodable(name, err)
		}
		if err := read(value); err != nil {
			return query{}, err
		}
	}
	return q, nil
}

func undecodable(name string, cause error) error {
	code := fault.InvalidValue
	if name == "filter" {
		code = fault.InvalidFilter
	}
	return fault.New(code, "%s: its percent-encoding in the query cannot be read", name).WithCause(cause)
}

// reader is what takes the value of a member.
func (q *query) reader(name string) (read func(string) error, known bool) {
	switch name {
	case "filter":
		return func(value string) error { q.filter = &value; return nil }, true
	case "attributes":
		return func(value string) error { q.attributes = value; return nil }, true
	case "excludedAttributes":
		return func(value string) error { q.excluded = value; return nil }, true
	case "sortBy":
		return func(value string) error { q.sortBy = value; return nil }, true
	case "sortOrder":
		return func(value string) error { q.sortOrder = value; return nil }, true
	case "cursor":
		return func(value string) error { q.cursor = &value; return nil }, true
	case "startIndex":
		return func(value string) error { return number(&q.startIndex, name, value) }, true
	case "count":
		return func(value string) error { return number(&q.count, name, value) }, true
	}
	return nil, false
}

func number(into *int, name, value string) error {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil {
		return fault.New(fault.InvalidValue, "%s must be an integer", name).WithCause(err)
	}
	*into = n
	return nil
}
