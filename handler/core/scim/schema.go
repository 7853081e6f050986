package scim

import (
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// Schema is a named set of attributes (RFC 7643 §7).
type Schema struct {
	// ID is the URN under which the attributes of an extension stand.
	ID, Name, Description string
	Attributes            []Attribute
}

// maxAttributes is how many attributes an extension may have, and
// maxUndefined how many extensions of a resource may be undefined.
const (
	maxAttributes = 200
	maxUndefined  = 20
)

// ParseSchema reads the definition of an extension in the form of RFC 7643 §7.
// What it leaves out has the RFC's default: a string, single, optional,
// readWrite, returned by default. The last part of the id says what it extends:
// "…:Group" the groups, all others the users.
func ParseSchema(data []byte) (Schema, error) {
	v, err := Parse(data)
	if err != nil {
		return Schema{}, err
	}
	s := Schema{ID: v.Get("id").Text(), Name: v.Get("name").Text(), Description: v.Get("description").Text()}
	if err := checkURN(s.ID); err != nil {
		return Schema{}, err
	}
	if s.Name == "" {
		s.Name = s.ID[strings.LastIndexByte(s.ID, ':')+1:]
	}
	s.Attributes, err = parseAttributes(v.Get("attributes"), s.ID, false)
	if err == nil && len(s.Attributes) == 0 {
		err = fault.New(fault.InvalidValue, "the schema %s has no attributes", s.ID)
	}
	return s, err
}

// checkURN keeps out what could not be found again in a path or a document.
func checkURN(id string) error {
	if !isURN(id) {
		return fault.New(fault.InvalidValue, "the id of a schema must be a URN such as "+
			"urn:ietf:params:scim:schemas:extension:acme:2.0:User of at most 128 letters, digits, colons, dots, hyphens and underscores")
	}
	for _, taken := range []string{UserURN, GroupURN, EnterpriseURN} {
		if equalFold(id, taken) || hasPrefixFold(id, taken+":") {
			return fault.New(fault.InvalidValue, "the schema %s is a part of SCIM and cannot be defined again", taken)
		}
	}
	return nil
}

func isURN(id string) bool {
	if len(id) > 128 || !hasPrefixFold(id, "urn:") || strings.HasSuffix(id, ":") || strings.Contains(id, "::") {
		return false
	}
	return strings.Count(id, ":") >= 2 && strings.Trim(id, urnLetters) == "" && !strings.ContainsFunc(id, func(r rune) bool {
		return !strings.ContainsRune(urnLetters, r)
	})
}

const urnLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:.-_"

func parseAttributes(v Value, of string, nested bool) ([]Attribute, error) {
	if len(v.items) > maxAttributes {
		return nil, fault.New(fault.InvalidValue, "%s defines more than %d attributes", of, maxAttributes)
	}
	var all []Attribute
	for _, item := range v.items {
		a, err := parseAttribute(item, of, nested)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(b Attribute) bool { return equalFold(a.Name, b.Name) }) {
			return nil, fault.New(fault.InvalidValue, "%s defines the attribute %s twice", of, a.Name)
		}
		all = append(all, a)
	}
	return all, nil
}

func parseAttribute(v Value, of string, nested bool) (Attribute, error) {
	a := Attribute{
		Name: v.Get("name").Text(), Description: v.Get("description").Text(),
		MultiValued: v.Get("multiValued").True(), Required: v.Get("required").True(), CaseExact: v.Get("caseExact").True(),
		CanonicalValues: texts(v.Get("canonicalValues")), ReferenceTypes: texts(v.Get("referenceTypes")),
	}
	if !isAttributeName(a.Name) || len(a.Name) > 64 {
		return a, fault.New(fault.InvalidValue, "%s defines an attribute named %q; a name is a letter and then letters, digits, hyphens and underscores, at most 64", of, brief(a.Name))
	}
	var kind string
	for _, c := range []characteristic{
		{"type", &kind, []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}},
		{"mutability", &a.Mutability, []string{ReadWrite, ReadOnly, Immutable, WriteOnly}},
		{"returned", &a.Returned, []string{ReturnedDefault, ReturnedAlways, ReturnedNever, ReturnedRequest}},
		// Only userName has a unique index, so an extension cannot promise more.
		{"uniqueness", &a.Uniqueness, []string{UniqueNone}},
	} {
		if err := c.read(v, of, a.Name); err != nil {
			return a, err
		}
	}
	a.Type = Type(kind)
	if a.Type == TypeComplex && nested {
		return a, fault.New(fault.InvalidValue, "%s: the sub-attribute %s cannot be complex again (RFC 7643 §2.3.8)", of, a.Name)
	}
	var err error
	if a.Type == TypeComplex {
		a.SubAttributes, err = parseAttributes(v.Get("subAttributes"), of+":"+a.Name, true)
		if err == nil && len(a.SubAttributes) == 0 {
			err = fault.New(fault.InvalidValue, "%s: the complex attribute %s has no subAttributes", of, a.Name)
		}
	}
	return a, err
}

// characteristic is a property that takes one of a few words; the first is the
// default.
type characteristic struct {
	name  string
	into  *string
	words []string
}

func (c characteristic) read(v Value, of, attribute string) error {
	got := v.Get(c.name)
	if got.kind == Null {
		*c.into = c.words[0]
		return nil
	}
	for _, w := range c.words {
		if equalFold(w, got.text) && got.kind == String {
			*c.into = w
			return nil
		}
	}
	return fault.New(fault.InvalidValue, "%s: the %s of %s must be one of %s", of, c.name, attribute, strings.Join(c.words, ", "))
}

func texts(v Value) []string {
	var all []string
	for _, item := range v.items {
		if item.kind == String {
			all = append(all, item.text)
		}
	}
	return all
}
