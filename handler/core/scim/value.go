package scim

import (
	"slices"
	"strings"
)

// Kind is what a JSON value is.
type Kind uint8

// The kinds of JSON. The zero Value is null.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Value is one JSON value. Names of an object are found in any letter case, as
// RFC 7643 §2.1 asks, and keep their order; a number keeps its text, so that
// nothing is lost between reading and writing.
type Value struct {
	kind   Kind
	truth  bool
	text   string
	items  []Value
	fields []Field
}

// Field is one named value of an object.
type Field struct {
	Name  string
	Value Value
	// attr is the definition that the value was checked against; nil in JSON
	// that nobody has checked.
	attr *Attribute
}

// Text makes a string value.
func Text(s string) Value { return Value{kind: String, text: s} }

func truth(b bool) Value { return Value{kind: Bool, truth: b} }

func list(items ...Value) Value { return Value{kind: Array, items: items} }

// Kind tells what the value is.
func (v Value) Kind() Kind { return v.kind }

// Text is the content of a string or the digits of a number, else nothing.
func (v Value) Text() string { return v.text }

// True tells whether the value is the boolean true.
func (v Value) True() bool { return v.kind == Bool && v.truth }

// Items are the elements of an array. The caller must not change them.
func (v Value) Items() []Value { return v.items }

// Fields are the named values of an object. The caller must not change them.
func (v Value) Fields() []Field { return v.fields }

// Get finds a named value of an object in any letter case. What is not there
// is null.
func (v Value) Get(name string) Value {
	if found := v.find(name); found != nil {
		return *found
	}
	return Value{}
}

func (v *Value) find(name string) *Value {
	for i := range v.fields {
		if equalFold(v.fields[i].Name, name) {
			return &v.fields[i].Value
		}
	}
	return nil
}

// set gives an attribute of an object its value, in the schema's order.
func (v *Value) set(a *Attribute, value Value) {
	v.kind = Object
	at := len(v.fields)
	for i := range v.fields {
		if equalFold(v.fields[i].Name, a.Name) {
			v.fields[i].Value = value
			return
		}
		if at == len(v.fields) && before(a, v.fields[i].attr) {
			at = i
		}
	}
	v.fields = slices.Insert(v.fields, at, Field{Name: a.Name, Value: value, attr: a})
}

func (v *Value) remove(name string) {
	v.fields = slices.DeleteFunc(v.fields, func(f Field) bool { return equalFold(f.Name, name) })
}

// child is the object under an attribute; it is made when it is not there.
func (v *Value) child(a *Attribute) *Value {
	if found := v.find(a.Name); found != nil && found.kind == Object {
		return found
	}
	v.set(a, Value{kind: Object})
	return v.find(a.Name)
}

// empty tells whether nothing is assigned: null, [] and {} (RFC 7643 §2.5).
func (v *Value) empty() bool {
	return v.kind == Null || v.kind == Array && len(v.items) == 0 || v.kind == Object && len(v.fields) == 0
}

// sortFields puts the attributes of an object into the schema's order.
func (v *Value) sortFields() {
	slices.SortStableFunc(v.fields, func(a, b Field) int {
		switch {
		case before(a.attr, b.attr):
			return -1
		case before(b.attr, a.attr):
			return 1
		}
		return 0
	})
}

// equal compares two values deeply; fields in their order, which is the
// schema's in everything that was checked.
func (v *Value) equal(w *Value) bool {
	if v.kind != w.kind || v.truth != w.truth || v.text != w.text ||
		len(v.items) != len(w.items) || len(v.fields) != len(w.fields) {
		return false
	}
	for i := range v.items {
		if !v.items[i].equal(&w.items[i]) {
			return false
		}
	}
	for i := range v.fields {
		if v.fields[i].Name != w.fields[i].Name || !v.fields[i].Value.equal(&w.fields[i].Value) {
			return false
		}
	}
	return true
}

// clone copies a value deeply, so that changing the copy leaves v alone.
func (v Value) clone() Value {
	if v.items == nil && v.fields == nil {
		return v
	}
	var c slabs
	c.count(&v)
	c.fields = make([]Field, 0, c.fieldCount)
	c.items = make([]Value, 0, c.itemCount)
	return c.copy(&v)
}

// slabs holds a whole tree in two allocations.
type slabs struct {
	fieldCount, itemCount int
	fields                []Field
	items                 []Value
}

func (c *slabs) count(v *Value) {
	c.fieldCount += len(v.fields)
	c.itemCount += len(v.items)
	for i := range v.items {
		c.count(&v.items[i])
	}
	for i := range v.fields {
		c.count(&v.fields[i].Value)
	}
}

func (c *slabs) copy(v *Value) Value {
	w := *v
	if n := len(v.fields); n > 0 {
		at := len(c.fields)
		c.fields = append(c.fields, v.fields...)
		w.fields = c.fields[at : at+n : at+n]
		for i := range w.fields {
			w.fields[i].Value = c.copy(&v.fields[i].Value)
		}
	}
	if n := len(v.items); n > 0 {
		at := len(c.items)
		c.items = append(c.items, v.items...)
		w.items = c.items[at : at+n : at+n]
		for i := range w.items {
			w.items[i] = c.copy(&v.items[i])
		}
	}
	return w
}

// equalFold compares two names without regard to the case of ASCII letters;
// names and URNs of SCIM have no others.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}

// brief shortens a name that a client sent, for use in a sentence.
func brief(name string) string {
	const most = 80
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
