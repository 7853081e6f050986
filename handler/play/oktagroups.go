package play

import (
	"fmt"
	"net/http"
)

// oktaMember is how Okta names a group's member.
type oktaMember struct {
	Value   string `json:"value"`
	Display string `json:"display"`
}

// oktaPushGroup creates a group with its members, or takes over the one of the
// same name by replacing its members.
func (s *step) oktaPushGroup(t *team) {
	found, ok := s.ask(oktaMatch("/Groups", "displayName", t.displayName), anyStatus(http.StatusOK), scimJSON, atMostOne)
	if !ok {
		return
	}
	if t.id = firstID(found); t.id != "" {
		s.oktaMembers(t, t.members, s.oktaReplace(t.members))
		return
	}
	a, _ := s.ask(request{method: "POST", path: "/Groups", body: object{
		"schemas": []string{groupSchema}, "displayName": t.displayName, "members": s.oktaNames(t.members),
	}}, anyStatus(http.StatusCreated), scimJSON, located, hasSchema(groupSchema), hasID(""), text(t.displayName, "displayName"))
	if t.id, _ = a.body["id"].(string); t.id != "" {
		s.count(t)
	}
}

// oktaNames are members as Okta sends them; never nil, so that [] is sent.
func (s *step) oktaNames(people []int) []oktaMember {
	list := []oktaMember{}
	for _, i := range people {
		if p := s.cycle.people[i]; p.ID != "" {
			list = append(list, oktaMember{p.ID, p.UserName})
		}
	}
	return list
}

func (s *step) oktaReplace(people []int) operation {
	return operation{"replace", "members", s.oktaNames(people)}
}

// oktaRename sends the group's own id along, and later takes the change back.
func (s *step) oktaRename(t *team) {
	if t.id == "" {
		return
	}
	first := t.displayName
	for _, name := range []string{first + " (renamed)", first} {
		t.displayName = name
		s.oktaPatchGroup(t, operation{Op: "replace", Value: object{"id": t.id, "displayName": name}})
		s.count(t)
	}
}

// oktaShuffle takes one member out and puts it in again in one request, and
// replaces all members: by nobody, by one fewer, and by all.
func (s *step) oktaShuffle(t *team) {
	ids := s.ids(t.members)
	if t.id == "" || len(ids) < 2 || len(ids) < len(t.members) {
		return
	}
	all := t.members
	out := operation{Op: "remove", Path: fmt.Sprintf(`members[value eq "%s"]`, ids[0])}
	s.oktaMembers(t, all[1:], out)
	s.oktaMembers(t, all, operation{Op: "remove", Path: fmt.Sprintf(`members[value eq "%s"]`, ids[1])}, operation{"add", "members", s.oktaNames(all[:2])})
	for _, wanted := range [][]int{nil, all[1:], all} {
		s.oktaMembers(t, wanted, s.oktaReplace(wanted))
	}
}

// oktaMembers changes a group and reads it back with the members it must have.
func (s *step) oktaMembers(t *team, wanted []int, operations ...operation) {
	s.oktaPatchGroup(t, operations...)
	t.members = wanted
	s.count(t)
}

func (s *step) oktaPatchGroup(t *team, operations ...operation) {
	s.ask(oktaPatch(groupPath(t.id), operations...), anyStatus(http.StatusOK, http.StatusNoContent), ifBody(hasSchema(groupSchema), hasID(t.id)))
}

func (s *step) oktaDeleteGroup(t *team) {
	if t.id == "" {
		return
	}
	if _, ok := s.ask(deleteGroup(t.id), anyStatus(http.StatusNoContent)); ok {
		s.ask(readGroup(t.id, ""), anyStatus(http.StatusNotFound), scimError(http.StatusNotFound))
		s.ask(oktaMatch("/Groups", "displayName", t.displayName), anyStatus(http.StatusOK), scimJSON, hits(0))
	}
}
