package scim

import "bytes"

// splicer copies the wanted parts of a stored document without decoding it: it
// walks the bytes once and skips what is not wanted. It relies on the form in
// which Document writes: no blanks, the schema's names in the schema's order.
type splicer struct {
	kind *ResourceType
	p    *Projection
	// base is the tenant's base URL, for the $ref of a manager; may be empty.
	base string
	// doc is the document, at how far it is read, dst what was copied.
	doc, dst []byte
	at       int
	// lost says that the document is not in that form.
	lost bool
}

// attributes copies the wanted attributes of a document whose schemas end at
// head. ok is false when the document has to be decoded.
func (s *splicer) attributes(head int) (ok bool) {
	s.at = head
	for !s.lost && s.next() == ',' {
		s.field(s.kind.root, 0, false)
	}
	return !s.lost && s.next() == '}' && s.at == len(s.doc)-1
}

// next is the next byte, 0 at the end.
func (s *splicer) next() byte {
	if s.at < len(s.doc) {
		return s.doc[s.at]
	}
	return 0
}

// field copies the field that stands behind the comma or bracket at s.at, if it
// is wanted. from is where in the schema's order its attribute is looked for;
// the next field is looked for behind it.
func (s *splicer) field(parent *Attribute, from int, within bool) (next int) {
	s.at++
	begin := s.at
	s.skipText()
	end := s.at
	if s.lost || s.next() != ':' {
		s.lost = true
		return 0
	}
	s.at++
	a, next := s.definition(parent, s.doc[begin+1:end-1], from)
	value := s.at
	if a != nil && a.Mutability != ReadOnly && a.Mutability != WriteOnly {
		if whole, part := s.p.verdict(a, within); part {
			s.named(a, s.doc[begin:end], whole)
		}
	}
	if s.at == value {
		s.skip()
	}
	if s.base != "" && a != nil && a.Name == "value" && parent.full == managerName {
		s.referManager(parent, s.doc[value:s.at], within)
	}
	return next
}

// definition finds an attribute by its name in the document. What no schema
// defines any more is nil, and is left out.
func (s *splicer) definition(parent *Attribute, name []byte, from int) (a *Attribute, next int) {
	for i := from; i < len(parent.SubAttributes); i++ {
		if parent.SubAttributes[i].Name == string(name) {
			return &parent.SubAttributes[i], i + 1
		}
	}
	foreign := false
	if a = parent.sub(string(name)); parent == s.kind.root {
		a, foreign = s.kind.named(string(name))
	}
	// What stands elsewhere than in the schema's order is decoded, as is an
	// attribute that belongs into an extension.
	s.lost = s.lost || a != nil && !a.open || foreign && !a.isExtension()
	return a, len(parent.SubAttributes)
}

// named copies a name with the wanted part of its value, or neither.
func (s *splicer) named(a *Attribute, name []byte, whole bool) {
	mark := len(s.dst)
	if s.dst[mark-1] != '{' {
		s.dst = append(s.dst, ',')
	}
	s.dst = append(append(s.dst, name...), ':')
	content := len(s.dst)
	if s.value(a, whole); len(s.dst) == content {
		s.dst = s.dst[:mark]
	}
}

// value copies the wanted part of a value. whole says that the attribute itself
// is wanted, so that its parts are, but for those returned otherwise.
func (s *splicer) value(a *Attribute, whole bool) {
	switch c := s.next(); {
	case a.Type != TypeComplex || c != '{' && c != '[' || whole && s.asStored(a):
		from := s.at
		s.skip()
		s.dst = append(s.dst, s.doc[from:s.at]...)
	case c == '{':
		s.object(a, whole)
	default:
		s.list(a, whole)
	}
}

// asStored tells whether an attribute that is wanted goes out as it is stored.
func (s *splicer) asStored(a *Attribute) bool {
	if !a.plain || s.base != "" && (a.full == managerName || a.full == EnterpriseURN) {
		return false
	}
	return s.p == nil || s.p.only || !s.p.namesPartOf(a)
}

func (s *splicer) object(a *Attribute, within bool) {
	mark := len(s.dst)
	s.dst = append(s.dst, '{')
	for from := 0; !s.lost && s.next() != '}'; {
		from = s.field(a, from, within)
	}
	s.at++
	if s.dst = append(s.dst, '}'); len(s.dst) == mark+2 {
		s.dst = s.dst[:mark]
	}
}

func (s *splicer) list(a *Attribute, within bool) {
	mark := len(s.dst)
	s.dst = append(s.dst, '[')
	for !s.lost && s.next() != ']' {
		s.at++
		before := len(s.dst)
		if s.dst[before-1] != '[' {
			s.dst = append(s.dst, ',')
		}
		content := len(s.dst)
		if s.value(a, within); len(s.dst) == content {
			s.dst = s.dst[:before]
		}
	}
	s.at++
	if s.dst = append(s.dst, ']'); len(s.dst) == mark+2 {
		s.dst = s.dst[:mark]
	}
}

// referManager puts the $ref of a manager behind its id, if it is wanted.
func (s *splicer) referManager(manager *Attribute, quoted []byte, within bool) {
	ref := manager.sub("$ref")
	_, wanted := s.p.verdict(ref, within)
	if id := bytes.Trim(quoted, `"`); wanted && isID(id) {
		if s.dst[len(s.dst)-1] != '{' {
			s.dst = append(s.dst, ',')
		}
		s.dst = appendText(append(s.dst, `"$ref":`...), s.base)
		s.dst = append(append(s.dst[:len(s.dst)-1], "/Users/"...), id...)
		s.dst = append(s.dst, '"')
	}
}

// skip steps over one value.
func (s *splicer) skip() {
	switch s.next() {
	case '"':
		s.skipText()
	case '{', '[':
		s.skipNested()
	default:
		from := s.at
		for c := s.next(); c != ',' && c != '}' && c != ']' && c != 0; c = s.next() {
			s.at++
		}
		s.lost = s.lost || s.at == from
	}
}

func (s *splicer) skipNested() {
	for depth := 0; !s.lost; {
		switch s.next() {
		case 0:
			s.lost = true
		case '"':
			s.skipText()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.at++
				return
			}
		}
		s.at++
	}
}

// skipText steps over a string: its end is the first quote behind an even
// number of backslashes.
func (s *splicer) skipText() {
	if s.next() != '"' {
		s.lost = true
		return
	}
	for from := s.at + 1; ; {
		n := bytes.IndexByte(s.doc[from:], '"')
		if n < 0 {
			s.lost = true
			return
		}
		end := from + n
		escapes := end
		for escapes > from && s.doc[escapes-1] == '\\' {
			escapes--
		}
		from = end + 1
		if (end-escapes)%2 == 0 {
			s.at = from
			return
		}
	}
}
