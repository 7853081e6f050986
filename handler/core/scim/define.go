package scim

// The functions below write the built-in schemas down with little ceremony.
// Each starts an attribute with the defaults of RFC 7643 §2.2; the methods
// after them change one characteristic.

func define(t Type, name, description string) Attribute {
	return Attribute{
		Name: name, Description: description, Type: t,
		Mutability: ReadWrite, Returned: ReturnedDefault, Uniqueness: UniqueNone,
	}
}

func text(name, description string) Attribute { return define(TypeString, name, description) }

func reference(name, description string, to ...string) Attribute {
	a := define(TypeReference, name, description)
	a.ReferenceTypes = to
	a.CaseExact = true
	return a
}

func complexOf(name, description string, subs ...Attribute) Attribute {
	a := define(TypeComplex, name, description)
	a.SubAttributes = subs
	return a
}

// plural is a multi-valued attribute with the sub-attributes of RFC 7643 §2.4:
// value, display, type, primary.
func plural(name, description string, value Attribute, types ...string) Attribute {
	a := complexOf(name, description, value,
		text("display", "A name for people to read."),
		text("type", "A label for what the value is used for.").suggests(types...),
		define(TypeBoolean, "primary", "True for the preferred value; at most one has it."))
	a.MultiValued = true
	return a
}

func (a Attribute) required() Attribute { a.Required = true; return a }

func (a Attribute) exact() Attribute { a.CaseExact = true; return a }

func (a Attribute) many() Attribute { a.MultiValued = true; return a }

func (a Attribute) suggests(values ...string) Attribute { a.CanonicalValues = values; return a }

func (a Attribute) unique() Attribute { a.Uniqueness = UniqueServer; return a }

func (a Attribute) mutable(m string) Attribute { a.Mutability = m; return a }

func (a Attribute) returned(r string) Attribute { a.Returned = r; return a }

// each sets the mutability of the sub-attributes.
func (a Attribute) each(m string) Attribute {
	for i := range a.SubAttributes {
		a.SubAttributes[i].Mutability = m
	}
	return a
}

// commonAttributes stand in every resource and in no schema (RFC 7643 §3.1).
// The service alone writes them.
func commonAttributes() []Attribute {
	return []Attribute{
		reference("schemas", "The URNs of the schemas whose attributes are present.", "uri").many().mutable(ReadOnly).returned(ReturnedAlways),
		text("id", "The identifier that the service gave.").exact().mutable(ReadOnly).returned(ReturnedAlways),
		complexOf("meta", "What the service knows about the resource.",
			text("resourceType", "User or Group.").exact(),
			define(TypeDateTime, "created", "When it was created."),
			define(TypeDateTime, "lastModified", "When it last changed."),
			reference("location", "Its URL.", "uri"),
			text("version", "Its weak entity tag.").exact(),
		).mutable(ReadOnly).each(ReadOnly),
	}
}

// externalID is a common attribute, but clients look for it in the schemas
// before they map it.
func externalID() Attribute {
	return text("externalId", "The identifier that the provisioning client uses.").exact()
}
