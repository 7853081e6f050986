package provision

import (
	"slices"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// memberIDs reads the members that the body of a group names, each once, in
// order of ids.
func memberIDs(group directory.ID, r *scim.Resource) ([]directory.ID, error) {
	named := r.Members()
	values := make([]string, len(named))
	for i, m := range named {
		values[i] = m.Value
	}
	f := newFold()
	err := f.add(group, values)
	return f.change().Add, err
}

// foldMembers brings the member operations of a patch, applied in order, to
// what they come to in the end. Taking out who cannot be a member is no fault.
func foldMembers(group directory.ID, changes []scim.MemberChange) (directory.MemberChange, error) {
	f := newFold()
	for _, change := range changes {
		var err error
		switch change.Kind {
		case scim.AddMembers:
			err = f.add(group, change.IDs)
		case scim.RemoveMembers:
			f.remove(change.IDs)
		case scim.ReplaceMembers:
			f.clear()
			err = f.add(group, change.IDs)
		case scim.RemoveAllMembers:
			f.clear()
		}
		if err != nil {
			return directory.MemberChange{}, err
		}
	}
	return f.change(), nil
}

// fold is what member operations have come to so far.
type fold struct {
	cleared bool
	// wanted tells of each id that was named last whether it shall be in.
	wanted map[directory.ID]bool
}

func newFold() *fold { return &fold{wanted: make(map[directory.ID]bool)} }

func (f *fold) add(group directory.ID, values []string) error {
	for i, value := range values {
		id, ok := directory.ParseID(value)
		if !ok || id.Sort() == directory.SortUnknown {
			return fault.New(fault.InvalidValue, "members: value %d of %d is not the id of a user or group of this tenant", i+1, len(values))
		}
		if id == group {
			return fault.New(fault.InvalidValue, "members: the group %s cannot be its own member", id)
		}
		f.wanted[id] = true
	}
	return nil
}

func (f *fold) remove(values []string) {
	for _, value := range values {
		if id, ok := directory.ParseID(value); ok {
			f.wanted[id] = false
		}
	}
}

func (f *fold) clear() {
	f.cleared = true
	clear(f.wanted)
}

// change is the end of it, in order of ids.
func (f *fold) change() directory.MemberChange {
	change := directory.MemberChange{Clear: f.cleared}
	for id, in := range f.wanted {
		switch {
		case in:
			change.Add = append(change.Add, id)
		case !f.cleared:
			change.Remove = append(change.Remove, id)
		}
	}
	order := func(a, b directory.ID) int { return slices.Compare(a[:], b[:]) }
	slices.SortFunc(change.Add, order)
	slices.SortFunc(change.Remove, order)
	return change
}
