package store

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"handover/handler/core/directory"
)

// idBytes is the size of an id in a packed list.
const idBytes = 16

// packed is a list of ids in ascending order, 16 bytes each.
type packed string

func pack(ids ...directory.ID) packed {
	var text strings.Builder
	text.Grow(len(ids) * idBytes)
	for i := range ids {
		text.Write(ids[i][:])
	}
	return packed(text.String())
}

func (p packed) len() int { return len(p) / idBytes }

func (p packed) at(i int) directory.ID {
	return directory.ID([]byte(p[i*idBytes : (i+1)*idBytes]))
}

// appendTo appends the ids of the list to others.
func (p packed) appendTo(ids []directory.ID) []directory.ID {
	for i := range p.len() {
		ids = append(ids, p.at(i))
	}
	return ids
}

// find is the position of an id, or the one at which it would stand.
func (p packed) find(id directory.ID) (int, bool) {
	want := string(id[:])
	i := sort.Search(p.len(), func(i int) bool { return string(p[i*idBytes:(i+1)*idBytes]) >= want })
	return i, i < p.len() && string(p[i*idBytes:(i+1)*idBytes]) == want
}

func (p packed) has(id directory.ID) bool {
	_, found := p.find(id)
	return found
}

// edit is what shall become of one id of a list.
type edit struct {
	id     directory.ID
	member bool
}

// with applies edits, in ascending order of ids, and tells which of them
// changed anything.
func (p packed) with(edits []edit) (list packed, added, removed []directory.ID) {
	var text strings.Builder
	text.Grow(len(p) + len(edits)*idBytes)
	rest := p
	for _, e := range edits {
		i, found := rest.find(e.id)
		text.WriteString(string(rest[:i*idBytes]))
		rest = rest[i*idBytes:]
		switch {
		case found && !e.member:
			removed = append(removed, e.id)
			rest = rest[idBytes:]
		case !found && e.member:
			added = append(added, e.id)
			text.Write(e.id[:])
		}
	}
	text.WriteString(string(rest))
	return packed(text.String()), added, removed
}

// add and remove change a short list, such as that of an index row.
func (p packed) add(id directory.ID) packed {
	list, _, _ := p.with([]edit{{id, true}})
	return list
}

func (p packed) remove(id directory.ID) packed {
	list, _, _ := p.with([]edit{{id, false}})
	return list
}

func compareIDs(a, b directory.ID) int { return bytes.Compare(a[:], b[:]) }

func sortEdits(edits []edit) {
	slices.SortFunc(edits, func(a, b edit) int { return compareIDs(a.id, b.id) })
}
