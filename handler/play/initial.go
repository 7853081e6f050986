package play

import (
	"cmp"
	"context"
	"net/http"
	"strings"
)

// probeEvery is of how many users one is asked for in capitals, too.
const probeEvery = 10

// chunk is how many members go into one PATCH, as in Entra's larger groups.
const chunk = 100

// Initial plays the initial cycle: each user is looked for and created, some
// get a manager, then each group is looked for, created and filled. Who is
// there already is matched and brought up to date.
func (c *Cycle) Initial(ctx context.Context) error {
	return c.play(ctx,
		phase{"users", len(c.people), func(s *step, i int) { s.provision(c.people[i], i) }},
		phase{"managers", max(0, len(c.people)-reportsPerManager), func(s *step, i int) { s.manage(c.people[i+reportsPerManager], c.managerShape(i)) }},
		phase{"groups", len(c.teams), func(s *step, i int) { s.provisionGroup(c.teams[i]) }},
		phase{"members", len(c.teams), func(s *step, i int) { s.fill(c.teams[i]) }},
	)
}

// provision creates a user, or takes over the one that the endpoint has.
func (s *step) provision(p *Person, i int) {
	found, ok := s.ask(matchUser(p.UserName), anyStatus(http.StatusOK), scimJSON, atMostOne)
	switch {
	case !ok:
		return
	case firstID(found) == "":
		s.create(p)
	default:
		p.ID = firstID(found)
		s.patch(p, operation{"Replace", "active", "True"}, operation{"Replace", "displayName", p.DisplayName},
			operation{"Replace", "title", p.Title}, operation{"Replace", enterpriseSchema + ":department", p.Department})
	}
	if i == 0 && p.ID != "" {
		s.duplicate(p)
	}
	if i%probeEvery == 0 && p.ID != "" {
		s.ask(matchUser(strings.ToUpper(p.UserName)), anyStatus(http.StatusOK), scimJSON, hits(1), hit(hasID(p.ID)))
	}
}

func (s *step) create(p *Person) {
	a, _ := s.ask(createUser(p), append([]check{anyStatus(http.StatusCreated), scimJSON, located}, s.provisioned(p)...)...)
	if a.status == http.StatusCreated {
		p.ID, _ = a.body["id"].(string)
	}
}

// provisioned is what an answer that shows this person must show.
func (s *step) provisioned(p *Person) []check {
	return []check{
		hasSchema(userSchema), hasID(p.ID), text(p.UserName, "userName"), isActive(p.Active),
		text(p.DisplayName, "displayName"), text(p.Title, "title"), text(p.GivenName, "name", "givenName"),
		text(p.FamilyName, "name", "familyName"), text(p.Department, enterpriseSchema, "department"), hasWorkEmail(s.address(p)),
	}
}

// address is the person's e-mail address: a rename does not change it.
func (s *step) address(p *Person) string {
	return cmp.Or(p.mail, p.ExternalID+"@"+s.cycle.options.Domain)
}

// patch changes a user and, if the endpoint knows the person, reads back what
// it made of the change. A PATCH may answer 200 with the user or 204 without.
func (s *step) patch(p *Person, operations ...operation) {
	if p.ID == "" {
		return
	}
	s.ask(s.dialect().patch(userPath(p.ID), operations...), anyStatus(http.StatusOK, http.StatusNoContent), ifBody(s.provisioned(p)...))
	s.read(p)
}

func (s *step) read(p *Person, more ...check) {
	checks := append([]check{anyStatus(http.StatusOK), scimJSON}, s.provisioned(p)...)
	s.ask(readUser(p.ID), append(checks, more...)...)
}

// duplicate creates a user once more, as after an answer that came too late.
func (s *step) duplicate(p *Person) {
	s.ask(createUser(p), anyStatus(http.StatusConflict), scimError(http.StatusConflict), text("uniqueness", "scimType"))
}

// manage gives a person a manager, if both are known.
func (s *step) manage(p *Person, shape managerShape) {
	manager := s.cycle.people[p.manager]
	if p.ID == "" || manager.ID == "" {
		return
	}
	s.ask(s.dialect().patch(userPath(p.ID), shape(manager.ID)), anyStatus(http.StatusOK, http.StatusNoContent), ifBody(hasSchema(userSchema), hasID(p.ID)))
	s.read(p, hasManager(manager.ID)...)
}

// hasManager wants the manager as an object: Entra cannot read a text there.
func hasManager(id string) []check {
	return []check{hasSchema(enterpriseSchema), text(id, enterpriseSchema, "manager", "value")}
}

func (s *step) provisionGroup(t *team) {
	found, ok := s.ask(matchGroup(t.displayName), anyStatus(http.StatusOK), scimJSON, atMostOne, eachHit(noMembers))
	if !ok {
		return
	}
	if t.id = firstID(found); t.id != "" {
		t.found = true
	} else {
		a, _ := s.ask(createGroup(t), anyStatus(http.StatusCreated), scimJSON, located, hasSchema(groupSchema), hasID(""), text(t.displayName, "displayName"))
		t.id, _ = a.body["id"].(string)
	}
	if t.id != "" {
		s.ask(matchGroup(strings.ToUpper(t.displayName)), anyStatus(http.StatusOK), scimJSON, hits(1), hit(hasID(t.id), noMembers))
		s.ask(readGroup(t.id, "excludedAttributes=members"), anyStatus(http.StatusOK), scimJSON, hasSchema(groupSchema), hasID(t.id), noMembers)
	}
}

// fill adds the members of a new group, many at a time, and counts them.
func (s *step) fill(t *team) {
	if t.id == "" {
		return
	}
	ids := s.ids(t.members)
	for begin := 0; begin < len(ids); begin += chunk {
		s.changeMembers(t, "Add", ids[begin:min(begin+chunk, len(ids))])
	}
	s.count(t)
}

func (s *step) changeMembers(t *team, op string, ids []string) {
	s.patchGroup(t, operation{op, "members", entraMembers(ids)})
}

func (s *step) patchGroup(t *team, operations ...operation) {
	s.ask(s.dialect().patch(groupPath(t.id), operations...), anyStatus(http.StatusOK, http.StatusNoContent), ifBody(hasSchema(groupSchema), hasID(t.id)))
}

// count reads a group and holds its members against the directory's.
func (s *step) count(t *team) {
	s.ask(readGroup(t.id, ""), anyStatus(http.StatusOK), scimJSON, hasSchema(groupSchema), hasID(t.id),
		text(t.displayName, "displayName"), members(s.ids(t.members), !t.found))
}

// ids are the endpoint's names for people, without those that it never took.
func (s *step) ids(indexes []int) []string {
	var list []string
	for _, i := range indexes {
		if id := s.cycle.people[i].ID; id != "" {
			list = append(list, id)
		}
	}
	return list
}
