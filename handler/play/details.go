package play

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// newHires is how many people are created with a manager from the start.
const newHires = 2

// Details plays what the options ask for beyond the cycle that every directory
// has. Without them it sends nothing.
func (c *Cycle) Details(ctx context.Context) error {
	var phases []phase
	each := func(name string, people []int, do func(s *step, p *Person, i int)) {
		phases = append(phases, phase{name, len(people), func(s *step, i int) { do(s, c.people[people[i]], i) }})
	}
	if c.options.Dialect == FlagDialect {
		each("value paths", c.changed(), (*step).valuePaths)
	}
	if c.options.ManagerShapes {
		phases = append(phases, phase{"new hires", newHires, (*step).hire})
		each("manager removals", c.changed(), (*step).loseManager)
	}
	if c.options.Roles {
		each("roles", c.share3(), (*step).assignRoles)
	}
	if c.options.GroupChanges {
		phases = append(phases, phase{"group changes", len(c.teams), func(s *step, i int) { s.changeGroup(c.teams[i]) }})
	}
	return c.play(ctx, phases...)
}

// share3 are those who change, or the first three: each form of assignment has
// somebody.
func (c *Cycle) share3() []int {
	return c.staff[:min(len(c.staff), max(3, c.share(changedOneOf)))]
}

// valuePaths changes a person as the flag has it: brackets make the entry that
// is not there (1.1 row 17), six of them one address (row 18), in the spelling
// of Entra's mapping table (row 19); names with dots and URNs stand in an
// operation without a path (row 15). Then it clears by "" (row 29) and takes
// back what later cycles could not know.
func (s *step) valuePaths(p *Person, _ int) {
	if !s.match(p) {
		return
	}
	givenName := p.GivenName
	p.GivenName, p.Department, p.mail = p.GivenName+"-Kim", "Field "+p.Department, "kim."+p.ExternalID+"@"+s.cycle.options.Domain
	address := object{
		"formatted": "1 Main Street, Toronto", "streetAddress": "1 Main Street", "locality": "Toronto",
		"region": "ON", "postalCode": "M5V 1A1", "country": "Canada",
	}
	operations := []operation{
		{"Replace", `emails[type eq "work"].value`, p.mail},
		{"Add", `phoneNumbers[type eq "mobile"].value`, "+1 555 0100"},
		{"Replace", `addresses[type eq "other"].Formatted`, "2 Side Street"},
	}
	for _, name := range []string{"formatted", "streetAddress", "locality", "region", "postalCode", "country"} {
		operations = append(operations, operation{"Add", `addresses[type eq "work"].` + name, address[name]})
	}
	s.patch(p, append(operations, operation{"Replace", "name.givenName", p.GivenName},
		operation{"Replace", enterpriseSchema + ":department", p.Department}, operation{"Replace", "nickName", "Kim"})...)
	s.read(p, oneEntry("addresses", "work", address), oneEntry("phoneNumbers", "mobile", object{"value": "+1 555 0100"}),
		oneEntry("addresses", "other", object{"formatted": "2 Side Street"}), text("Kim", "nickName"), noPathAsName)
	p.GivenName, p.mail = givenName, ""
	s.patch(p, operation{"Replace", `emails[type eq "work"].value`, s.address(p)}, operation{"Replace", "name.givenName", givenName},
		operation{"Replace", `addresses[type eq "work"].region`, ""}, operation{"Replace", "nickName", ""})
	delete(address, "region")
	s.read(p, unassigned("nickName"), oneEntry("addresses", "work", address))
}

// managerShape is one of the ways in which Entra names a manager.
type managerShape func(id string) operation

// The shapes of 1.1 row 24: the id alone, an object, and a list of one under
// the bare name. The fourth is in a create: see Person.hiredUnder.
var managerShapes = [...]managerShape{
	func(id string) operation { return operation{"Add", enterpriseSchema + ":manager", id} },
	func(id string) operation {
		return operation{"Replace", enterpriseSchema + ":manager", object{"value": id}}
	},
	func(id string) operation {
		return operation{"Add", "manager", []object{{"$ref": "../Users/" + id, "value": id}}}
	},
}

// managerShape is the i-th person's; the first one unless all are asked for.
func (c *Cycle) managerShape(i int) managerShape {
	if !c.options.ManagerShapes {
		i = 0
	}
	return managerShapes[i%len(managerShapes)]
}

// hire creates somebody whose manager stands in the create as a text, who is
// then without one, and goes.
func (s *step) hire(i int) {
	manager := s.cycle.people[0]
	p := &Person{
		UserName: fmt.Sprintf("new.hire%d@%s", i+1, s.cycle.options.Domain), ExternalID: fmt.Sprintf("new.hire%d", i+1), GivenName: "Noor", FamilyName: "Hire",
		DisplayName: "Noor Hire", Title: "Trainee", Department: "Sales", EmployeeNumber: fmt.Sprintf("9%04d", i+1), Active: true, hiredUnder: manager.ID,
	}
	found, ok := s.ask(matchUser(p.UserName), anyStatus(http.StatusOK), scimJSON, atMostOne)
	if p.ID = firstID(found); !ok || manager.ID == "" {
		return
	}
	s.remove(p) // whom a cycle that was stopped has left
	if s.create(p); p.ID == "" {
		return
	}
	s.read(p, hasManager(manager.ID)...)
	s.dismiss(p, i)
	s.remove(p)
}

// loseManager takes a person's manager away, and gives the person another one.
func (s *step) loseManager(p *Person, i int) {
	if p.ID == "" {
		return
	}
	s.dismiss(p, i)
	if p.manager >= 0 {
		s.manage(p, s.cycle.managerShape(i+1))
	}
}

// dismiss removes a manager as Entra does: by an empty text, or by one in an
// object (1.1 row 25).
func (s *step) dismiss(p *Person, i int) {
	empty := []any{"", object{"value": ""}}[i%2]
	s.patch(p, operation{"Replace", enterpriseSchema + ":manager", empty})
	s.read(p, unassigned(enterpriseSchema, "manager", "value"))
}

// assignRoles gives a person application roles in one of the three forms that
// Entra's mappings have, twice each.
func (s *step) assignRoles(p *Person, i int) {
	if p.ID == "" {
		return
	}
	var given []string
	for _, names := range [][]string{{"Reader", "Seller"}, {"Seller", "Owner"}} {
		switch i % 3 {
		case 0: // SingleAppRoleAssignment: one role, found by primary as a text (1.1 row 20).
			const role = `roles[primary eq "True"].`
			s.patch(p, operation{"Replace", role + "value", names[0]}, operation{"Replace", role + "display", names[0]})
			s.read(p, primaryRole(names[0]))
		case 1: // AppRoleAssignmentsComplex: JSON as text, added only (1.1 row 22).
			s.patch(p, operation{"Add", "roles", []object{{"value": roleText(names[0])}, {"value": roleText(names[1])}}})
			given = append(given, roleText(names[0]), roleText(names[1]))
			s.read(p, hasRoles(false, given...))
		default: // AssertiveAppRoleAssignmentsComplex: these and no others (1.1 row 23).
			s.patch(p, operation{"Replace", "roles", []object{{"value": names[0]}, {"value": names[1]}}})
			s.read(p, hasRoles(true, names...))
		}
	}
}

func roleText(name string) string {
	return fmt.Sprintf(`{"id":"%s","value":"%s","displayName":"%s"}`, strings.ToLower(name), name, name)
}

// changeGroup does to a group all that Entra can, and leaves it as it was.
func (s *step) changeGroup(t *team) {
	if t.id == "" {
		return
	}
	// A name in use is refused (1.2 row 5).
	s.ask(createGroup(t), anyStatus(http.StatusConflict), scimError(http.StatusConflict), text("uniqueness", "scimType"))
	first := t.displayName
	for _, name := range []string{first + " (renamed)", first} { // 1.2 row 6
		old := t.displayName
		t.displayName = name
		s.patchGroup(t, operation{"Replace", "displayName", name}, operation{"Add", "externalId", t.externalID})
		s.ask(matchGroup(name), anyStatus(http.StatusOK), scimJSON, hits(1), hit(hasID(t.id), text(t.externalID, "externalId"), noMembers))
		s.ask(matchGroup(old), anyStatus(http.StatusOK), scimJSON, hits(0))
	}
	if len(t.members) >= 3 && !t.found {
		s.changeMembersOddly(t)
	}
}

// changeMembersOddly goes through the rarer forms of 1.2: a member looked for,
// one added who is there (row 8), one removed who is not (row 10), one taken out
// and put in at once, all replaced (row 11), all removed (row 12).
func (s *step) changeMembersOddly(t *team) {
	all := t.members
	ids := s.ids(all)
	if len(ids) < len(all) {
		return
	}
	s.ask(matchMember(t.id, ids[0]), anyStatus(http.StatusOK), scimJSON, hits(1), hit(hasID(t.id)))
	s.expect(t, all, operation{"Add", "members", entraMembers(ids[:1])})
	s.expect(t, all[1:], operation{"Remove", "members", entraMembers(ids[:1])})
	s.ask(matchMember(t.id, ids[0]), anyStatus(http.StatusOK), scimJSON, hits(0))
	s.expect(t, all[1:], operation{Op: "Remove", Path: `members[value eq "` + ids[0] + `"]`})
	s.expect(t, all, operation{"Remove", "members", entraMembers(ids[1:2])}, operation{"Add", "members", entraMembers(ids[:2])})
	s.expect(t, all[:2], operation{"Replace", "members", entraMembers(ids[:2])})
	s.expect(t, nil, operation{Op: "Remove", Path: "members"})
	s.expect(t, all, operation{"Add", "members", entraMembers(ids)})
}

// expect changes a group and reads it back with the members it must have then.
func (s *step) expect(t *team, wanted []int, operations ...operation) {
	s.patchGroup(t, operations...)
	t.members = wanted
	s.count(t)
}
