package scim

import (
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// Apply changes a resource by all operations in order, or by none: after a
// fault it is as before. changed is false when the result is what was there.
// The members of a group are left alone; see MemberChanges.
func (p *Patch) Apply(r *Resource) (changed bool, err error) {
	next := Resource{kind: r.kind, root: r.root.clone()}
	for i := range p.operations {
		o := &p.operations[i]
		if err := o.apply(&next.root); err != nil {
			return false, inOperation(o.place, err)
		}
	}
	if len(p.operations) > 0 {
		// Clearing active must not let a disabled user in again.
		next.defaults(r.Active())
	}
	if next.root.equal(&r.root) {
		return false, nil
	}
	if err := checkUndefined(&next.root); err != nil {
		return false, err
	}
	if err := checkImmutable(&r.root, &next.root); err != nil {
		return false, err
	}
	r.root = next.root
	return true, nil
}

// removes tells whether the operation takes away, by its name or by its value.
func (o *operation) removes() bool { return o.op == opRemove || o.value.kind == Null }

func (o *operation) apply(root *Value) error {
	holder := root
	if o.target.parent != nil {
		holder = root.child(o.target.parent)
	}
	err := o.applyTo(holder)
	if list := holder.find(o.target.attr.Name); err == nil && list != nil && len(list.items) > MaxEntries {
		err = tooManyEntries(o.target.attr)
	}
	for _, extension := range [...]*Attribute{o.target.parent, o.target.attr} {
		if extension != nil && extension.isExtension() {
			prune(root, extension)
		}
	}
	return err
}

// prune takes an object away that holds nothing.
func prune(holder *Value, a *Attribute) {
	if v := holder.find(a.Name); v != nil && v.empty() {
		holder.remove(a.Name)
	}
}

func (o *operation) applyTo(holder *Value) error {
	g := o.target
	switch {
	case o.filter != nil:
		return o.applyWithin(holder)
	case g.sub == nil:
		o.assign(holder, g.attr)
	case g.attr.MultiValued:
		o.assignToAll(holder)
	default:
		o.assign(holder.child(g.attr), g.sub)
		prune(holder, g.attr)
	}
	return nil
}

// assign gives one attribute its new value.
func (o *operation) assign(holder *Value, a *Attribute) {
	switch {
	case o.only != nil:
		removeValues(holder, a, o.only)
	case o.removes():
		if o.op != opAdd || !a.MultiValued {
			holder.remove(a.Name)
		}
	case a.Type == TypeComplex && !a.MultiValued:
		merge(holder.child(a), &o.value)
		prune(holder, a)
	case a.MultiValued && o.op == opAdd:
		o.appendValues(holder, a)
	default:
		holder.set(a, o.value.clone())
	}
}

// merge puts the fields of a complex value over those that are there; null
// takes one away (RFC 7644 §3.5.2.3).
func merge(into, from *Value) {
	for i := range from.fields {
		f := &from.fields[i]
		switch {
		case f.Value.kind == Null:
			into.remove(f.Name)
		case f.attr.Type == TypeComplex && !f.attr.MultiValued:
			merge(into.child(f.attr), &f.Value)
			prune(into, f.attr)
		default:
			into.set(f.attr, f.Value.clone())
		}
	}
}

// appendValues adds to a list what it does not have. A value with the same
// value and type as one that is there is merged with it: the pair is unique in
// a list (RFC 7643 §2.4).
func (o *operation) appendValues(holder *Value, a *Attribute) {
	have := Value{kind: Array}
	if v := holder.find(a.Name); v != nil {
		have = *v
	}
	winner := -1
	for i := range o.value.items {
		item := &o.value.items[i]
		at := slices.IndexFunc(have.items, func(v Value) bool { return sameEntry(a, &v, item) })
		if at < 0 {
			have.items = append(have.items, item.clone())
			at = len(have.items) - 1
		} else {
			merge(&have.items[at], item)
		}
		if item.Get("primary").True() {
			winner = at
		}
	}
	onlyPrimary(&have, winner)
	holder.set(a, have)
}

// sameEntry tells whether two values of a list are the same one.
func sameEntry(a *Attribute, v, w *Value) bool {
	if a.Type != TypeComplex || v.find("value") == nil || w.find("value") == nil {
		return v.equal(w)
	}
	return v.find("value").equal(w.find("value")) && strings.EqualFold(v.Get("type").text, w.Get("type").text)
}

// removeValues takes the named values out of a list.
func removeValues(holder *Value, a *Attribute, named []Value) {
	have := holder.find(a.Name)
	if have == nil {
		return
	}
	have.items = slices.DeleteFunc(have.items, func(v Value) bool {
		return slices.ContainsFunc(named, func(n Value) bool { return isNamed(a, &v, &n) })
	})
	prune(holder, a)
}

// isNamed tells whether a value has all that the named one says: its value, in
// the letter case that the attribute asks for, and its type if it says one.
func isNamed(a *Attribute, v, named *Value) bool {
	if a.Type != TypeComplex {
		return sameText(a, v, named)
	}
	for i := range named.fields {
		f := &named.fields[i]
		if f.Name != "value" && f.Name != "type" && named.find("value") != nil {
			continue
		}
		have := v.find(f.Name)
		if have == nil || !sameText(f.attr, have, &f.Value) {
			return false
		}
	}
	return len(named.fields) > 0
}

func sameText(a *Attribute, v, w *Value) bool {
	if v.kind == String && w.kind == String && !a.CaseExact {
		return strings.EqualFold(v.text, w.text)
	}
	return v.equal(w)
}

// assignToAll changes a sub-attribute of every value of a list; an add or
// replace makes the first one.
func (o *operation) assignToAll(holder *Value) {
	g := o.target
	have := holder.find(g.attr.Name)
	if have == nil {
		if o.removes() {
			return
		}
		holder.set(g.attr, list(Value{kind: Object}))
		have = holder.find(g.attr.Name)
	}
	o.change(have, func(*Value) bool { return true })
	prune(holder, g.attr)
}

// applyWithin changes the values of a list that the brackets select.
func (o *operation) applyWithin(holder *Value) error {
	a := o.target.attr
	have := Value{kind: Array}
	if v := holder.find(a.Name); v != nil {
		have = *v
	}
	found := o.change(&have, func(v *Value) bool { return o.filter.matchItem(a, v) })
	if !found {
		created, err := o.create(&have)
		if err != nil || !created {
			return err
		}
	}
	holder.set(a, have)
	prune(holder, a)
	return nil
}

// create makes the value that the brackets describe, when there is none.
func (o *operation) create(have *Value) (bool, error) {
	a := o.target.attr
	if !o.strict {
		if entraAbsentTarget(o.removes()) {
			return false, nil
		}
		if entry, ok := entraCreateEntry(a, o.filter); ok {
			have.items = append(have.items, entry)
			last := len(have.items) - 1
			o.changeEntry(&have.items[last])
			if have.items[last].Get("primary").True() {
				onlyPrimary(have, last)
			}
			return true, nil
		}
	}
	return false, fault.New(fault.NoTarget, "no value of %s matches the filter of the path", a.full)
}

// change applies the operation to the selected values of a list and takes out
// those that are gone. found is false when none was selected.
func (o *operation) change(have *Value, selected func(*Value) bool) (found bool) {
	winner := -1
	kept := have.items[:0]
	for i := range have.items {
		v := have.items[i]
		if selected(&v) {
			found = true
			if o.removes() && o.target.sub == nil {
				continue
			}
			o.changeEntry(&v)
			if v.empty() || o.removes() && !o.strict && entraLeftOver(&v) {
				continue
			}
			if o.setsPrimary(&v) {
				winner = len(kept)
			}
		}
		kept = append(kept, v)
	}
	have.items = kept
	onlyPrimary(have, winner)
	return found
}

// setsPrimary tells whether the operation itself made a value the primary one.
func (o *operation) setsPrimary(v *Value) bool {
	said := o.target.sub != nil && o.target.sub.Name == "primary" || o.target.sub == nil && o.value.Get("primary").True()
	return said && v.Get("primary").True()
}

// changeEntry changes one value of a list, or a part of it.
func (o *operation) changeEntry(v *Value) {
	a := o.target.attr
	switch {
	case o.target.sub != nil:
		o.assign(v, o.target.sub)
	case a.Type != TypeComplex:
		*v = o.value.clone()
	case o.op == opAdd:
		merge(v, &o.value)
	default:
		*v = Value{kind: Object}
		merge(v, &o.value)
		if !o.strict && o.filter != nil {
			entraKeepConditions(a, o.filter, v)
		}
	}
}

// onlyPrimary takes primary away from all values but one (RFC 7644 §3.5.2).
func onlyPrimary(have *Value, winner int) {
	if winner < 0 {
		return
	}
	for i := range have.items {
		if primary := have.items[i].find("primary"); i != winner && primary != nil && primary.True() {
			*primary = truth(false)
		}
	}
}
