package scim

import (
	"time"

	"handover/handler/core/fault"
)

// ParseFilter reads a filter and checks it against the type: every name is an
// attribute, and every comparison suits its attribute's kind.
func (t *ResourceType) ParseFilter(text string) (*Filter, error) {
	f, err := parseFilter(text, t.strict)
	if err == nil {
		err = t.Check(f)
	}
	return f, err
}

// ParseFilter reads a filter over several types, which is held against none of
// them.
func (m *Model) ParseFilter(text string) (*Filter, error) { return parseFilter(text, m.user.strict) }

// Check holds a parsed filter against the type. A search over several types
// leaves it out: there, an unknown attribute has no value (RFC 7644 §3.4.2.1).
func (t *ResourceType) Check(f *Filter) error {
	switch f.Operator {
	case And, Or, Not:
		for _, term := range f.Terms {
			if err := t.Check(term); err != nil {
				return err
			}
		}
		return nil
	}
	g, ok := t.resolve(f.Name)
	if !ok || g.attr == nil {
		return fault.New(fault.InvalidFilter, "%s is not an attribute of a %s", brief(f.Name.String()), t.name)
	}
	if f.Operator == Within {
		return t.checkInside(g.attr, f.Terms[0])
	}
	return t.checkComparison(g, f)
}

// checkInside checks a filter in brackets, whose names are sub-attributes.
func (t *ResourceType) checkInside(a *Attribute, f *Filter) error {
	switch f.Operator {
	case And, Or, Not:
		for _, term := range f.Terms {
			if err := t.checkInside(a, term); err != nil {
				return err
			}
		}
		return nil
	}
	if a.Type != TypeComplex && !a.open && equalFold(f.Name.Attribute, "value") {
		return t.checkComparison(target{attr: a}, f)
	}
	sub := a.sub(f.Name.Attribute)
	if sub == nil || f.Name.Sub != "" || f.Name.URN != "" {
		return fault.New(fault.InvalidFilter, "%s is not a sub-attribute of %s", brief(f.Name.String()), a.full)
	}
	return t.checkComparison(target{attr: sub}, f)
}

func (t *ResourceType) checkComparison(g target, f *Filter) error {
	a := g.leaf()
	if f.Operator == Pr || a.Type == TypeAny {
		return nil
	}
	if a.Type == TypeComplex {
		value := comparedDirectly(a)
		if value == nil || t.strict && !a.MultiValued {
			return fault.New(fault.InvalidFilter, "%s is an object and cannot be compared; name one of its sub-attributes, or use pr", a.full)
		}
		a = value
	}
	if f.Value.kind == Null {
		return equalityOnly(a, f.Operator, "null")
	}
	return t.checkLiteral(a, f)
}

func equalityOnly(a *Attribute, op Operator, what string) error {
	if op == Eq || op == Ne {
		return nil
	}
	return fault.New(fault.InvalidFilter, "%s cannot be compared by %s: %s only takes eq, ne and pr", a.full, op, what)
}

// checkLiteral holds Table 3 of RFC 7644: what each kind can be compared with,
// and how.
func (t *ResourceType) checkLiteral(a *Attribute, f *Filter) error {
	literal := f.Value
	switch a.Type {
	case TypeBoolean:
		if !t.strict {
			entraBoolean(&literal)
		}
		if literal.kind != Bool {
			return wrongLiteral(a, "true or false")
		}
		return equalityOnly(a, f.Operator, "a boolean")
	case TypeInteger, TypeDecimal:
		if literal.kind != Number {
			return wrongLiteral(a, "a number")
		}
		if f.Operator == Co || f.Operator == Sw || f.Operator == Ew {
			return fault.New(fault.InvalidFilter, "%s is a number and cannot be compared by %s", a.full, f.Operator)
		}
		return nil
	}
	if literal.kind != String {
		return wrongLiteral(a, "a string in quotes")
	}
	return t.checkTextLiteral(a, f.Operator, literal.text)
}

func (t *ResourceType) checkTextLiteral(a *Attribute, op Operator, literal string) error {
	ordered := op == Gt || op == Ge || op == Lt || op == Le
	switch {
	case a.Type == TypeBinary && ordered:
		return equalityOnly(a, op, "a binary value")
	case a.Type == TypeDateTime && ordered:
		if _, err := time.Parse(time.RFC3339, literal); err != nil {
			return wrongLiteral(a, "a date and time such as 2026-01-31T12:00:00Z")
		}
	}
	return nil
}

func wrongLiteral(a *Attribute, want string) error {
	return fault.New(fault.InvalidFilter, "%s is compared with %s", a.full, want)
}
