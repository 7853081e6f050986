package scim

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// mender turns JSON into what the schema says: names folded to the schema's,
// kinds checked, what a client may not write left out, unassigned values gone.
// It works in place.
type mender struct {
	t *ResourceType
	// strict takes the RFC's forms alone and refuses unknown attributes.
	strict bool
	// stored is for a document of ours: nothing is required of it, and what no
	// longer fits a schema that has changed is left out without a word.
	stored bool
	// patching leaves an unassigned sub-attribute as null, so that a merge can
	// remove it.
	patching bool
}

func (m mender) value(a *Attribute, v *Value) error {
	if !a.MultiValued {
		return m.one(a, v)
	}
	if v.kind != Array && v.kind != Null {
		if m.strict {
			return wrongKind(a, "an array", v)
		}
		entraOneForList(v)
	}
	return m.many(a, v)
}

// many mends the elements of a list. What is unassigned is left out.
func (m mender) many(a *Attribute, v *Value) error {
	m.patching = false
	kept := v.items[:0]
	for i := range v.items {
		if err := m.one(a, &v.items[i]); err != nil {
			return err
		}
		if v.items[i].kind != Null {
			kept = append(kept, v.items[i])
		}
	}
	if len(kept) == 0 {
		*v = Value{}
		return nil
	}
	if v.items = kept; len(kept) > MaxEntries && a.full != "members" && !m.stored {
		return tooManyEntries(a)
	}
	return m.onePrimary(a, v)
}

func tooManyEntries(a *Attribute) error {
	return fault.New(fault.TooLarge, "%s may have at most %d values", a.full, MaxEntries)
}

// onePrimary holds RFC 7643 §2.4: primary is true at most once.
func (m mender) onePrimary(a *Attribute, v *Value) error {
	first := -1
	for i := range v.items {
		switch primary := v.items[i].find("primary"); {
		case primary == nil || !primary.True() || m.stored:
		case first < 0:
			first = i
		case m.strict:
			return fault.New(fault.InvalidValue, "%s has more than one value with primary true; at most one may have it", a.full).WithAttribute(a.full)
		default:
			entraSecondPrimary(primary)
		}
	}
	return nil
}

// one mends a single value. An unassigned value becomes null.
func (m mender) one(a *Attribute, v *Value) error {
	if !m.strict {
		entraEmptyText(v)
		entraListForOne(a, v)
	}
	if v.kind == Null || v.kind == Array && len(v.items) == 0 {
		*v = Value{}
		return nil
	}
	switch a.Type {
	case TypeComplex:
		return m.complex(a, v)
	case TypeBoolean:
		if !m.strict {
			entraBoolean(v)
		}
		return kindIs(a, v, v.kind == Bool)
	case TypeInteger:
		_, err := strconv.ParseInt(v.text, 10, 64)
		return kindIs(a, v, v.kind == Number && err == nil)
	case TypeDecimal:
		return kindIs(a, v, v.kind == Number)
	case TypeAny:
		assigned(v)
		return nil
	}
	return kindIs(a, v, v.kind == String && (!m.strict || m.stored || wellFormed(a.Type, v.text)))
}

// wellFormed is asked for strict tenants only: Entra writes any text anywhere.
func wellFormed(t Type, s string) bool {
	var err error
	switch t {
	case TypeDateTime:
		_, err = time.Parse(time.RFC3339, s)
	case TypeBinary:
		if _, err = base64.StdEncoding.DecodeString(s); err != nil {
			_, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		}
	}
	return err == nil
}

// assigned leaves out what is unassigned inside a value that no schema defines.
func assigned(v *Value) {
	items := v.items[:0]
	for i := range v.items {
		if assigned(&v.items[i]); !v.items[i].empty() {
			items = append(items, v.items[i])
		}
	}
	fields := v.fields[:0]
	for i := range v.fields {
		if assigned(&v.fields[i].Value); !v.fields[i].Value.empty() {
			fields = append(fields, v.fields[i])
		}
	}
	v.items, v.fields = items, fields
	if v.empty() {
		*v = Value{}
	}
}

func (m mender) complex(a *Attribute, v *Value) error {
	if !m.strict {
		entraValueAlone(a, v)
		oneloginManagerID(a, v)
	}
	if v.kind != Object {
		return wrongKind(a, a.kindWords(), v)
	}
	valueFromReference(a, v)
	kept := v.fields[:0]
	for i := range v.fields {
		keep, err := m.field(a, a.sub(v.fields[i].Name), &v.fields[i])
		if err != nil {
			return err
		}
		if keep {
			kept = append(kept, v.fields[i])
		}
	}
	return m.finish(a, v, kept)
}

// finish orders the fields that were kept and asks for those that are required.
// An object of which nothing is left is unassigned; but a value of a list that
// said something must have what is required, so that no member gets lost.
func (m mender) finish(a *Attribute, v *Value, kept []Field) error {
	said := len(v.fields) > 0
	v.fields = kept
	v.sortFields()
	if m.patching {
		return nil
	}
	if len(kept) > 0 || a.Name == "" || said && a.MultiValued {
		if err := m.required(a, v); err != nil {
			return err
		}
	}
	if len(kept) == 0 && a.Name != "" {
		*v = Value{}
	}
	return nil
}

// field mends one field of an object, whose definition is a or unknown, and
// tells whether it stays.
func (m mender) field(parent, a *Attribute, f *Field) (keep bool, err error) {
	switch {
	case a == nil && m.strict && !m.stored:
		return false, fault.New(fault.InvalidValue, "%s is not an attribute that the schema defines", brief(parent.fullOf(f.Name)))
	case a == nil, a.Mutability == ReadOnly, a.Mutability == WriteOnly:
		return false, nil
	case a.open && a.isExtension() && f.Value.kind != Object:
		return false, nil
	}
	if err := m.value(a, &f.Value); err != nil {
		if m.stored {
			return false, nil
		}
		return false, err
	}
	f.Name, f.attr = a.Name, a
	return m.patching || f.Value.kind != Null, nil
}

func (m mender) required(a *Attribute, v *Value) error {
	if m.stored {
		return nil
	}
	for i := range a.SubAttributes {
		sub := &a.SubAttributes[i]
		if !sub.Required || sub.Mutability == ReadOnly {
			continue
		}
		if have := v.find(sub.Name); have == nil || have.kind == String && have.text == "" {
			return fault.New(fault.InvalidValue, "%s is required and must not be empty", sub.full).WithAttribute(sub.full)
		}
	}
	return nil
}

// valueFromReference fills the value of a reference that names its target by
// URL alone: the id is the URL's last part.
func valueFromReference(a *Attribute, v *Value) {
	ref := v.find("$ref")
	value := a.names["value"]
	if ref == nil || ref.text == "" || value == nil || a.names["$ref"] == nil {
		return
	}
	if have := v.find("value"); have == nil {
		v.fields = append(v.fields, Field{Name: "value", Value: Text(lastSegment(ref.text))})
	}
}

func lastSegment(url string) string {
	url = strings.TrimRight(url, "/")
	return url[strings.LastIndexByte(url, '/')+1:]
}

func kindIs(a *Attribute, v *Value, ok bool) error {
	if ok {
		return nil
	}
	return wrongKind(a, a.kindWords(), v)
}

func wrongKind(a *Attribute, want string, got *Value) error {
	if got.kind == String && strings.HasPrefix(want, "a string") || got.kind == Number && a.Type == TypeInteger {
		return fault.New(fault.InvalidValue, "%s must be %s, and what the request has cannot be read as one", brief(a.full), want).WithAttribute(a.full)
	}
	return fault.New(fault.InvalidValue, "%s must be %s, but the request has %s", brief(a.full), want, got.kind.words()).WithAttribute(a.full)
}
