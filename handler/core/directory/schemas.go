package directory

import (
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

const (
	// maxSchemas is how many schemas of its own a tenant may have.
	maxSchemas = 20
	// maxSchemaBytes is how large they may be together: the settings are one row,
	// and one column of Table Storage holds 32,768 characters.
	maxSchemaBytes = 30_000
)

// Model is what the tenant's users and groups are made of: the schemas of SCIM
// and the tenant's own. A definition that cannot be used is fault.InvalidValue,
// whose sentence tells which one, and why.
func (t *Tenant) Model() (*scim.Model, error) {
	if len(t.Schemas) > maxSchemas {
		return nil, fault.New(fault.InvalidValue, "schemas must be at most %d definitions", maxSchemas)
	}
	size := 0
	options := scim.Options{Strict: t.Strict}
	for i, definition := range t.Schemas {
		if size += len(definition); size > maxSchemaBytes {
			return nil, fault.New(fault.InvalidValue, "schemas must have at most %d bytes of JSON together; shorter descriptions may help", maxSchemaBytes)
		}
		schema, err := scim.ParseSchema(definition)
		if err != nil {
			f := fault.Of(err)
			return nil, fault.New(fault.InvalidValue, "schemas: definition %d of %d: %s", i+1, len(t.Schemas), f.Message).WithCause(err)
		}
		options.Extensions = append(options.Extensions, schema)
	}
	return scim.NewModel(options)
}
