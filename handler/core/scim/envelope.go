package scim

import "time"

// Envelope is what the service knows about a resource beside its document.
type Envelope struct {
	// ID is the identifier; Location the resource's URL; Version its weak
	// entity tag.
	ID, Location, Version string
	Created, Modified     time.Time
	// Groups are the groups of a user, Members the members of a group.
	Groups, Members []Reference
	// Base is the tenant's base URL, from which the $ref of a manager is made.
	// Without it a manager is sent without $ref.
	Base string
}

// Reference points from one resource to another. Empty parts are left out.
type Reference struct{ Value, Ref, Type, Display string }

// timeFormat is RFC 3339 to the millisecond, always in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

func (e *Envelope) appendMeta(dst []byte, t *ResourceType) []byte {
	dst = append(dst, `{"resourceType":"`...)
	dst = append(dst, t.name...)
	dst = append(dst, '"')
	dst = appendTime(dst, `,"created":"`, e.Created)
	dst = appendTime(dst, `,"lastModified":"`, e.Modified)
	dst = appendNamed(dst, `,"location":`, e.Location)
	dst = appendNamed(dst, `,"version":`, e.Version)
	return append(dst, '}')
}

func appendTime(dst []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return append(t.UTC().AppendFormat(append(dst, name...), timeFormat), '"')
}

// appendNamed writes a name and a string, or nothing for an empty string.
func appendNamed(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendText(append(dst, name...), value)
}

func appendReferences(dst []byte, all []Reference) []byte {
	dst = append(dst, '[')
	for i := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, `{"value":`...), all[i].Value)
		dst = appendNamed(dst, `,"$ref":`, all[i].Ref)
		dst = appendNamed(dst, `,"type":`, all[i].Type)
		dst = appendNamed(dst, `,"display":`, all[i].Display)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// meta is the meta attribute as a value, for filters and projections.
func (e *Envelope) meta(t *ResourceType) Value {
	v, err := Parse(e.appendMeta(nil, t))
	if err != nil {
		return Value{}
	}
	return defined(t.attribute("meta"), v)
}

// references are groups or members as a value; null when there are none, or
// when the type has no such attribute.
func references(a *Attribute, all []Reference) Value {
	if a == nil || len(all) == 0 {
		return Value{}
	}
	v := Value{kind: Array, items: make([]Value, len(all))}
	for i, r := range all {
		item := Value{kind: Object}
		for _, f := range [...]struct{ name, value string }{{"value", r.Value}, {"$ref", r.Ref}, {"type", r.Type}, {"display", r.Display}} {
			if f.value != "" {
				item.fields = append(item.fields, Field{Name: f.name, Value: Text(f.value), attr: a.names[foldName(f.name)]})
			}
		}
		v.items[i] = item
	}
	return v
}

// defined ties the fields of a value to their definitions.
func defined(a *Attribute, v Value) Value {
	for i := range v.fields {
		v.fields[i].attr = a.sub(v.fields[i].Name)
	}
	return v
}

// A stored document that names a manager has these two texts one behind the
// other: the manager is the first attribute of the enterprise extension. The
// second is the rarer one to look for.
const (
	enterpriseStart = `"` + EnterpriseURN + `":`
	managerStart    = `{"manager":{"value":"`
)

// managerName is the full name of the manager.
const managerName = EnterpriseURN + ":manager"
