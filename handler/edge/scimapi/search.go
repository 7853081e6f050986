package scimapi

import (
	"context"
	"strconv"
	"strings"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// searchUsers answers POST /Users/.search, which is GET /Users with the query
// in the body (RFC 7644 §3.4.3).
func searchUsers(ctx context.Context, c *call) (*answer, error) {
	if err := c.takeQuery(); err != nil {
		return nil, err
	}
	return listUsers(ctx, c)
}

// searchGroups answers POST /Groups/.search.
func searchGroups(ctx context.Context, c *call) (*answer, error) {
	if err := c.takeQuery(); err != nil {
		return nil, err
	}
	return listGroups(ctx, c)
}

// takeQuery reads the query from the body. Members that SCIM does not know are
// ignored, as in a URL.
func (c *call) takeQuery() error {
	body, err := scim.Parse(c.body)
	if err != nil {
		return err
	}
	if body.Kind() != scim.Object {
		return fault.New(fault.InvalidSyntax, "a search must be an object with schemas, filter, startIndex, count and so on")
	}
	for _, member := range body.Fields() {
		read, known := c.query.reader(member.Name)
		if !known || member.Value.Kind() == scim.Null {
			continue
		}
		text, err := queryText(member)
		if err != nil {
			return err
		}
		if err := read(text); err != nil {
			return err
		}
	}
	return nil
}

// queryText is the value of a member as a URL would have it.
func queryText(member scim.Field) (string, error) {
	v := member.Value
	switch v.Kind() {
	case scim.String:
		return v.Text(), nil
	case scim.Number:
		return string(v.Append(nil)), nil
	case scim.Array:
		names := make([]string, len(v.Items()))
		for i, item := range v.Items() {
			names[i] = item.Text()
		}
		return strings.Join(names, ","), nil
	}
	return "", fault.New(fault.InvalidValue, "%s must be a string, a number or a list of strings", strconv.Quote(member.Name))
}
