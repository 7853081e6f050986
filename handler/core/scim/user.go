package scim

// userSchema is the User of RFC 7643 §4.1.
func userSchema() Schema {
	return Schema{ID: UserURN, Name: "User", Description: "A person with access to the application.", Attributes: []Attribute{
		externalID(),
		text("userName", "The name that signs in; unique in the tenant in any letter case.").required().unique(),
		nameAttribute(),
		text("displayName", "The name shown to people."),
		text("nickName", "The casual name."),
		reference("profileUrl", "A page about the user.", "external"),
		text("title", "The job title."),
		text("userType", "The relation to the organisation, such as Employee."),
		text("preferredLanguage", "The preferred languages, as in Accept-Language."),
		text("locale", "The locale for dates, numbers and money."),
		text("timezone", "The time zone, such as America/Toronto."),
		define(TypeBoolean, "active", "True while the user may use the application."),
		text("password", "Accepted and forgotten; users sign in elsewhere.").exact().mutable(WriteOnly).returned(ReturnedNever),
		plural("emails", "The e-mail addresses.", text("value", "The address."), "work", "home", "other"),
		plural("phoneNumbers", "The telephone numbers.", text("value", "The number."), "work", "home", "mobile", "fax", "pager", "other"),
		plural("ims", "The instant messaging addresses.", text("value", "The address."), "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		plural("photos", "URLs of pictures.", reference("value", "The URL.", "external"), "photo", "thumbnail"),
		addressAttribute(),
		groupsAttribute(),
		plural("entitlements", "What the user is entitled to.", text("value", "The entitlement.")),
		plural("roles", "The roles given by the directory.", text("value", "The role."), "WindowsAzureActiveDirectoryRole"),
		plural("x509Certificates", "The certificates.", define(TypeBinary, "value", "DER in base64.").exact()),
	}}
}

func nameAttribute() Attribute {
	return complexOf("name", "The parts of the name.",
		text("formatted", "The full name."),
		text("familyName", "The family name."),
		text("givenName", "The given name."),
		text("middleName", "The middle names."),
		text("honorificPrefix", "What stands before the name."),
		text("honorificSuffix", "What stands after the name."))
}

func addressAttribute() Attribute {
	return complexOf("addresses", "The postal addresses.",
		text("formatted", "The address as written on a letter."),
		text("streetAddress", "Street and number."),
		text("locality", "The city."),
		text("region", "The state or province."),
		text("postalCode", "The postal code."),
		text("country", "The country."),
		text("type", "A label for what the address is used for.").suggests("work", "home", "other"),
		define(TypeBoolean, "primary", "True for the preferred address; at most one has it."),
	).many()
}

func groupsAttribute() Attribute {
	return complexOf("groups", "The groups that the user is in; changed at the group alone.",
		text("value", "The id of the group.").exact(),
		reference("$ref", "The URL of the group.", "Group"),
		text("display", "The displayName of the group."),
		text("type", "direct or indirect.").suggests("direct", "indirect"),
	).many().mutable(ReadOnly).each(ReadOnly)
}

// enterpriseSchema is the extension of RFC 7643 §4.3. The manager comes first,
// so that its place in a stored document is known without decoding it.
func enterpriseSchema() Schema {
	return Schema{ID: EnterpriseURN, Name: "EnterpriseUser", Description: "What an organisation adds about a user.", Attributes: []Attribute{
		complexOf("manager", "The user's manager.",
			text("value", "The id of the manager."),
			reference("$ref", "The URL of the manager.", "User").mutable(ReadOnly),
			text("displayName", "The displayName of the manager.").mutable(ReadOnly)),
		text("employeeNumber", "The number that the organisation gave."),
		text("costCenter", "The cost center."),
		text("organization", "The organisation."),
		text("division", "The division."),
		text("department", "The department."),
	}}
}

// groupSchema is the Group of RFC 7643 §4.2.
func groupSchema() Schema {
	return Schema{ID: GroupURN, Name: "Group", Description: "A set of users.", Attributes: []Attribute{
		externalID(),
		text("displayName", "The name shown to people.").required(),
		complexOf("members", "Who is in the group.",
			text("value", "The id of the member.").required().exact().mutable(Immutable),
			reference("$ref", "The URL of the member.", "User", "Group").mutable(Immutable),
			text("type", "User or Group.").suggests("User", "Group").mutable(Immutable),
			text("display", "A name for people to read.").mutable(ReadOnly),
		).many(),
	}}
}
