package scim

// Resource is one user or group as the schema sees it: names, order and kinds
// are the schema's. What the service itself knows (id, meta, groups) is not in
// it, nor is a password; the members of a group are beside it.
type Resource struct {
	kind    *ResourceType
	root    Value
	members []Member
	// stateUnsaid says that the body said nothing about active.
	stateUnsaid bool
}

// Member is one member of a group as a request names it.
type Member struct {
	// Value is the id. Type and Ref are as sent, and may be empty.
	Value, Type, Ref string
}

// Type is the resource type that the resource belongs to.
func (r *Resource) Type() *ResourceType { return r.kind }

// Document is the stored form: canonical JSON with "schemas" first, naming
// exactly the schemas whose attributes are present, then the attributes in the
// schema's order.
func (r *Resource) Document() []byte {
	dst := make([]byte, 0, 1024)
	dst = append(dst, documentStart...)
	dst = appendText(dst, r.kind.schema.ID)
	for i := range r.root.fields {
		if a := r.root.fields[i].attr; a.isExtension() {
			dst = appendText(append(dst, ','), a.Name)
		}
	}
	dst = r.root.appendFields(append(dst, ']'), true)
	return append(dst, '}')
}

const documentStart = `{"schemas":[`

// text is the string at a path of names, "" if there is none.
func (r *Resource) text(names ...string) string {
	v := &r.root
	for _, name := range names {
		if v = v.find(name); v == nil {
			return ""
		}
	}
	return v.text
}

// UserName is the userName of a user.
func (r *Resource) UserName() string { return r.text("userName") }

// ExternalID is the identifier that the provisioning client uses.
func (r *Resource) ExternalID() string { return r.text("externalId") }

// DisplayName is the displayName.
func (r *Resource) DisplayName() string { return r.text("displayName") }

// Manager is the id of the user's manager, "" if none is assigned.
func (r *Resource) Manager() string { return r.text(EnterpriseURN, "manager", "value") }

// WorkEmail is the first e-mail address of type work, "" if there is none.
func (r *Resource) WorkEmail() string {
	for _, email := range r.root.Get("emails").items {
		if equalFold(email.Get("type").text, "work") {
			return email.Get("value").text
		}
	}
	return ""
}

// Emails are all e-mail addresses, in the order of the document.
func (r *Resource) Emails() []string {
	var all []string
	for _, email := range r.root.Get("emails").items {
		if address := email.Get("value").text; address != "" {
			all = append(all, address)
		}
	}
	return all
}

// Active tells whether a user may use the application. A user is active unless
// the document says otherwise.
func (r *Resource) Active() bool {
	active := r.root.find("active")
	return active == nil || active.kind != Bool || active.truth
}

// Get is the value of one attribute, in any letter case; null if unassigned.
func (r *Resource) Get(attribute string) Value { return r.root.Get(attribute) }

// Members are the members that the body of a group names.
func (r *Resource) Members() []Member { return r.members }

// Clone copies the resource, so that changing the copy leaves r alone.
func (r *Resource) Clone() *Resource {
	return &Resource{kind: r.kind, root: r.root.clone(), members: append([]Member(nil), r.members...)}
}

// Equal tells whether both resources have the same document. Members are not
// compared: they are not part of it.
func (r *Resource) Equal(other *Resource) bool { return r.root.equal(&other.root) }

// Changed names the attributes in which r differs from what it was before: those
// of an extension without its URN, and no sub-attributes.
func (r *Resource) Changed(old *Resource) []string { return changedFields(nil, &old.root, &r.root) }

func changedFields(names []string, old, now *Value) []string {
	for i := range now.fields {
		f := &now.fields[i]
		names = f.changed(names, old.find(f.Name), &f.Value)
	}
	for i := range old.fields {
		if f := &old.fields[i]; now.find(f.Name) == nil {
			names = f.changed(names, &f.Value, &Value{})
		}
	}
	return names
}

// changed appends the name of a field whose value differs, or the names inside
// an extension.
func (f *Field) changed(names []string, old, now *Value) []string {
	if old == nil {
		old = &Value{}
	}
	switch {
	case old.equal(now):
		return names
	case f.attr != nil && f.attr.isExtension():
		return changedFields(names, old, now)
	}
	return append(names, f.Name)
}

// Replaces puts r in the place of an older resource, as a PUT does (RFC 7644
// §3.5.1): an immutable attribute that is set keeps its value, or it is a fault.
// Whoever says nothing about active does not mean to let a disabled user in
// again, so then the state stays; the RFC leaves it to the service to assign a
// default to what the body omits.
func (r *Resource) Replaces(old *Resource) error {
	if active := r.kind.attribute("active"); active != nil && r.stateUnsaid {
		r.root.set(active, truth(old.Active()))
	}
	return checkImmutable(&old.root, &r.root)
}
