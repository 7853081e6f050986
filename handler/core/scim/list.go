package scim

import "strconv"

// ListHeader is what stands around the resources of a page.
type ListHeader struct {
	// TotalResults counts all matches. With Unknown it is left out, as
	// RFC 9865 §2 allows a page that was reached by a cursor.
	TotalResults int
	Unknown      bool
	// StartIndex is the place of the first resource, from 1; 0 leaves it out.
	StartIndex int
	// ItemsPerPage is the number of resources on the page.
	ItemsPerPage int
	// NextCursor and PreviousCursor lead to the neighbouring pages (RFC 9865);
	// empty leaves them out.
	NextCursor, PreviousCursor string
}

// AppendListStart writes a ListResponse (RFC 7644 §3.4.2) up to its first
// resource. The caller writes the resources with commas between them and ends
// with AppendListEnd.
func AppendListStart(dst []byte, h ListHeader) []byte {
	dst = append(dst, `{"schemas":["`+ListResponseURN+`"]`...)
	if !h.Unknown {
		dst = strconv.AppendInt(append(dst, `,"totalResults":`...), int64(h.TotalResults), 10)
	}
	dst = strconv.AppendInt(append(dst, `,"itemsPerPage":`...), int64(h.ItemsPerPage), 10)
	if h.StartIndex > 0 {
		dst = strconv.AppendInt(append(dst, `,"startIndex":`...), int64(h.StartIndex), 10)
	}
	dst = appendNamed(dst, `,"nextCursor":`, h.NextCursor)
	dst = appendNamed(dst, `,"previousCursor":`, h.PreviousCursor)
	return append(dst, `,"Resources":[`...)
}

// AppendListEnd closes what AppendListStart opened.
func AppendListEnd(dst []byte) []byte { return append(dst, ']', '}') }

// AppendList writes a whole ListResponse; ItemsPerPage is counted.
func AppendList(dst []byte, h ListHeader, resources [][]byte) []byte {
	h.ItemsPerPage = len(resources)
	dst = AppendListStart(dst, h)
	for i, r := range resources {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, r...)
	}
	return AppendListEnd(dst)
}
