package play

import (
	"context"
	"net/http"
	"slices"
)

// Of how many users one is changed, renamed and soft deleted in an incremental
// cycle: our guess at a quiet week of a company.
const (
	changedOneOf = 10
	renamedOneOf = 50
	deletedOneOf = 50
)

// Incremental plays what changed since: job titles, names, memberships, people
// who lost access and some of them who got it back.
func (c *Cycle) Incremental(ctx context.Context) error {
	changed, renamed, deleted := c.changed(), c.renamed(), c.softDeleted()
	return c.play(ctx,
		phase{"changes", len(changed), func(s *step, i int) { s.change(c.people[changed[i]]) }},
		phase{"renames", len(renamed), func(s *step, i int) { s.rename(c.people[renamed[i]]) }},
		phase{"memberships", len(c.teams), func(s *step, i int) { s.shuffle(c.teams[i]) }},
		phase{"soft deletes", len(deleted), func(s *step, i int) { s.setActive(c.people[deleted[i]], false) }},
		phase{"restores", len(c.restored()), func(s *step, i int) { s.setActive(c.people[c.restored()[i]], true) }},
	)
}

// Leave disables the leavers, as Entra does with whoever is unassigned,
// disabled or deleted there.
func (c *Cycle) Leave(ctx context.Context) error {
	leavers := c.Leavers()
	return c.play(ctx, phase{"leavers", len(leavers), func(s *step, i int) { s.setActive(c.people[leavers[i]], false) }})
}

// HardDelete deletes whoever was soft deleted and not restored, as Entra does
// after 30 days.
func (c *Cycle) HardDelete(ctx context.Context) error {
	gone := c.softDeleted()[len(c.restored()):]
	return c.play(ctx, phase{"hard deletes", len(gone), func(s *step, i int) { s.remove(c.people[gone[i]]) }})
}

// share is one of so many of the staff who do not leave, and at least one while
// there are any.
func (c *Cycle) share(oneOf int) int {
	stay := len(c.staff) - c.options.Leavers
	return min(stay, max(1, len(c.people)/oneOf))
}

func (c *Cycle) changed() []int { return c.staff[:c.share(changedOneOf)] }

func (c *Cycle) renamed() []int { return c.staff[:c.share(renamedOneOf)] }

// softDeleted are the last of those who stay: who is deleted is not renamed,
// but for a directory of a handful.
func (c *Cycle) softDeleted() []int {
	stay := c.staff[:len(c.staff)-c.options.Leavers]
	return stay[len(stay)-c.share(deletedOneOf):]
}

// restored are the first half of the soft deleted, rounded down, or all.
func (c *Cycle) restored() []int {
	deleted := c.softDeleted()
	if c.options.KeepEveryone {
		return deleted
	}
	return deleted[:len(deleted)/2]
}

// match finds a person again, as each change begins.
func (s *step) match(p *Person) bool {
	if p.ID == "" {
		return false
	}
	_, ok := s.ask(matchUser(p.UserName), anyStatus(http.StatusOK), scimJSON, hits(1), hit(hasID(p.ID), text(p.UserName, "userName")))
	return ok
}

func (s *step) change(p *Person) {
	if !s.match(p) {
		return
	}
	p.Title = "Senior " + p.Title
	p.DisplayName += " (" + p.Department + ")"
	s.patch(p, operation{"Replace", "displayName", p.DisplayName}, operation{"Replace", "title", p.Title})
}

// rename changes the userName and, later, takes the change back, so that the
// cycle can be played again: the present name is found, the other one is not.
func (s *step) rename(p *Person) {
	if !s.match(p) {
		return
	}
	first, second := p.UserName, "new."+p.UserName
	for _, name := range []string{second, first} {
		old := p.UserName
		p.UserName = name
		s.patch(p, operation{"Replace", "userName", name})
		s.match(p)
		s.ask(matchUser(old), anyStatus(http.StatusOK), scimJSON, hits(0))
	}
}

// shuffle takes two members out of a group, puts one of them and somebody new
// in, and adds one who is there already.
func (s *step) shuffle(t *team) {
	if t.id == "" || len(t.members) < 3 {
		return
	}
	leaving := t.members[:2]
	s.changeMembers(t, "Remove", s.ids(leaving))
	joining := []int{leaving[1], t.members[2]}
	for i := range s.cycle.people {
		if !slices.Contains(t.members, i) {
			joining = append(joining, i)
			break
		}
	}
	s.changeMembers(t, "Add", s.ids(joining))
	t.members = append(slices.Clone(joining[:1]), append(joining[2:], t.members[2:]...)...)
	s.count(t)
}

// setActive takes access away or gives it back. The user is still there, and
// still found.
func (s *step) setActive(p *Person, active bool) {
	if !s.match(p) {
		return
	}
	p.Active = active
	s.ask(s.dialect().patch(userPath(p.ID), operation{"Replace", "active", activeText(active)}), anyStatus(http.StatusOK, http.StatusNoContent), ifBody(s.provisioned(p)...))
	s.read(p)
	s.match(p)
}

// remove deletes a user: then it is nowhere.
func (s *step) remove(p *Person) {
	if p.ID == "" {
		return
	}
	if _, ok := s.ask(deleteUser(p.ID), anyStatus(http.StatusNoContent)); !ok {
		return
	}
	s.ask(readUser(p.ID), anyStatus(http.StatusNotFound), scimError(http.StatusNotFound))
	s.ask(matchUser(p.UserName), anyStatus(http.StatusOK), scimJSON, hits(0))
	p.ID = ""
}
