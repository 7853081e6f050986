package scim

import (
	"strings"

	"handover/handler/core/fault"
)

// Projection is which attributes a client wants to see (RFC 7644 §3.4.2.5).
// A nil Projection is the default.
type Projection struct {
	kind *ResourceType
	// only says that what is named is wanted, and not what is not wanted.
	only  bool
	named []target
}

// Projection reads the query members attributes and excludedAttributes: lists
// of names with commas between, of which one may be given. Names that the type
// does not have are ignored.
func (t *ResourceType) Projection(attributes, excludedAttributes string) (*Projection, error) {
	names, only := attributes, true
	if strings.TrimSpace(attributes) == "" {
		names, only = excludedAttributes, false
	} else if strings.TrimSpace(excludedAttributes) != "" {
		return nil, fault.New(fault.InvalidValue, "attributes and excludedAttributes exclude each other; send one of them")
	}
	if strings.TrimSpace(names) == "" {
		return nil, nil
	}
	p := &Projection{kind: t, only: only}
	for name := range strings.SplitSeq(names, ",") {
		n, ok := splitName(strings.TrimSpace(name))
		if !ok {
			continue
		}
		if g, ok := t.resolve(n); ok && g.attr != nil && len(p.named) < maxAttributes {
			p.named = append(p.named, g)
		}
	}
	return p, nil
}

// Wants tells whether any part of an attribute is wanted, so that the caller
// can save reading the groups of a user or the members of a group.
func (p *Projection) Wants(attribute string) bool {
	if p == nil {
		return true
	}
	a := p.kind.attribute(attribute)
	return a != nil && p.wants(a)
}

// WantsInList is Wants for the resources of a list, where each attribute that
// the caller has to read costs a read for every one of them.
func (t *ResourceType) WantsInList(p *Projection, attribute string) bool {
	if !t.strict && entraListWithoutGroups(p, attribute) {
		return false
	}
	return p.Wants(attribute)
}

func (p *Projection) wants(a *Attribute) bool {
	switch a.Returned {
	case ReturnedAlways:
		return true
	case ReturnedNever:
		return false
	}
	for _, g := range p.named {
		if g.attr == a || g.parent == a && p.only {
			return p.only || g.sub != nil
		}
	}
	return !p.only && a.Returned != ReturnedRequest
}

// spares tells that the stored document is sent whole: the client named only
// attributes that are not part of it.
func (p *Projection) spares() bool {
	if p == nil {
		return true
	}
	for _, g := range p.named {
		if p.only || g.parent != nil || g.sub != nil || !beside(g.attr.Name) {
			return false
		}
	}
	return !p.only
}

// beside tells whether an attribute is never part of a stored document.
func beside(name string) bool {
	switch name {
	case "schemas", "id", "meta", "groups", "members", "password":
		return true
	}
	return false
}

// apply takes what is not wanted out of a complete resource.
func (p *Projection) apply(root Value) Value {
	return p.filter(root, false)
}

// filter keeps the wanted fields of an object. within says that the object
// itself was named, so that all its parts are.
func (p *Projection) filter(v Value, within bool) Value {
	var kept []Field
	for _, f := range v.fields {
		if f.attr == nil {
			kept = append(kept, f)
			continue
		}
		whole, part := p.verdict(f.attr, within)
		switch {
		case whole && part:
			f.Value = p.inside(f.Value, f.attr, true)
		case part:
			f.Value = p.inside(f.Value, f.attr, false)
		default:
			continue
		}
		if !f.Value.empty() {
			kept = append(kept, f)
		}
	}
	v.fields = kept
	return v
}

func (p *Projection) inside(v Value, a *Attribute, within bool) Value {
	switch v.kind {
	case Object:
		return p.filter(v, within)
	case Array:
		items := make([]Value, 0, len(v.items))
		for _, item := range v.items {
			if item = p.inside(item, a, within); !item.empty() {
				items = append(items, item)
			}
		}
		v.items = items
	}
	return v
}

// verdict says whether an attribute is wanted as a whole, or at least in part.
func (p *Projection) verdict(a *Attribute, within bool) (whole, part bool) {
	switch {
	case a.Returned == ReturnedNever:
		return false, false
	case a.Returned == ReturnedAlways:
		return true, true
	case p == nil:
		return true, a.Returned != ReturnedRequest
	}
	for _, g := range p.named {
		named := g.leaf() == a || a.open && equalFold(g.leaf().full, a.full)
		switch {
		case named && p.only:
			return true, true
		case named:
			return false, false
		case p.only && g.isWithin(a):
			part = true
		}
	}
	if p.only {
		return within, within && a.Returned != ReturnedRequest || part
	}
	return true, a.Returned != ReturnedRequest
}

// namesPartOf tells whether the client named a part of an attribute.
func (p *Projection) namesPartOf(a *Attribute) bool {
	for _, g := range p.named {
		if g.isWithin(a) {
			return true
		}
	}
	return false
}

// isWithin tells whether the target is a part of an attribute.
func (g target) isWithin(a *Attribute) bool {
	return g.sub != nil && same(g.attr, a) || g.parent != nil && same(g.parent, a)
}

func same(a, b *Attribute) bool { return a == b || a.open && equalFold(a.full, b.full) }
