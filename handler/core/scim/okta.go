package scim

// What Okta sends outside the RFCs.

// oktaReadOnlyName passes over an attribute that only the service writes in the
// value of an operation without a path: Okta renames a group by sending its own
// id along. With a path the RFC's answer stays: mutability.
func oktaReadOnlyName(a *Attribute) bool { return a.Mutability == ReadOnly }
