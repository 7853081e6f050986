package scim

import "bytes"

// AppendJSON writes what a client receives: the stored document with what the
// service knows, as far as the projection wants it. A document in the form that
// Document writes is copied without decoding it.
func (t *ResourceType) AppendJSON(dst, document []byte, e Envelope, p *Projection) ([]byte, error) {
	if bytes.HasPrefix(document, []byte(documentStart)) {
		if out, ok := t.splice(dst, document, &e, p); ok {
			return out, nil
		}
	}
	r, err := t.Load(document)
	if err != nil {
		return dst, err
	}
	return p.apply(t.complete(r, &e)).Append(dst), nil
}

// splice puts id behind the schemas, then the wanted attributes, and groups,
// members and meta at the end. When all attributes are wanted, they are copied
// in one piece.
func (t *ResourceType) splice(dst, document []byte, e *Envelope, p *Projection) (out []byte, ok bool) {
	head := bytes.IndexByte(document, ']') + 1
	dst = append(dst, document[:head]...)
	dst = appendNamed(dst, `,"id":`, e.ID)
	if t.plain && p.spares() && head > 0 {
		dst = appendWithManager(dst, document[head:len(document)-1], e.Base)
	} else {
		s := splicer{kind: t, p: p, base: e.Base, doc: document, dst: dst}
		if !s.attributes(head) {
			return nil, false
		}
		dst = s.dst
	}
	for _, name := range [...]string{"groups", "members", "meta"} {
		dst = t.appendKnown(dst, name, e, p)
	}
	return append(dst, '}'), true
}

// appendKnown writes what the projection wants of groups, members or meta.
func (t *ResourceType) appendKnown(dst []byte, name string, e *Envelope, p *Projection) []byte {
	a := t.attribute(name)
	if a == nil {
		return dst
	}
	whole, part := p.verdict(a, false)
	switch {
	case !part:
	case !whole || p != nil && !p.only && p.namesPartOf(a):
		r := Resource{kind: t}
		if v := p.inside(r.known(name, e), a, whole); !v.empty() {
			return v.append(append(append(append(dst, `,"`...), name...), `":`...))
		}
	case name == "meta":
		return e.appendMeta(append(dst, `,"meta":`...), t)
	case name == "groups" && len(e.Groups) > 0:
		return appendReferences(append(dst, `,"groups":`...), e.Groups)
	case name == "members" && len(e.Members) > 0:
		return appendReferences(append(dst, `,"members":`...), e.Members)
	}
	return dst
}

// appendWithManager copies the attributes and puts the $ref of the manager
// behind its id. A quote inside a string is always escaped, so the text that is
// looked for cannot be part of a value.
func appendWithManager(dst, attributes []byte, base string) []byte {
	at := -1
	if base != "" {
		at = bytes.Index(attributes, []byte(managerStart))
	}
	if at < 0 || !bytes.HasSuffix(attributes[:at], []byte(enterpriseStart)) {
		return append(dst, attributes...)
	}
	from := at + len(managerStart)
	end := from + bytes.IndexByte(attributes[from:], '"')
	id := attributes[from:end]
	dst = append(dst, attributes[:end+1]...)
	if isID(id) {
		dst = appendText(append(dst, `,"$ref":`...), base)
		dst = append(append(dst[:len(dst)-1], "/Users/"...), id...)
		dst = append(dst, '"')
	}
	return append(dst, attributes[end+1:]...)
}

func isID(id []byte) bool {
	for _, c := range id {
		if l := lower(c); (l < '0' || '9' < l) && (l < 'a' || 'f' < l) && l != '-' {
			return false
		}
	}
	return len(id) == 36
}

// complete is the resource with everything the service knows, in the order in
// which splice writes it.
func (t *ResourceType) complete(r *Resource, e *Envelope) Value {
	root := Value{kind: Object}
	add := func(name string) {
		if v := r.known(name, e); v.kind != Null {
			root.fields = append(root.fields, Field{Name: name, Value: v, attr: t.attribute(name)})
		}
	}
	add("schemas")
	add("id")
	root.fields = append(root.fields, r.root.fields...)
	referManager(r.root.find(EnterpriseURN), e.Base)
	add("groups")
	add("members")
	add("meta")
	return root
}

// referManager gives the manager of a user the URL that goes with the id.
func referManager(enterprise *Value, base string) {
	if enterprise == nil || base == "" {
		return
	}
	for i := range enterprise.fields {
		f := &enterprise.fields[i]
		if id := f.Value.Get("value").text; f.Name == "manager" && isID([]byte(id)) {
			f.Value.set(f.attr.sub("$ref"), Text(base+"/Users/"+id))
		}
	}
}
