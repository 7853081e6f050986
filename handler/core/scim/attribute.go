package scim

import (
	"slices"
	"strings"
)

// Type is the data type of an attribute (RFC 7643 §2.3).
type Type string

// The data types. TypeAny is ours alone: the type of what an extension holds
// that nobody has defined.
const (
	TypeString    Type = "string"
	TypeBoolean   Type = "boolean"
	TypeDecimal   Type = "decimal"
	TypeInteger   Type = "integer"
	TypeDateTime  Type = "dateTime"
	TypeBinary    Type = "binary"
	TypeReference Type = "reference"
	TypeComplex   Type = "complex"
	TypeAny       Type = "any"
)

// The values of mutability, returned and uniqueness (RFC 7643 §2.2).
const (
	ReadOnly  = "readOnly"
	ReadWrite = "readWrite"
	Immutable = "immutable"
	WriteOnly = "writeOnly"

	ReturnedAlways  = "always"
	ReturnedNever   = "never"
	ReturnedDefault = "default"
	ReturnedRequest = "request"

	UniqueNone   = "none"
	UniqueServer = "server"
	UniqueGlobal = "global"
)

// Attribute is the definition of one attribute (RFC 7643 §7). It is what
// checking, PATCH, filters, projection and /Schemas all read.
type Attribute struct {
	Name, Description                string
	Type                             Type
	MultiValued, Required, CaseExact bool
	Mutability, Returned, Uniqueness string
	// CanonicalValues are suggestions; other values are taken, too.
	CanonicalValues, ReferenceTypes []string
	SubAttributes                   []Attribute

	// full is the name in messages and paths: name.givenName, or with the URN
	// in front for an extension.
	full string
	// index is the place in the schema's order.
	index int
	names map[string]*Attribute
	// open takes any name as a sub-attribute (see entraUnknownExtension).
	open bool
	// plain says that all parts are returned by default.
	plain bool
}

// afterAll is the index of what no schema defines: it comes last, by name.
const afterAll = 1 << 20

// compile fills in what lookups need. The sub-attributes are copied first, for
// a definition may be shared by several models.
func (a *Attribute) compile(full string) {
	a.full = full
	a.SubAttributes = slices.Clone(a.SubAttributes)
	a.names = make(map[string]*Attribute, len(a.SubAttributes))
	a.plain = a.Returned == ReturnedDefault || a.Returned == ReturnedAlways
	for i := range a.SubAttributes {
		sub := &a.SubAttributes[i]
		sub.index = i
		sub.compile(a.fullOf(sub.Name))
		a.names[foldName(sub.Name)] = sub
		a.plain = a.plain && sub.plain
	}
}

// fullOf is the full name of a sub-attribute. Behind a URN stands a colon, else
// a dot.
func (a *Attribute) fullOf(sub string) string {
	switch {
	case a.full == "":
		return sub
	case a.isExtension():
		return a.full + ":" + sub
	}
	return a.full + "." + sub
}

// isExtension tells whether the attribute is the object of a whole extension,
// which stands under its URN.
func (a *Attribute) isExtension() bool { return strings.Contains(a.Name, ":") }

// sub finds a sub-attribute in any letter case; nil if there is none.
func (a *Attribute) sub(name string) *Attribute {
	var buffer [128]byte
	if len(name) > len(buffer) {
		return nil
	}
	for i := range len(name) {
		buffer[i] = lower(name[i])
	}
	if found := a.names[string(buffer[:len(name)])]; found != nil || !a.open {
		return found
	}
	if !isAttributeName(name) {
		return nil
	}
	return openAttribute(name, a.fullOf(name))
}

// openAttribute is the definition of what nobody has defined.
func openAttribute(name, full string) *Attribute {
	return &Attribute{
		Name: name, full: full, Type: TypeAny, index: afterAll, open: true,
		Mutability: ReadWrite, Returned: ReturnedDefault, Uniqueness: UniqueNone,
	}
}

// before tells which of two attributes of one object comes first.
func before(a, b *Attribute) bool {
	switch {
	case a == nil || b == nil:
		return a != nil
	case a.index != b.index:
		return a.index < b.index
	}
	return a.index == afterAll && foldName(a.Name) < foldName(b.Name)
}

// isAttributeName tells whether s is an ATTRNAME of RFC 7643 §2.1, or $ref.
func isAttributeName(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		c := lower(s[i])
		letter := 'a' <= c && c <= 'z' || c == '$' && i == 0
		if !letter && (i == 0 || (c < '0' || '9' < c) && c != '-' && c != '_') {
			return false
		}
	}
	return s != "$"
}

// holdsText tells whether a value of the attribute is a JSON string.
func (a *Attribute) holdsText() bool {
	switch a.Type {
	case TypeString, TypeReference, TypeDateTime, TypeBinary:
		return true
	}
	return false
}

// kindWords says what the attribute takes.
func (a *Attribute) kindWords() string {
	switch a.Type {
	case TypeBoolean:
		return "a boolean (true or false)"
	case TypeInteger:
		return "a whole number of at most 64 bits"
	case TypeDecimal:
		return "a number"
	case TypeComplex:
		return "an object"
	case TypeDateTime:
		return "a string with a date and time as RFC 3339 writes it"
	case TypeBinary:
		return "a string in base64"
	}
	return "a string"
}

func (k Kind) words() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}
