package scim

import (
	"strings"

	"handover/handler/core/fault"
)

// Name is an attribute as a path or a filter writes it: userName,
// name.givenName, or either behind the URN of its schema.
type Name struct {
	// URN is the schema, or empty. With an empty Attribute it stands alone and
	// means the whole extension.
	URN string
	// Attribute and Sub are as written, in any letter case.
	Attribute, Sub string
}

// String writes the name as it was read.
func (n Name) String() string {
	s := n.URN
	if n.URN != "" && n.Attribute != "" {
		s += ":"
	}
	s += n.Attribute
	if n.Sub != "" {
		s += "." + n.Sub
	}
	return s
}

// splitName takes a name apart. A URN ends at the last colon that an attribute
// name follows; when what follows is the last part of a URN in SCIM's usual
// form (…:2.0:User), the URN stands alone.
func splitName(s string) (Name, bool) {
	if hasPrefixFold(s, "urn:") {
		colon := strings.LastIndexByte(s, ':')
		n, ok := splitSub(s[colon+1:])
		if !ok || isVersion(s[strings.LastIndexByte(s[:colon], ':')+1:colon]) {
			return Name{URN: s}, isURN(s)
		}
		n.URN = s[:colon]
		return n, len(s) <= 256
	}
	n, ok := splitSub(s)
	return n, ok && len(s) <= 256
}

func splitSub(s string) (Name, bool) {
	attribute, sub, dotted := strings.Cut(s, ".")
	ok := isAttributeName(attribute) && (!dotted || isAttributeName(sub))
	return Name{Attribute: attribute, Sub: sub}, ok
}

// isVersion tells whether s is the version part of a URN, such as 2.0.
func isVersion(s string) bool {
	major, minor, ok := strings.Cut(s, ".")
	return ok && major != "" && minor != "" && strings.Trim(major+minor, "0123456789") == ""
}

// Path is the target of a PATCH operation (RFC 7644 §3.5.2, Figure 7).
type Path struct {
	Name Name
	// Filter selects values of a multi-valued attribute; nil without brackets.
	Filter *Filter
	// Sub is the sub-attribute behind the brackets.
	Sub string
}

// ParsePath reads a path. A fault says where it cannot be read and why.
func ParsePath(text string) (Path, error) {
	p := filterParser{text: text, code: fault.InvalidPath}
	if len(text) > MaxFilterLength {
		return Path{}, fault.New(fault.InvalidPath, "the path is longer than %d bytes", MaxFilterLength)
	}
	p.skipBlank()
	name, err := p.name()
	if err != nil {
		return Path{}, err
	}
	path := Path{Name: name}
	if p.at < len(text) && text[p.at] == '[' {
		if path.Filter, path.Sub, err = p.brackets(name); err != nil {
			return Path{}, err
		}
	}
	if p.skipBlank(); p.at < len(text) {
		return Path{}, p.fail("the end of the path")
	}
	return path, nil
}

// String writes the path so that ParsePath reads the same again.
func (p Path) String() string {
	s := p.Name.String()
	if p.Filter != nil {
		s += "[" + p.Filter.String() + "]"
	}
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// target is what a name means for a resource type: an attribute, perhaps of an
// extension, perhaps a sub-attribute of it.
type target struct {
	// parent is the object of the extension that attr belongs to; nil for the
	// resource itself.
	parent *Attribute
	// attr is nil when the name means the whole resource.
	attr *Attribute
	sub  *Attribute
}

// leaf is the attribute whose value the target names.
func (g target) leaf() *Attribute {
	if g.sub != nil {
		return g.sub
	}
	return g.attr
}

// resolve finds what a name means. ok is false when the type has no such
// attribute.
func (t *ResourceType) resolve(n Name) (g target, ok bool) {
	if n.URN == "" {
		return t.resolveBare(n)
	}
	rest, isCore := n.below(t.schema.ID)
	if isCore {
		if rest.Attribute == "" {
			return target{}, true
		}
		g.attr = t.root.names[foldName(rest.Attribute)]
		return g.withSub(rest.Sub)
	}
	for i := range t.root.SubAttributes {
		if extension := &t.root.SubAttributes[i]; extension.isExtension() {
			if rest, ok := n.below(extension.Name); ok {
				return resolveIn(extension, rest)
			}
		}
	}
	if extension := t.extension(n.URN); extension != nil {
		return resolveIn(extension, Name{Attribute: n.Attribute, Sub: n.Sub})
	}
	return target{}, false
}

func (t *ResourceType) resolveBare(n Name) (target, bool) {
	g := target{attr: t.root.sub(n.Attribute)}
	if g.attr == nil && !t.strict {
		if g.attr = entraBareExtensionName(t, n.Attribute); g.attr != nil {
			g.parent = t.extensionOf(g.attr)
		}
	}
	return g.withSub(n.Sub)
}

// extensionOf finds the extension that defines an attribute.
func (t *ResourceType) extensionOf(a *Attribute) *Attribute {
	for i := range t.root.SubAttributes {
		if extension := &t.root.SubAttributes[i]; extension.isExtension() && extension.names[foldName(a.Name)] == a {
			return extension
		}
	}
	return nil
}

func resolveIn(extension *Attribute, n Name) (target, bool) {
	if n.Attribute == "" {
		return target{attr: extension}, true
	}
	g := target{parent: extension, attr: extension.sub(n.Attribute)}
	return g.withSub(n.Sub)
}

func (g target) withSub(name string) (target, bool) {
	if g.attr == nil {
		return target{}, false
	}
	if name != "" {
		if g.sub = g.attr.sub(name); g.sub == nil {
			return target{}, false
		}
	}
	return g, true
}

// below takes the URN of a schema off the front of a name. Where the split of
// splitName cut the URN itself in two, or took an attribute for a part of it,
// the pieces are put right.
func (n Name) below(urn string) (rest Name, ok bool) {
	switch {
	case equalFold(n.URN, urn):
		return Name{Attribute: n.Attribute, Sub: n.Sub}, true
	case len(n.URN) > len(urn) && n.Attribute == "" && n.URN[len(urn)] == ':' && hasPrefixFold(n.URN, urn):
		return splitSub(n.URN[len(urn)+1:])
	case n.Attribute != "" && hasPrefixFold(urn, n.URN+":"):
		return Name{}, equalFold(n.String(), urn)
	}
	return Name{}, false
}
