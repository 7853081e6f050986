package scim

import (
	"strconv"
	"strings"
	"time"
)

// Match tells whether a resource passes the filter. What the service knows
// beside the document (id, meta, groups, members) is taken from e. An attribute
// that the type does not have has no value.
func (f *Filter) Match(t *ResourceType, r *Resource, e Envelope) bool {
	switch f.Operator {
	case And:
		for _, term := range f.Terms {
			if !term.Match(t, r, e) {
				return false
			}
		}
		return true
	case Or:
		for _, term := range f.Terms {
			if term.Match(t, r, e) {
				return true
			}
		}
		return false
	case Not:
		return !f.Terms[0].Match(t, r, e)
	}
	g, ok := t.resolve(f.Name)
	if !ok || g.attr == nil {
		return f.matchAbsent()
	}
	v := r.whole(g, &e)
	if f.Operator == Within {
		return anyItem(g.attr, v, func(item *Value) bool { return f.Terms[0].matchItem(g.attr, item) })
	}
	return f.compare(g, v)
}

// whole is the value of the target's attribute, from the document or from what
// the service knows; nil if unassigned.
func (r *Resource) whole(g target, e *Envelope) *Value {
	holder := &r.root
	if g.parent != nil {
		if holder = r.root.find(g.parent.Name); holder == nil {
			return nil
		}
	}
	if v := holder.find(g.attr.Name); v != nil || g.parent != nil {
		return v
	}
	if v := r.known(g.attr.Name, e); v.kind != Null {
		return &v
	}
	return nil
}

// known is the value of an attribute that is not in the document.
func (r *Resource) known(name string, e *Envelope) Value {
	switch {
	case equalFold(name, "schemas"):
		urns := list(Text(r.kind.schema.ID))
		for i := range r.root.fields {
			if r.root.fields[i].attr.isExtension() {
				urns.items = append(urns.items, Text(r.root.fields[i].attr.Name))
			}
		}
		return urns
	case equalFold(name, "id") && e.ID != "":
		return Text(e.ID)
	case equalFold(name, "meta"):
		return e.meta(r.kind)
	case equalFold(name, "groups"):
		return references(r.kind.attribute("groups"), e.Groups)
	case equalFold(name, "members"):
		return references(r.kind.attribute("members"), e.Members)
	}
	return Value{}
}

// anyItem tells whether one value of an attribute passes; a single value counts
// as a list of one.
func anyItem(a *Attribute, v *Value, pass func(*Value) bool) bool {
	switch {
	case v == nil:
		return false
	case v.kind != Array:
		return pass(v)
	}
	for i := range v.items {
		if pass(&v.items[i]) {
			return true
		}
	}
	return false
}

// matchItem tells whether one value of a multi-valued attribute passes the
// filter inside brackets. In a list of plain values, "value" is the value.
func (f *Filter) matchItem(a *Attribute, item *Value) bool {
	switch f.Operator {
	case And:
		for _, term := range f.Terms {
			if !term.matchItem(a, item) {
				return false
			}
		}
		return true
	case Or:
		for _, term := range f.Terms {
			if term.matchItem(a, item) {
				return true
			}
		}
		return false
	case Not:
		return !f.Terms[0].matchItem(a, item)
	case Within:
		return false
	}
	if a.Type != TypeComplex && equalFold(f.Name.Attribute, "value") {
		return f.compareOne(a, item)
	}
	sub := a.sub(f.Name.Attribute)
	if sub == nil {
		return f.matchAbsent()
	}
	return f.compareFound(sub, item.find(sub.Name))
}

// compare compares the target's values; one that passes is enough.
func (f *Filter) compare(g target, v *Value) bool {
	a := g.attr
	if g.sub == nil {
		if value := comparedDirectly(a); value != nil && f.Operator != Pr {
			g.sub = value
		}
	}
	if g.sub == nil {
		return f.compareFound(a, v)
	}
	if v == nil {
		return f.matchAbsent()
	}
	if v.kind != Array {
		return f.compareFound(g.sub, v.find(g.sub.Name))
	}
	return anyItem(a, v, func(item *Value) bool { return f.compareFound(g.sub, item.find(g.sub.Name)) })
}

// comparedDirectly is the sub-attribute that stands for a complex attribute in
// a comparison: RFC 7644 §3.4.2.2 says so for multi-valued ones, and
// entraSingleCompared for the others.
func comparedDirectly(a *Attribute) *Attribute {
	if a.Type != TypeComplex || a.open {
		return nil
	}
	if a.MultiValued {
		return a.names["value"]
	}
	return entraSingleCompared(a)
}

// compareFound compares a value or the elements of a list; nil is absent.
func (f *Filter) compareFound(a *Attribute, v *Value) bool {
	if v == nil || v.empty() {
		return f.matchAbsent()
	}
	return anyItem(a, v, func(item *Value) bool { return f.compareOne(a, item) })
}

// matchAbsent is the answer for an attribute without a value: it equals null
// and differs from everything else.
func (f *Filter) matchAbsent() bool {
	switch f.Operator {
	case Eq:
		return f.Value.kind == Null
	case Ne:
		return f.Value.kind != Null
	}
	return false
}

func (f *Filter) compareOne(a *Attribute, v *Value) bool {
	if f.Operator == Pr {
		return !v.empty() && (v.kind != String || v.text != "")
	}
	if f.Value.kind == Null {
		return f.Operator == Ne
	}
	literal := f.Value
	switch v.kind {
	case Bool:
		entraBoolean(&literal)
		return literal.kind == Bool && f.decideEqual(literal.truth == v.truth)
	case Number:
		order, ok := compareNumbers(v.text, literal.text)
		return ok && literal.kind == Number && f.decide(order)
	case String:
		if literal.kind != String {
			return f.Operator == Ne
		}
		return f.compareText(a, v.text, literal.text)
	}
	return false
}

func (f *Filter) compareText(a *Attribute, have, want string) bool {
	if a.Type == TypeDateTime {
		if x, y, ok := times(have, want); ok {
			return f.decide(x.Compare(y))
		}
	}
	if !a.CaseExact {
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	switch f.Operator {
	case Co:
		return strings.Contains(have, want)
	case Sw:
		return strings.HasPrefix(have, want)
	case Ew:
		return strings.HasSuffix(have, want)
	}
	return f.decide(strings.Compare(have, want))
}

func times(a, b string) (x, y time.Time, ok bool) {
	x, err1 := time.Parse(time.RFC3339, a)
	y, err2 := time.Parse(time.RFC3339, b)
	return x, y, err1 == nil && err2 == nil
}

func compareNumbers(a, b string) (order int, ok bool) {
	x, err1 := strconv.ParseInt(a, 10, 64)
	y, err2 := strconv.ParseInt(b, 10, 64)
	if err1 == nil && err2 == nil {
		switch {
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	p, err1 := strconv.ParseFloat(a, 64)
	q, err2 := strconv.ParseFloat(b, 64)
	if err1 != nil || err2 != nil {
		return 0, false
	}
	switch {
	case p < q:
		return -1, true
	case p > q:
		return 1, true
	}
	return 0, true
}

func (f *Filter) decideEqual(equal bool) bool {
	return f.Operator == Eq && equal || f.Operator == Ne && !equal
}

// decide turns an order into the answer of the operator.
func (f *Filter) decide(order int) bool {
	switch f.Operator {
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	}
	return f.decideEqual(order == 0)
}
