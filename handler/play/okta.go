package play

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// App is a kind of application in Okta; it decides how users are deactivated.
type App string

// The kinds. Applications of the catalogue (OIN) get a PATCH; those made with
// the wizard get everything by PUT.
const (
	WizardApp App = "wizard"
	OINApp    App = "oin"
)

// oktaMatch is how Okta looks for a resource: a page of 100, blanks as %20 and
// quotes as %22.
func oktaMatch(path, attribute, value string) request {
	filter := strings.ReplaceAll(url.QueryEscape(attribute+` eq "`+value+`"`), "+", "%20")
	return request{method: "GET", path: path, query: "filter=" + filter + "&startIndex=1&count=100"}
}

// oktaCreate is the POST of a user: with a password that must go nowhere, and a
// list of groups that the server alone decides.
func oktaCreate(p *Person) request {
	return request{method: "POST", path: "/Users", body: object{
		"schemas":     []string{userSchema},
		"userName":    p.UserName,
		"name":        object{"givenName": p.GivenName, "familyName": p.FamilyName},
		"emails":      []object{{"primary": true, "value": p.UserName, "type": "work"}},
		"displayName": p.DisplayName,
		"title":       p.Title,
		"locale":      "en-US",
		"externalId":  p.ExternalID,
		"groups":      []object{},
		"password":    "pw-" + p.ExternalID,
		"active":      true,
	}}
}

// oktaPatch is a PATCH in small letters.
func oktaPatch(path string, operations ...operation) request {
	return DefaultDialect.patch(path, operations...)
}

// oktaConnect imports: nobody is found by a name that nobody has, and groups
// come as a page.
func (c *Cycle) oktaConnect(ctx context.Context) error {
	var refused error
	err := c.play(ctx, phase{"test connection", 1, func(s *step, _ int) {
		a, ok := s.ask(oktaMatch("/Users", "userName", c.strangers[0]), anyStatus(http.StatusOK), scimJSON, hits(0))
		if !ok && a.status != http.StatusOK {
			refused = c.unusable(a)
			return
		}
		s.ask(request{method: "GET", path: "/Groups", query: "startIndex=1&count=100"}, anyStatus(http.StatusOK), scimJSON, hasSchema(listSchema))
	}})
	if err != nil {
		return err
	}
	return refused
}

// oktaPush creates who and what is not there yet.
func (c *Cycle) oktaPush(ctx context.Context) error {
	return c.play(ctx,
		phase{"users", len(c.people), func(s *step, i int) { s.oktaProvision(c.people[i], i) }},
		phase{"groups", len(c.teams), func(s *step, i int) { s.oktaPushGroup(c.teams[i]) }},
	)
}

// oktaUpdate changes profiles and groups.
func (c *Cycle) oktaUpdate(ctx context.Context) error {
	changed := c.changed()
	return c.play(ctx,
		phase{"profile updates", len(changed), func(s *step, i int) { s.oktaChange(c.people[changed[i]]) }},
		phase{"group renames", len(c.teams), func(s *step, i int) { s.oktaRename(c.teams[i]) }},
		phase{"memberships", len(c.teams), func(s *step, i int) { s.oktaShuffle(c.teams[i]) }},
	)
}

// oktaDeactivate takes access away and gives some of it back; the last group is
// deleted. Nobody is deleted.
func (c *Cycle) oktaDeactivate(ctx context.Context) error {
	deleted, restored, leavers := c.softDeleted(), c.restored(), c.Leavers()
	return c.play(ctx,
		phase{"deactivations", len(deleted), func(s *step, i int) { s.oktaSetActive(c.people[deleted[i]], false) }},
		phase{"reactivations", len(restored), func(s *step, i int) { s.oktaSetActive(c.people[restored[i]], true) }},
		phase{"leavers", len(leavers), func(s *step, i int) { s.oktaSetActive(c.people[leavers[i]], false) }},
		phase{"group deletes", min(1, len(c.teams)), func(s *step, _ int) { s.oktaDeleteGroup(c.teams[len(c.teams)-1]) }},
	)
}

// oktaShown is what an answer must show of a person: what Okta requires, and
// what was sent.
func (s *step) oktaShown(p *Person) []check {
	return []check{
		hasSchema(userSchema), hasID(p.ID), text(p.UserName, "userName"), text(p.GivenName, "name", "givenName"), text(p.FamilyName, "name", "familyName"),
		hasWorkEmail(p.UserName), isActive(p.Active), text(p.DisplayName, "displayName"), text(p.Title, "title"), noPassword,
	}
}

func (s *step) oktaFind(p *Person) (found answer, ok bool) {
	return s.ask(oktaMatch("/Users", "userName", p.UserName), anyStatus(http.StatusOK), scimJSON, atMostOne)
}

// oktaProvision creates a user, or brings the one that is there up to date.
func (s *step) oktaProvision(p *Person, i int) {
	found, ok := s.oktaFind(p)
	if !ok {
		return
	}
	if p.ID = firstID(found); p.ID != "" {
		s.oktaPut(p)
	} else {
		a, _ := s.ask(oktaCreate(p), append([]check{anyStatus(http.StatusCreated), scimJSON, located}, s.oktaShown(p)...)...)
		if a.status == http.StatusCreated {
			p.ID, _ = a.body["id"].(string)
		}
	}
	if i == 0 && p.ID != "" {
		s.ask(oktaCreate(p), anyStatus(http.StatusConflict), scimError(http.StatusConflict))
		s.ask(oktaMatch("/Users", "userName", strings.ToUpper(p.UserName)), anyStatus(http.StatusOK), scimJSON, hits(1), hit(hasID(p.ID)))
	}
}

// oktaPut reads a user and sends everything back with what changed, read-only
// attributes included.
func (s *step) oktaPut(p *Person) {
	a, ok := s.ask(readUser(p.ID), anyStatus(http.StatusOK), scimJSON, hasID(p.ID), noPassword)
	if !ok {
		return
	}
	body := a.body
	body["displayName"], body["title"], body["active"] = p.DisplayName, p.Title, p.Active
	body["name"] = object{"givenName": p.GivenName, "familyName": p.FamilyName}
	s.ask(request{method: "PUT", path: userPath(p.ID), body: body}, append([]check{anyStatus(http.StatusOK), scimJSON}, s.oktaShown(p)...)...)
	s.oktaRead(p)
}

func (s *step) oktaRead(p *Person) {
	s.ask(readUser(p.ID), append([]check{anyStatus(http.StatusOK), scimJSON}, s.oktaShown(p)...)...)
}

func (s *step) oktaChange(p *Person) {
	if p.ID == "" {
		return
	}
	p.Title, p.DisplayName, p.FamilyName = "Senior "+p.Title, p.DisplayName+" (Okta)", p.FamilyName+"-Reyes"
	s.oktaPut(p)
}

// oktaSetActive deactivates or reactivates in the way of the application. The
// user is still found.
func (s *step) oktaSetActive(p *Person, active bool) {
	if p.ID == "" {
		return
	}
	if p.Active = active; s.cycle.options.App == OINApp {
		s.ask(oktaPatch(userPath(p.ID), operation{Op: "replace", Value: object{"active": active}}),
			anyStatus(http.StatusOK, http.StatusNoContent), ifBody(s.oktaShown(p)...))
		s.oktaRead(p)
	} else {
		s.oktaPut(p)
	}
	s.ask(oktaMatch("/Users", "userName", p.UserName), anyStatus(http.StatusOK), scimJSON, hits(1), hit(s.oktaShown(p)...))
}
