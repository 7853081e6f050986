package scimapi

import (
	"net/http"

	"handover/handler/core/scim"
	"handover/handler/rule/provision"
)

// search is what the query asks to be found, and which attributes of it.
func (c *call) search(t *scim.ResourceType) (provision.Search, *scim.Projection, error) {
	p, err := c.shown(t)
	if err != nil {
		return provision.Search{}, nil, err
	}
	s := provision.Search{Start: c.query.startIndex, Count: c.query.count}
	if s.From, err = c.from(t.Endpoint()); err != nil {
		return provision.Search{}, nil, err
	}
	if s.Sort, err = t.Sort(c.query.sortBy, c.query.sortOrder); err != nil {
		return provision.Search{}, nil, err
	}
	if c.query.filter != nil {
		s.Filter, err = t.ParseFilter(*c.query.filter)
	}
	return s, p, err
}

// show is what a list shows of a resource: its document, and what the service
// knows beside it.
type show[T any] func(*T) ([]byte, scim.Envelope)

func (c *call) shownUser(u *provision.User) ([]byte, scim.Envelope) {
	return u.Document, u.Envelope(c.base)
}

func (c *call) shownGroup(g *provision.Group) ([]byte, scim.Envelope) {
	return g.Document, g.Envelope(c.base)
}

// list writes a page as a ListResponse.
func list[T any](c *call, t *scim.ResourceType, p *scim.Projection, page provision.Page[T], show show[T]) (*answer, error) {
	body, err := c.listStart(t.Endpoint(), page.Total, page.Start, len(page.Found), page.Next)
	if err == nil {
		body, err = appendResources(body, t, p, page.Found, show)
	}
	return &answer{status: http.StatusOK, body: scim.AppendListEnd(body)}, err
}

// listStart writes a ListResponse of n resources up to the first one. A page
// that was reached by a cursor tells no index, and its total only where all
// pages can.
func (c *call) listStart(list string, total, start, n int, next *provision.Mark) ([]byte, error) {
	header := scim.ListHeader{TotalResults: total, StartIndex: start, ItemsPerPage: n}
	if c.query.cursor != nil {
		header.StartIndex, header.Unknown = 0, list == "/"
	}
	var err error
	header.NextCursor, err = c.nextCursor(next, list)
	return scim.AppendListStart(make([]byte, 0, 256+1024*n), header), err
}

// appendResources writes the resources of a page, with commas between them and
// whatever stands before them.
func appendResources[T any](body []byte, t *scim.ResourceType, p *scim.Projection, found []T, show show[T]) ([]byte, error) {
	for i := range found {
		if body[len(body)-1] != '[' {
			body = append(body, ',')
		}
		document, envelope := show(&found[i])
		var err error
		if body, err = t.AppendJSON(body, document, envelope, p); err != nil {
			return body, err
		}
	}
	return body, nil
}
