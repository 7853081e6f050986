package scim

import "strconv"

// Schemas is the answer to /Schemas below a base URL: a ListResponse of every
// schema, generated from the definitions that requests are checked against.
func (m *Model) Schemas(base string) []byte {
	all := make([][]byte, len(m.schemas))
	for i, s := range m.schemas {
		all[i] = s.append(nil, base)
	}
	return AppendList(nil, ListHeader{TotalResults: len(all), StartIndex: 1}, all)
}

// Schema is the answer to /Schemas/{urn}; the letter case of the URN does not
// matter.
func (m *Model) Schema(urn, base string) (body []byte, ok bool) {
	for _, s := range m.schemas {
		if equalFold(s.ID, urn) {
			return s.append(nil, base), true
		}
	}
	return nil, false
}

// ResourceTypes is the answer to /ResourceTypes.
func (m *Model) ResourceTypes(base string) []byte {
	all := [][]byte{m.user.append(nil, base), m.group.append(nil, base)}
	return AppendList(nil, ListHeader{TotalResults: len(all), StartIndex: 1}, all)
}

// ResourceType is the answer to /ResourceTypes/{name}.
func (m *Model) ResourceType(name, base string) (body []byte, ok bool) {
	for _, t := range [...]*ResourceType{m.user, m.group} {
		if equalFold(t.name, name) {
			return t.append(nil, base), true
		}
	}
	return nil, false
}

func (s Schema) append(dst []byte, base string) []byte {
	dst = append(dst, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"]`...)
	dst = appendText(append(dst, `,"id":`...), s.ID)
	dst = appendNamed(dst, `,"name":`, s.Name)
	dst = appendNamed(dst, `,"description":`, s.Description)
	dst = appendAttributes(append(dst, `,"attributes":`...), s.Attributes)
	return appendDiscoveryMeta(dst, "Schema", base+"/Schemas/"+s.ID)
}

// appendDiscoveryMeta ends a discovery resource.
func appendDiscoveryMeta(dst []byte, kind, location string) []byte {
	dst = appendText(append(dst, `,"meta":{"resourceType":`...), kind)
	dst = appendText(append(dst, `,"location":`...), location)
	return append(dst, '}', '}')
}

func appendAttributes(dst []byte, all []Attribute) []byte {
	dst = append(dst, '[')
	for i := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = all[i].append(dst)
	}
	return append(dst, ']')
}

// append writes the definition as RFC 7643 §7 has it. Characteristics that mean
// nothing for the type are left out, as in the RFC's own schemas.
func (a *Attribute) append(dst []byte) []byte {
	dst = appendText(append(dst, `{"name":`...), a.Name)
	dst = appendText(append(dst, `,"type":`...), string(a.Type))
	dst = strconv.AppendBool(append(dst, `,"multiValued":`...), a.MultiValued)
	dst = appendNamed(dst, `,"description":`, a.Description)
	dst = strconv.AppendBool(append(dst, `,"required":`...), a.Required)
	if a.holdsText() {
		dst = strconv.AppendBool(append(dst, `,"caseExact":`...), a.CaseExact)
	}
	dst = appendTexts(dst, `,"canonicalValues":`, a.CanonicalValues)
	dst = appendTexts(dst, `,"referenceTypes":`, a.ReferenceTypes)
	dst = appendNamed(dst, `,"mutability":`, a.Mutability)
	dst = appendNamed(dst, `,"returned":`, a.Returned)
	dst = appendNamed(dst, `,"uniqueness":`, a.Uniqueness)
	if a.Type == TypeComplex {
		dst = appendAttributes(append(dst, `,"subAttributes":`...), a.SubAttributes)
	}
	return append(dst, '}')
}

func appendTexts(dst []byte, name string, all []string) []byte {
	if len(all) == 0 {
		return dst
	}
	dst = append(append(dst, name...), '[')
	for i, s := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, s)
	}
	return append(dst, ']')
}

func (t *ResourceType) append(dst []byte, base string) []byte {
	dst = append(dst, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"]`...)
	dst = appendText(append(dst, `,"id":`...), t.name)
	dst = appendText(append(dst, `,"name":`...), t.name)
	dst = appendText(append(dst, `,"endpoint":`...), t.endpoint)
	dst = appendNamed(dst, `,"description":`, t.schema.Description)
	dst = appendText(append(dst, `,"schema":`...), t.schema.ID)
	if len(t.extensions) > 0 {
		dst = append(dst, `,"schemaExtensions":[`...)
		for i, s := range t.extensions {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(append(dst, `{"schema":`...), s.ID)
			dst = append(dst, `,"required":false}`...)
		}
		dst = append(dst, ']')
	}
	return appendDiscoveryMeta(dst, "ResourceType", base+"/ResourceTypes/"+t.name)
}
