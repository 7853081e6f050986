package scim

import "handover/handler/core/fault"

// MemberChangeKind is what a PATCH does to the members of a group.
type MemberChangeKind uint8

// The kinds of member change.
const (
	AddMembers MemberChangeKind = iota
	RemoveMembers
	ReplaceMembers
	RemoveAllMembers
)

// MemberChange is one step. The members of a group are not part of its
// document, so that a large group is never held in memory whole: a patch only
// says what is to happen, in order.
type MemberChange struct {
	Kind MemberChangeKind
	// IDs are the members named, each once, in the order of the request; empty
	// for RemoveAllMembers.
	IDs []string
}

// MemberChanges are the steps that the patch asks for, in order.
func (p *Patch) MemberChanges() []MemberChange { return p.members }

// MembersAlone tells whether the patch asks for changes of members and for
// nothing else.
func (p *Patch) MembersAlone() bool { return len(p.members) > 0 && len(p.operations) == 0 }

// membersChange reads an operation on members in all its forms: a list, one
// object, bare ids, brackets with value eq, with or without a value.
func (d *patchDecoder) membersChange(o operation, value *Value) error {
	if sub := o.target.sub; sub != nil && !equalFold(sub.Name, "value") {
		return fault.New(fault.Mutability, "%s cannot be changed; remove the member and add it again", sub.full)
	}
	if o.filter != nil {
		return d.bracketedMembers(o)
	}
	if o.op == opRemove && (value.kind == Null || d.kind.strict) {
		d.members = append(d.members, MemberChange{Kind: RemoveAllMembers})
		return nil
	}
	m := mender{t: d.kind, strict: d.kind.strict}
	if err := m.value(o.target.attr, value); err != nil {
		return err
	}
	change := MemberChange{IDs: memberIDs(value.items)}
	switch {
	case o.op == opRemove:
		change.Kind = RemoveMembers
	case o.op == opReplace && len(change.IDs) == 0:
		change.Kind = RemoveAllMembers
	case o.op == opReplace:
		change.Kind = ReplaceMembers
	}
	if change.Kind == RemoveAllMembers || len(change.IDs) > 0 {
		d.members = append(d.members, change)
	}
	return nil
}

func memberIDs(items []Value) []string {
	seen := make(map[string]bool, len(items))
	ids := make([]string, 0, len(items))
	for i := range items {
		if id := items[i].Get("value").text; id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// bracketedMembers reads members[value eq "…"], with several ids joined by or.
func (d *patchDecoder) bracketedMembers(o operation) error {
	terms := []*Filter{o.filter}
	if o.filter.Operator == Or {
		terms = o.filter.Terms
	}
	change := MemberChange{Kind: RemoveMembers}
	for _, term := range terms {
		if term.Operator != Eq || !equalFold(term.Name.Attribute, "value") || term.Value.kind != String {
			return fault.New(fault.InvalidFilter, `members are selected by value alone: members[value eq "…"], joined by or`)
		}
		change.IDs = append(change.IDs, term.Value.text)
	}
	if o.op != opRemove {
		if d.kind.strict || len(terms) > 1 {
			return fault.New(fault.Mutability, "a member cannot be changed; remove it and add another")
		}
		change.Kind = AddMembers
	}
	d.members = append(d.members, change)
	return nil
}
