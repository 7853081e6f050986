package scim

import "strings"

// What Entra ID sends outside the RFCs, one function a habit. None of them takes
// effect for a strict tenant. docs/scim-divergences.md has a heading for each.

// entraOperationName takes the operations of a PATCH in any letter case: Entra
// writes Add, Replace and Remove.
func entraOperationName(op string) string { return foldName(op) }

// entraNoOperations takes a PATCH with an empty list of operations, which the
// RFC does not foresee, as one that changes nothing.
func entraNoOperations() bool { return true }

// entraAnySchemas passes over a schemas member that is missing, misspelt or
// names more than the resource has: Entra adds a URN of its own to groups,
// leaves out those of custom extensions and gets that of the enterprise
// extension wrong.
func entraAnySchemas() bool { return true }

// entraBoolean takes "True" and "False", in any letter case, as booleans. Entra
// sends them for active, for primary, and in filters over primary.
func entraBoolean(v *Value) {
	if v.kind != String {
		return
	}
	switch {
	case equalFold(v.text, "true"):
		*v = truth(true)
	case equalFold(v.text, "false"):
		*v = truth(false)
	}
}

// entraEmptyText takes "" as unassigned: Entra clears an attribute by replacing
// it with an empty string.
func entraEmptyText(v *Value) {
	if v.kind == String && v.text == "" {
		*v = Value{}
	}
}

// entraValueAlone takes a plain string where the schema has an object with a
// value: Entra sends the id of a manager, and other clients ids of members, so.
func entraValueAlone(a *Attribute, v *Value) {
	if v.kind == String && a.names["value"] != nil {
		*v = Value{kind: Object, fields: []Field{{Name: "value", Value: *v}}}
	}
}

// entraListForOne takes a list of one object where the schema has a single
// object: Entra sends a manager so when the path is the bare name.
func entraListForOne(a *Attribute, v *Value) {
	if a.Type == TypeComplex && v.kind == Array && len(v.items) == 1 {
		*v = v.items[0]
	}
}

// entraOneForList takes a single value where the schema has a list: Entra sends
// one object for a role when the mapping yields one.
func entraOneForList(v *Value) { *v = list(*v) }

// entraSecondPrimary takes primary away from all values but the first that has
// it. The RFC forbids a second one; Entra's mappings can make several.
func entraSecondPrimary(primary *Value) { *primary = truth(false) }

// entraUnknownExtension keeps the attributes of an extension that nobody has
// defined: Entra sends custom extensions, without naming them in schemas, and
// expects to read the values again. nil means that the name is no such URN.
func entraUnknownExtension(urn string) *Attribute {
	if !hasPrefixFold(urn, "urn:") || !isURN(urn) ||
		hasPrefixFold(urn, "urn:ietf:params:scim:schemas:core:") || hasPrefixFold(urn, "urn:ietf:params:scim:api:") {
		return nil
	}
	a := openAttribute(urn, urn)
	a.Type = TypeComplex
	return a
}

// entraBareExtensionName takes an attribute of an extension written without its
// URN, such as department, if just one extension of the type defines it:
// administrators map it so, and Entra's older requests have it.
func entraBareExtensionName(t *ResourceType, name string) *Attribute {
	var found *Attribute
	for i := range t.root.SubAttributes {
		extension := &t.root.SubAttributes[i]
		if !extension.isExtension() {
			continue
		}
		if a := extension.sub(name); a != nil {
			if found != nil {
				return nil
			}
			found = a
		}
	}
	return found
}

// entraNameAsPath takes the names in the value of an operation without a path
// as paths: with the flag aadOptscim062020 Entra writes name.givenName and
// URN:attribute there.
func entraNameAsPath(name string) (Path, bool) {
	if !strings.ContainsAny(name, ".:[") {
		return Path{}, false
	}
	path, err := ParsePath(name)
	return path, err == nil
}

// entraCreateEntry makes the value that a path such as
// emails[type eq "work"].value names when there is none yet; the RFC answers
// noTarget to a replace. It does so when the filter says by eq and and alone
// what the value must be.
func entraCreateEntry(a *Attribute, filter *Filter) (Value, bool) {
	entry := Value{kind: Object}
	for _, term := range filter.Conjuncts() {
		sub := a.sub(term.Name.Attribute)
		if term.Operator != Eq || sub == nil || a.Type != TypeComplex {
			return Value{}, false
		}
		v := term.Value
		if (mender{}).one(sub, &v) != nil || v.kind == Null {
			return Value{}, false
		}
		entry.set(sub, v)
	}
	return entry, true
}

// entraKeepConditions leaves what the path says about a value in it when the
// whole value is replaced, such as the type in emails[type eq "work"].
func entraKeepConditions(a *Attribute, filter *Filter, entry *Value) {
	conditions, ok := entraCreateEntry(a, filter)
	if !ok {
		return
	}
	for _, f := range conditions.fields {
		if entry.find(f.Name) == nil {
			entry.set(f.attr, f.Value)
		}
	}
}

// entraRemoveValues reads the value of a remove operation as the values to take
// out of a list: Entra removes members so. The RFC knows no such value.
func entraRemoveValues(a *Attribute, value Value) []Value {
	if !a.MultiValued || value.kind == Null {
		return nil
	}
	return value.items
}

// entraAbsentTarget lets an operation succeed that removes what is not there
// any more: Entra clears entries again that are gone.
func entraAbsentTarget(removes bool) bool { return removes }

// entraLeftOver tells whether nothing but labels is left of a value after one of
// its parts was cleared, as {"type":"work"}: such a value goes, too.
func entraLeftOver(entry *Value) bool {
	for _, f := range entry.fields {
		switch f.Name {
		case "type", "primary", "display":
		default:
			return false
		}
	}
	return true
}

// entraComparisonBehindBrackets takes emails[type eq "work"].value eq "x", which
// the grammar does not have, as emails[type eq "work" and value eq "x"].
func entraComparisonBehindBrackets(inner, compared *Filter) *Filter {
	return join(And, []*Filter{inner, compared})
}

// entraUnquotedWord takes a word without quotes as a string: Entra's own
// examples have externalId eq jyoung and ids without quotes.
func entraUnquotedWord(word string) Value { return Text(word) }

// entraSingleCompared takes manager eq "x" as manager.value eq "x". The RFC has
// this for multi-valued attributes alone.
func entraSingleCompared(a *Attribute) *Attribute { return a.names["value"] }

// entraListWithoutGroups leaves the groups of users out of lists, unless the
// client has named them. Entra looks users up and walks over all of them in
// lists, and never reads groups there.
func entraListWithoutGroups(p *Projection, attribute string) bool {
	return attribute == "groups" && (p == nil || !p.only)
}
