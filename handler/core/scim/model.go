package scim

import (
	"strings"

	"handover/handler/core/fault"
)

// Options are what a tenant may choose.
type Options struct {
	// Strict switches off everything that is done for one client against the
	// RFCs, and refuses attributes that no schema defines.
	Strict bool
	// Extensions are the tenant's own schemas, as ParseSchema reads them.
	Extensions []Schema
}

// Model is the schemas and habits of one tenant. It does not change once made,
// so any number of requests may share it.
type Model struct {
	user, group *ResourceType
	// schemas are all of them, in the order of /Schemas.
	schemas []Schema
}

// NewModel puts the built-in schemas and the tenant's together. An extension
// that appears twice is a fault.
func NewModel(o Options) (*Model, error) {
	m := &Model{schemas: []Schema{userSchema(), enterpriseSchema(), groupSchema()}}
	users, groups := []Schema{m.schemas[1]}, []Schema(nil)
	for _, s := range o.Extensions {
		for _, have := range m.schemas {
			if equalFold(have.ID, s.ID) {
				return nil, fault.New(fault.InvalidValue, "the schema %s is defined twice", s.ID)
			}
		}
		m.schemas = append(m.schemas, s)
		if strings.HasSuffix(foldName(s.ID), ":group") {
			groups = append(groups, s)
		} else {
			users = append(users, s)
		}
	}
	m.user = newResourceType("User", "/Users", o.Strict, m.schemas[0], users)
	m.group = newResourceType("Group", "/Groups", o.Strict, m.schemas[2], groups)
	return m, nil
}

// User is the type of /Users.
func (m *Model) User() *ResourceType { return m.user }

// Group is the type of /Groups.
func (m *Model) Group() *ResourceType { return m.group }

// ResourceType is one kind of resource: its schema, the extensions to it, and
// how strictly requests are read.
type ResourceType struct {
	name, endpoint string
	strict         bool
	schema         Schema
	extensions     []Schema
	// root is the whole resource as one complex attribute: the common
	// attributes, those of the schema, and one object per extension.
	root *Attribute
	// plain says that every stored attribute is returned by default, so that a
	// stored document can be sent as it is.
	plain bool
}

func newResourceType(name, endpoint string, strict bool, schema Schema, extensions []Schema) *ResourceType {
	t := &ResourceType{name: name, endpoint: endpoint, strict: strict, schema: schema, extensions: extensions}
	t.root = &Attribute{Type: TypeComplex, SubAttributes: append(commonAttributes(), schema.Attributes...)}
	for _, s := range extensions {
		t.root.SubAttributes = append(t.root.SubAttributes, complexOf(s.ID, s.Description, s.Attributes...))
	}
	t.root.compile("")
	t.plain = true
	for _, s := range extensions {
		t.plain = t.plain && t.root.sub(s.ID).plain
	}
	return t
}

// Name is "User" or "Group".
func (t *ResourceType) Name() string { return t.name }

// Endpoint is the path below the base URL: "/Users" or "/Groups".
func (t *ResourceType) Endpoint() string { return t.endpoint }

// Strict tells whether the tenant wants the RFCs and nothing else.
func (t *ResourceType) Strict() bool { return t.strict }

// attribute finds an attribute of the schema or an extension's object.
func (t *ResourceType) attribute(name string) *Attribute { return t.root.sub(name) }

// extension finds the object of an extension by its URN. Unless the type is
// strict, an extension that nobody has defined is there, too.
func (t *ResourceType) extension(urn string) *Attribute {
	if found := t.root.sub(urn); found != nil && found.isExtension() {
		return found
	}
	if t.strict {
		return nil
	}
	return entraUnknownExtension(urn)
}
