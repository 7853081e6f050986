package scim

import (
	"handover/handler/core/fault"
)

// Decode reads the body of a POST or PUT. Names are folded to the schema's;
// what only the service may write is left out, as are null, [] and, unless the
// tenant is strict, attributes that no schema defines. A fault names the
// attribute and what it takes.
func (t *ResourceType) Decode(body []byte) (*Resource, error) {
	v, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	return t.FromValue(v)
}

// FromValue is Decode for a body that is already parsed, such as the data of a
// bulk operation. It takes the value over: the caller must not use it again.
func (t *ResourceType) FromValue(v Value) (*Resource, error) {
	if v.kind != Object {
		return nil, notAnObject(v)
	}
	if err := t.checkSchemas(v.Get("schemas")); err != nil && (t.strict || !entraAnySchemas()) {
		return nil, err
	}
	r, err := mender{t: t, strict: t.strict}.resource(v)
	if err != nil {
		return nil, err
	}
	r.defaults(true)
	return r, nil
}

// Load reads a stored document.
func (t *ResourceType) Load(document []byte) (*Resource, error) {
	v, err := parseObject(document)
	if err != nil {
		return nil, fault.New(fault.Internal, "a stored %s cannot be read", t.name).WithCause(err)
	}
	r, err := mender{t: t, strict: true, stored: true}.resource(v)
	if err != nil {
		return nil, fault.New(fault.Internal, "a stored %s does not fit its schema", t.name).WithCause(err)
	}
	return r, nil
}

func parseObject(body []byte) (Value, error) {
	v, err := Parse(body)
	if err == nil && v.kind != Object {
		err = notAnObject(v)
	}
	return v, err
}

func notAnObject(v Value) error {
	return fault.New(fault.InvalidSyntax, "the body must be a JSON object, but it is %s", v.kind.words())
}

// checkSchemas holds RFC 7643 §3: schemas names the resource's own schema, and
// nothing that is unknown.
func (t *ResourceType) checkSchemas(v Value) error {
	own := false
	for _, item := range v.items {
		a := t.root.sub(item.text)
		switch {
		case equalFold(item.text, t.schema.ID):
			own = true
		case item.kind != String || a == nil || !a.isExtension():
			return fault.New(fault.InvalidValue, "schemas names a schema that %s resources do not have", t.name)
		}
	}
	if !own {
		return fault.New(fault.InvalidValue, "schemas must be an array that holds %s", t.schema.ID)
	}
	return nil
}

// resource mends a whole body.
func (m mender) resource(v Value) (*Resource, error) {
	var bare []Field
	kept := v.fields[:0]
	for i := range v.fields {
		f := v.fields[i]
		a, foreign := m.t.named(f.Name)
		if foreign && m.strict && !m.stored {
			a = nil
		}
		keep, err := m.field(m.t.root, a, &f)
		switch {
		case err != nil:
			return nil, err
		case keep && foreign && !a.isExtension():
			bare = append(bare, f)
		case keep:
			kept = append(kept, f)
		}
	}
	if err := m.finish(m.t.root, &v, kept); err != nil {
		return nil, err
	}
	if err := checkUndefined(&v); err != nil && !m.stored {
		return nil, err
	}
	for _, f := range bare {
		m.t.settle(&v, f)
	}
	r := &Resource{kind: m.t, root: v}
	r.takeMembers()
	return r, nil
}

// checkUndefined limits what a resource may hold that no schema defines.
func checkUndefined(root *Value) error {
	extensions := 0
	for i := range root.fields {
		f := &root.fields[i]
		if !f.attr.open {
			continue
		}
		if extensions++; extensions > maxUndefined {
			return fault.New(fault.TooLarge, "a resource may have at most %d extensions that no schema defines", maxUndefined)
		}
		if len(f.Value.fields) > maxAttributes {
			return fault.New(fault.TooLarge, "%s is not defined and may have at most %d attributes", brief(f.Name), maxAttributes)
		}
	}
	return nil
}

// named finds what a name at the top of a body stands for. It is foreign when
// it is none of the type's attributes: an extension that nobody defined, or an
// attribute of an extension written without its URN.
func (t *ResourceType) named(name string) (a *Attribute, foreign bool) {
	if a := t.root.sub(name); a != nil {
		return a, false
	}
	if a := entraUnknownExtension(name); a != nil {
		return a, true
	}
	a = entraBareExtensionName(t, name)
	return a, a != nil
}

// settle puts an attribute that was written without its URN into its
// extension, unless the extension has it already.
func (t *ResourceType) settle(root *Value, f Field) {
	for i := range t.root.SubAttributes {
		extension := &t.root.SubAttributes[i]
		if !extension.isExtension() || extension.names[foldName(f.Name)] != f.attr {
			continue
		}
		if object := root.child(extension); object.find(f.Name) == nil {
			object.set(f.attr, f.Value)
		}
	}
}

// takeMembers moves the members of a group out of its document.
func (r *Resource) takeMembers() {
	members := r.root.find("members")
	if members == nil || r.kind.name != "Group" {
		return
	}
	for i := range members.items {
		m := &members.items[i]
		r.members = append(r.members, Member{
			Value: m.Get("value").text, Type: m.Get("type").text, Ref: m.Get("$ref").text,
		})
	}
	r.root.remove("members")
}

// defaults fills in what clients rely on: a user whose active is unassigned has
// the given state, and the answer says so.
func (r *Resource) defaults(activeUnassigned bool) {
	if active := r.kind.attribute("active"); active != nil && r.root.find("active") == nil {
		r.root.set(active, truth(activeUnassigned))
		r.stateUnsaid = true
	}
}

func checkImmutable(old, now *Value) error {
	for i := range old.fields {
		a, before := old.fields[i].attr, &old.fields[i].Value
		if a == nil || a.Mutability != Immutable && before.kind != Object {
			continue
		}
		after := now.find(a.Name)
		switch {
		case a.Mutability == Immutable && (after == nil || !before.equal(after)):
			return fault.New(fault.Mutability, "%s is immutable: once set, it keeps its value", a.full)
		case before.kind == Object && after != nil:
			if err := checkImmutable(before, after); err != nil {
				return err
			}
		}
	}
	return nil
}
