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
	if s.Sort, err = t.Sort(c.query.sortBy, c.query.sortOrder); err != nil {
		return provision.Search{}, nil, err
	}
	if c.query.filter != nil {
		s.Filter, err = t.ParseFilter(*c.query.filter)
	}
	return s, p, err
}

// list writes a page as a ListResponse.
func list[T any](c *call, t *scim.ResourceType, p *scim.Projection, page provision.Page[T], show func(*T) ([]byte, scim.Envelope)) (*answer, error) {
	header := scim.ListHeader{TotalResults: page.Total, StartIndex: page.Start, ItemsPerPage: len(page.Found)}
	body := scim.AppendListStart(make([]byte, 0, 256+1024*len(page.Found)), header)
	for i := range page.Found {
		if i > 0 {
			body = append(body, ',')
		}
		document, envelope := show(&page.Found[i])
		var err error
		if body, err = t.AppendJSON(body, document, envelope, p); err != nil {
			return nil, err
		}
	}
	return &answer{status: http.StatusOK, body: scim.AppendListEnd(body)}, nil
}
