package scim

import (
	"slices"
	"strings"
	"time"
)

// EqualTo finds the value that every match must have at a path such as
// userName, members.value or emails[type eq "work"].value: a comparison by eq
// with a string in the top-level conjunction. A planner reads an index with it.
func (f *Filter) EqualTo(path string) (value string, ok bool) { return f.compared(path, Eq) }

// StartsWith finds a comparison by sw in the top-level conjunction.
func (f *Filter) StartsWith(path string) (prefix string, ok bool) { return f.compared(path, Sw) }

// EqualToBool finds the boolean that every match must have at a path: a
// comparison by eq in the top-level conjunction.
func (f *Filter) EqualToBool(path string) (value, ok bool) {
	for _, term := range f.Conjuncts() {
		literal := term.Value
		entraBoolean(&literal)
		if term.Operator == Eq && literal.kind == Bool && term.Name.means(path) {
			return literal.truth, true
		}
	}
	return false, false
}

// Between finds the span in which every match must have its time at a path:
// comparisons by gt, ge, lt and le in the top-level conjunction. A zero time is
// no bound. Both bounds are as wide as the comparison may be: a resource shows
// its times cut to the millisecond, so that what is less than one behind the
// literal may still equal it.
func (f *Filter) Between(path string) (from, before time.Time) {
	for _, term := range f.Conjuncts() {
		at, err := time.Parse(time.RFC3339, term.Value.text)
		if err != nil || !term.Name.means(path) {
			continue
		}
		switch term.Operator {
		case Gt, Ge:
			if at.After(from) {
				from = at
			}
		case Lt, Le:
			if at = at.Add(time.Millisecond); before.IsZero() || at.Before(before) {
				before = at
			}
		}
	}
	return from, before
}

func (f *Filter) compared(path string, op Operator) (string, bool) {
	name, rest, bracketed := strings.Cut(path, "[")
	for _, term := range f.Conjuncts() {
		var value string
		var ok bool
		switch {
		case term.Operator == Within && bracketed:
			value, ok = term.withinAll(name, rest, op)
		case term.Operator == Within:
			value, ok = term.withinOne(name, op)
		case !bracketed && term.Operator == op && term.Value.kind == String:
			value, ok = term.Value.text, term.Name.means(name)
		}
		if ok {
			return value, true
		}
	}
	return "", false
}

// means tells whether a name in a filter is the given one. The URN of a core
// schema may be in front, and a complex attribute stands for its value.
func (n Name) means(path string) bool {
	if n.URN != "" && !equalFold(n.URN, UserURN) && !equalFold(n.URN, GroupURN) {
		return equalFold(n.String(), path)
	}
	attribute, sub, _ := strings.Cut(path, ".")
	return equalFold(n.Attribute, attribute) && (equalFold(n.Sub, sub) || n.Sub == "" && sub == "value")
}

// withinOne answers members[value eq "x"] for the path members.value.
func (f *Filter) withinOne(path string, op Operator) (string, bool) {
	attribute, sub, _ := strings.Cut(path, ".")
	if sub == "" || !f.Name.means(attribute) {
		return "", false
	}
	return f.Terms[0].inside(sub, op)
}

// withinAll answers emails[type eq "work" and value eq "x"] for the path
// emails[type eq "work"].value, whose part behind the bracket is rest.
func (f *Filter) withinAll(attribute, rest string, op Operator) (string, bool) {
	condition, sub, ok := strings.Cut(rest, "].")
	if !ok || !f.Name.means(attribute) {
		return "", false
	}
	name, literal, ok := strings.Cut(condition, ` eq "`)
	if have, is := f.Terms[0].inside(name, Eq); !ok || !is || !equalFold(have, strings.TrimSuffix(literal, `"`)) {
		return "", false
	}
	return f.Terms[0].inside(sub, op)
}

// inside finds a comparison among the conditions of a bracket.
func (f *Filter) inside(sub string, op Operator) (string, bool) {
	for _, term := range f.Conjuncts() {
		if term.Operator == op && term.Value.kind == String && equalFold(term.Name.Attribute, sub) {
			return term.Value.text, true
		}
	}
	return "", false
}

// Excludes tells whether no resource of a type can pass the filter, whatever it
// holds: the filter compares what the type does not have, or asks for another
// type by meta.resourceType. A search over several types saves reading so.
func (f *Filter) Excludes(t *ResourceType) bool {
	excluded := func(term *Filter) bool { return term.Excludes(t) }
	switch f.Operator {
	case And:
		return slices.ContainsFunc(f.Terms, excluded)
	case Or:
		return !slices.ContainsFunc(f.Terms, func(term *Filter) bool { return !excluded(term) })
	case Not:
		return false
	}
	g, ok := t.resolve(f.Name)
	if !ok || g.attr == nil {
		return !f.matchAbsent()
	}
	return f.Operator == Eq && g.leaf().full == "meta.resourceType" && f.Value.text != t.name
}
