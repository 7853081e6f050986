package provision

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"

	"handover/handler/core/directory"
)

const (
	// maxAnchors is how many places in lists a process remembers, about 1 MB.
	maxAnchors = 4096
	// maxAnchorAge is how long it trusts one: what was deleted before the place
	// since then would shift the page.
	maxAnchorAge = 10 * time.Minute
)

// place is an index in one list of one tenant.
type place struct {
	tenant, list string
	// filter is the hash of the filter's text; zero for none.
	filter [sha256.Size]byte
	index  int
}

// anchor is what was found just before a place.
type anchor struct {
	// after is the last resource before the place.
	after directory.ID
	// total is how many there were in the whole list.
	total int
}

// anchors remembers where the pages of lists end, so that the next page begins
// there. It keeps the latest ones.
type anchors struct {
	now func() time.Time

	mu     sync.Mutex
	byAge  *list.List
	places map[place]*list.Element
}

type pinned struct {
	at place
	anchor
	set time.Time
}

func newAnchors(now func() time.Time) *anchors {
	return &anchors{now: now, byAge: list.New(), places: make(map[place]*list.Element)}
}

func (a *anchors) get(at place) (anchor, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, held := a.places[at]
	if !held {
		return anchor{}, false
	}
	p := e.Value.(*pinned)
	return p.anchor, a.now().Sub(p.set) < maxAnchorAge
}

func (a *anchors) set(at place, found anchor) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, held := a.places[at]; held {
		a.byAge.Remove(e)
	}
	a.places[at] = a.byAge.PushFront(&pinned{at, found, a.now()})
	if a.byAge.Len() > maxAnchors {
		delete(a.places, a.byAge.Remove(a.byAge.Back()).(*pinned).at)
	}
}
