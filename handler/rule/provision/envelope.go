package provision

import (
	"strconv"

	"handover/handler/core/directory"
	"handover/handler/core/scim"
)

// Envelope is what the service knows of a user beside its document. base is the
// tenant's base URL, without a slash at the end.
func (u *User) Envelope(base string) scim.Envelope {
	return scim.Envelope{
		ID: u.ID.String(), Location: base + "/Users/" + u.ID.String(), Version: ETag(u.Version),
		Created: u.Created, Modified: u.Modified, Base: base,
		Groups: references(base, u.Groups, direct),
	}
}

// Envelope is what the service knows of a group beside its document.
func (g *Group) Envelope(base string) scim.Envelope {
	return scim.Envelope{
		ID: g.ID.String(), Location: base + "/Groups/" + g.ID.String(), Version: ETag(g.Version),
		Created: g.Created, Modified: g.Modified, Base: base,
		Members: references(base, g.MemberIDs, kindOf),
	}
}

// ETag is a version as HTTP and meta.version write it: weak, since the same
// version may be shown with other attributes.
func ETag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// references are the resources with the given ids; kind fills in their type.
func references(base string, ids []directory.ID, kind func(directory.ID) string) []scim.Reference {
	if len(ids) == 0 {
		return nil
	}
	all := make([]scim.Reference, len(ids))
	for i, id := range ids {
		text := id.String()
		all[i] = scim.Reference{Value: text, Ref: base + "/" + kindOf(id) + "s/" + text, Type: kind(id)}
	}
	return all
}

// kindOf is the type of a member (RFC 7643 §4.2).
func kindOf(id directory.ID) string {
	if id.Sort() == directory.SortGroup {
		return "Group"
	}
	return "User"
}

// direct is the type of a user's group (RFC 7643 §4.1.2). Groups that hold the
// user only through another group are not listed.
func direct(directory.ID) string { return "direct" }
