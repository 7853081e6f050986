package scimapi

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/provision"
)

// cursorLife is how long a cursor may be used. It holds no state of the service,
// so that this only bounds how long a lost one is of use.
const cursorLife = time.Hour

// A cursor (RFC 9865) is a sealed text with a mark and a hash of the query that
// it belongs to: the id, two numbers of 4 bytes, and the hash.
const (
	cursorHash  = 16
	cursorBytes = len(directory.ID{}) + 4 + 4 + cursorHash
)

// from is where the page begins that the query's cursor asks for: nil without a
// cursor, the beginning for an empty one. list names what is listed.
func (c *call) from(list string) (*provision.Mark, error) {
	switch text := c.query.cursor; {
	case text == nil:
		return nil, nil
	case c.keys == nil:
		return nil, fault.New(fault.InvalidCursor, "this service does not page by cursor; use startIndex and count")
	case c.query.count < 1:
		return nil, fault.New(fault.InvalidCount, "count must be at least 1 when paging by cursor; up to %d are given on a page", provision.MaxPageSize)
	case *text == "":
		return new(provision.Mark), nil
	default:
		return c.openCursor(*text, list)
	}
}

func (c *call) openCursor(text, list string) (*provision.Mark, error) {
	payload, verdict := c.keys.Open(credential.ForCursors, c.caller.Tenant.ID, text, c.now)
	hash := c.queryHash(list)
	switch {
	case verdict == credential.Expired:
		return nil, fault.New(fault.ExpiredCursor, "the cursor is older than %d seconds; begin again with an empty cursor", int(cursorLife.Seconds()))
	case verdict != credential.Intact || len(payload) != cursorBytes:
		return nil, fault.New(fault.InvalidCursor, "the cursor is not one of this service; begin with an empty one and then send nextCursor as it came")
	case string(payload[cursorBytes-cursorHash:]) != string(hash[:]):
		return nil, fault.New(fault.InvalidCursor, "the cursor belongs to another query; filter, sortBy, sortOrder and count stay the same from page to page")
	}
	mark := &provision.Mark{After: directory.ID(payload[:16])}
	mark.Passed = int(binary.BigEndian.Uint32(payload[16:]))
	mark.Total = int(binary.BigEndian.Uint32(payload[20:]))
	return mark, nil
}

// nextCursor is the cursor that leads to a mark, "" for none.
func (c *call) nextCursor(next *provision.Mark, list string) (string, error) {
	if next == nil {
		return "", nil
	}
	hash := c.queryHash(list)
	payload := append(make([]byte, 0, cursorBytes), next.After[:]...)
	payload = binary.BigEndian.AppendUint32(payload, uint32(next.Passed))
	payload = binary.BigEndian.AppendUint32(payload, uint32(next.Total))
	return c.keys.Seal(credential.ForCursors, c.caller.Tenant.ID, append(payload, hash[:]...), c.now.Add(cursorLife))
}

// queryHash stands for everything in the query that decides which resources are
// listed, and in which order.
func (c *call) queryHash(list string) (hash [cursorHash]byte) {
	filter := "none"
	if c.query.filter != nil {
		filter = "=" + *c.query.filter
	}
	parts := []string{list, filter, c.query.sortBy, c.query.sortOrder, strconv.Itoa(c.query.count)}
	whole := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	copy(hash[:], whole[:])
	return hash
}
