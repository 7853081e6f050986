package scim

import (
	"fmt"

	"handover/handler/core/fault"
)

// Patch is a PATCH request (RFC 7644 §3.5.2), read and checked against the
// schema. It holds no state: the same patch may be applied to many resources,
// or again after a lost race.
type Patch struct {
	kind       *ResourceType
	operations []operation
	members    []MemberChange
}

// operation changes one attribute.
type operation struct {
	op     opKind
	target target
	filter *Filter
	// value is what to add or to put; null takes away.
	value Value
	// only are the values that a remove is limited to; nil removes all.
	only []Value
	// strict says that the RFC's way is the only one.
	strict bool
	// place is the position in the request, from 1, for messages.
	place int
}

type opKind uint8

const (
	opAdd opKind = iota
	opReplace
	opRemove
)

func (k opKind) String() string { return [...]string{"add", "replace", "remove"}[k] }

// DecodePatch reads the body of a PATCH. Paths, names and kinds are checked
// here, so a fault leaves nothing half done; it names the operation and the
// attribute.
func (t *ResourceType) DecodePatch(body []byte) (*Patch, error) {
	v, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	return t.PatchFromValue(v)
}

// PatchFromValue is DecodePatch for a body that is already parsed, such as the
// data of a bulk operation. It takes the value over.
func (t *ResourceType) PatchFromValue(v Value) (*Patch, error) {
	if v.kind != Object {
		return nil, notAnObject(v)
	}
	operations := v.find("Operations")
	if operations == nil || operations.kind != Array {
		return nil, fault.New(fault.InvalidSyntax, "a PATCH needs Operations, an array of objects with op, path and value")
	}
	if err := t.checkPatch(v, operations.items); err != nil {
		return nil, err
	}
	d := patchDecoder{Patch: Patch{kind: t, operations: make([]operation, 0, len(operations.items))}}
	for i := range operations.items {
		d.place = i + 1
		if err := d.operation(&operations.items[i]); err != nil {
			return nil, d.inOperation(err)
		}
	}
	return &d.Patch, nil
}

func (t *ResourceType) checkPatch(v Value, operations []Value) error {
	if len(operations) > MaxOperations {
		return tooManyOperations()
	}
	schemas := v.Get("schemas").items
	if (len(schemas) != 1 || !equalFold(schemas[0].text, PatchOpURN)) && (t.strict || !entraAnySchemas()) {
		return fault.New(fault.InvalidSyntax, "the schemas of a PATCH must be an array that holds %s", PatchOpURN)
	}
	if len(operations) == 0 && (t.strict || !entraNoOperations()) {
		return fault.New(fault.InvalidSyntax, "Operations is empty; a PATCH needs at least one")
	}
	return nil
}

func tooManyOperations() error {
	return fault.New(fault.TooLarge, "a PATCH may hold at most %d operations, counting each attribute of an operation without path", MaxOperations)
}

// MentionsActive tells whether the patch may change active.
func (p *Patch) MentionsActive() bool {
	for i := range p.operations {
		if a := p.operations[i].target.attr; a != nil && a.full == "active" {
			return true
		}
	}
	return false
}

// patchDecoder collects a patch while it is read.
type patchDecoder struct {
	Patch
	place int
}

// inOperation names the operation in front of a fault's sentence.
func (d *patchDecoder) inOperation(err error) error { return inOperation(d.place, err) }

func inOperation(place int, err error) error {
	f := *fault.Of(err)
	f.Message = fmt.Sprintf("operation %d: %s", place, f.Message)
	return &f
}

// operation reads one element of Operations.
func (d *patchDecoder) operation(v *Value) error {
	if v.kind != Object {
		return fault.New(fault.InvalidSyntax, "an operation must be an object with op, path and value, not %s", v.kind.words())
	}
	op, err := d.opKind(v.Get("op"))
	if err != nil {
		return err
	}
	value := v.find("value")
	if value == nil && op != opRemove {
		return fault.New(fault.InvalidSyntax, "%s needs a value", op)
	}
	if value == nil {
		value = new(Value)
	}
	switch path := v.Get("path"); {
	case path.kind == String && path.text != "":
		return d.withPath(op, path.text, value)
	case path.kind != Null && path.kind != String:
		return fault.New(fault.InvalidPath, "path must be a string, not %s", path.kind.words())
	case op == opRemove:
		return fault.New(fault.NoTarget, "remove needs a path that says what to remove")
	}
	return d.withoutPath(op, value)
}

func (d *patchDecoder) opKind(v Value) (opKind, error) {
	name := v.text
	if !d.kind.strict {
		name = entraOperationName(name)
	}
	for _, k := range [...]opKind{opAdd, opReplace, opRemove} {
		if name == k.String() {
			return k, nil
		}
	}
	return 0, fault.New(fault.InvalidSyntax, `op must be "add", "replace" or "remove"`)
}

func (d *patchDecoder) withPath(op opKind, text string, value *Value) error {
	path, err := ParsePath(text)
	if err != nil {
		return err
	}
	g, ok := d.kind.resolve(path.Name)
	if !ok {
		return fault.New(fault.InvalidPath, "%s is not an attribute of a %s", brief(path.Name.String()), d.kind.name)
	}
	if g.attr == nil {
		return d.withoutPath(op, value)
	}
	if path.Filter != nil {
		if err := d.checkBrackets(g, path); err != nil {
			return err
		}
		if path.Sub != "" {
			if g.sub = g.attr.sub(path.Sub); g.sub == nil {
				return fault.New(fault.InvalidPath, "%s is not a sub-attribute of %s", brief(path.Sub), g.attr.full)
			}
		}
	}
	return d.attribute(operation{op: op, target: g, filter: path.Filter}, value)
}

func (d *patchDecoder) checkBrackets(g target, path Path) error {
	if !g.attr.MultiValued && !g.attr.open {
		return fault.New(fault.InvalidPath, "%s has a single value and takes no brackets", g.attr.full)
	}
	return d.kind.checkInside(g.attr, path.Filter)
}

// attribute checks the value of an operation and keeps the operation.
func (d *patchDecoder) attribute(o operation, value *Value) error {
	leaf := o.target.leaf()
	if o.target.attr.full == "members" && d.kind.name == "Group" {
		return d.membersChange(o, value)
	}
	if o.target.attr.Mutability == ReadOnly || leaf.Mutability == ReadOnly {
		return fault.New(fault.Mutability, "%s is read-only: only the service changes it", leaf.full).WithAttribute(leaf.full)
	}
	if leaf.Mutability == WriteOnly {
		return nil
	}
	if err := d.mendValue(&o, value); err != nil {
		return err
	}
	if leaf.Required && (o.value.kind == Null || o.value.kind == String && o.value.text == "") {
		if o.op == opRemove {
			return fault.New(fault.Mutability, "%s is required and cannot be removed", leaf.full).WithAttribute(leaf.full)
		}
		return fault.New(fault.InvalidValue, "%s is required and must not be empty", leaf.full).WithAttribute(leaf.full)
	}
	return d.keep(o)
}

func (d *patchDecoder) keep(o operation) error {
	if len(d.operations) >= MaxOperations {
		return tooManyOperations()
	}
	o.place, o.strict = d.place, d.kind.strict
	d.operations = append(d.operations, o)
	return nil
}

// mendValue brings the value into the form of the attribute that it is for.
func (d *patchDecoder) mendValue(o *operation, value *Value) error {
	leaf := o.target.leaf()
	m := mender{t: d.kind, strict: d.kind.strict, patching: true}
	if o.op == opRemove {
		if d.kind.strict || o.filter != nil || o.target.sub != nil || value.kind == Null {
			return nil
		}
		if leaf.MultiValued {
			if err := m.value(leaf, value); err != nil {
				return err
			}
			if o.only = entraRemoveValues(leaf, *value); o.only == nil {
				o.only = []Value{}
			}
		}
		return nil
	}
	mend := m.value
	if o.filter != nil && o.target.sub == nil {
		mend = m.one
	}
	err := mend(leaf, value)
	o.value = *value
	return err
}

// withoutPath takes the value as attributes of the resource, one operation
// each.
func (d *patchDecoder) withoutPath(op opKind, value *Value) error {
	if value.kind != Object {
		return fault.New(fault.InvalidSyntax, "without a path, the value must be an object of attributes, not %s", value.kind.words())
	}
	for i := range value.fields {
		f := &value.fields[i]
		o, ok, err := d.named(f.Name)
		if err != nil {
			return err
		}
		if !ok || equalFold(f.Name, "schemas") {
			continue
		}
		o.op = op
		if err := d.attribute(o, &f.Value); err != nil {
			return err
		}
	}
	return nil
}

// named finds what a name in a value without a path stands for. ok is false for
// what is passed over.
func (d *patchDecoder) named(name string) (o operation, ok bool, err error) {
	path := Path{Name: Name{Attribute: name}}
	if d.kind.strict {
		o.target.attr = d.kind.attribute(name)
		if o.target.attr == nil {
			return o, false, fault.New(fault.InvalidValue, "%s is not an attribute that the schema defines", brief(name))
		}
		return o, true, nil
	}
	if p, is := entraNameAsPath(name); is {
		path = p
	}
	g, ok := d.kind.resolve(path.Name)
	if !ok || g.attr == nil {
		return o, false, nil
	}
	o.target, o.filter = g, path.Filter
	if path.Filter != nil {
		if err := d.checkBrackets(g, path); err != nil {
			return o, false, err
		}
		if path.Sub != "" {
			if o.target.sub = g.attr.sub(path.Sub); o.target.sub == nil {
				return o, false, nil
			}
		}
	}
	return o, !oktaReadOnlyName(g.attr) && !oktaReadOnlyName(o.target.leaf()), nil
}
