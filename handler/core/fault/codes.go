package fault

// Code names one thing that can go wrong. Codes are stable: scripts, alerts
// and docs/faults.md name them.
type Code string

// The codes. What each means, and what it becomes on the wire, is in the table
// below.
const (
	// What a SCIM client may have got wrong (RFC 7644 §3.12, Table 9).
	InvalidSyntax Code = "invalidSyntax"
	InvalidValue  Code = "invalidValue"
	InvalidPath   Code = "invalidPath"
	InvalidFilter Code = "invalidFilter"
	NoTarget      Code = "noTarget"
	Mutability    Code = "mutability"
	Uniqueness    Code = "uniqueness"
	TooMany       Code = "tooMany"
	InvalidVers   Code = "invalidVers"

	// What a client may have got wrong when it pages by cursor (RFC 9865 §2.1).
	InvalidCursor Code = "invalidCursor"
	ExpiredCursor Code = "expiredCursor"
	InvalidCount  Code = "invalidCount"

	// What any client may have got wrong.
	NotFound         Code = "notFound"
	NotAcceptable    Code = "notAcceptable"
	MethodNotAllowed Code = "methodNotAllowed"
	TooLarge         Code = "tooLarge"
	MediaType        Code = "mediaType"
	VersionMismatch  Code = "versionMismatch"
	Unauthorized     Code = "unauthorized"
	Forbidden        Code = "forbidden"
	Conflict         Code = "conflict"
	RateLimited      Code = "rateLimited"

	// What a client may have got wrong when it asks for a token (RFC 6749 §5.2).
	UnsupportedGrantType Code = "unsupportedGrantType"
	InvalidScope         Code = "invalidScope"

	// The rules of the product.
	DomainNotVerified Code = "domainNotVerified"
	UserCapReached    Code = "userCapReached"
	ScimSwitchedOff   Code = "scimSwitchedOff"
	TenantClosed      Code = "tenantClosed"
	DirectoryOwned    Code = "directoryOwned"
	OwnerDisabled     Code = "ownerDisabled"

	// The life of a leave.
	IllegalMove     Code = "illegalMove"
	NoRecipient     Code = "noRecipient"
	MessageUnusable Code = "messageUnusable"

	// The business application, where it keeps the records itself.
	ConnectorRefused Code = "connectorRefused"
	ConnectorInvalid Code = "connectorInvalid"
	ConnectorEndless Code = "connectorEndless"
	WebhookRefused   Code = "webhookRefused"

	// Storage: the answers of the table port.
	RowNotFound    Code = "rowNotFound"
	RowExists      Code = "rowExists"
	RowChanged     Code = "rowChanged"
	RowInvalid     Code = "rowInvalid"
	RowTooLarge    Code = "rowTooLarge"
	StorageBusy    Code = "storageBusy"
	StorageUnknown Code = "storageUnknown"

	// Ours.
	NotImplemented  Code = "notImplemented"
	SettingsInvalid Code = "settingsInvalid"
	Unavailable     Code = "unavailable"
	Internal        Code = "internal"
)

// Entry is one row of the table of faults.
type Entry struct {
	Code Code
	// Status is the HTTP status that a client sees.
	Status int
	// ScimType is the scimType of RFC 7644 Table 9; empty where it has none.
	ScimType string
	// Meaning is one sentence for whoever reads docs/faults.md: what happened
	// and what to do.
	Meaning string
}

// Table lists every code once, in the order of the documentation.
func Table() []Entry {
	return []Entry{
		{InvalidSyntax, 400, "invalidSyntax", "The body is not the JSON that SCIM asks for; the sentence says where."},
		{InvalidValue, 400, "invalidValue", "A value has the wrong kind, or is required and missing; the sentence names the attribute."},
		{InvalidPath, 400, "invalidPath", "A PATCH path cannot be read or names no attribute."},
		{InvalidFilter, 400, "invalidFilter", "A filter cannot be read; the sentence names position and expectation."},
		{NoTarget, 400, "noTarget", "A PATCH operation has no path where it needs one, or its path matches nothing."},
		{Mutability, 400, "mutability", "The attribute may not be changed by a client."},
		{Uniqueness, 409, "uniqueness", "Another resource of the tenant has this userName or displayName."},
		{InvalidVers, 400, "invalidVers", "The path names a version of SCIM other than 2.0; the base URL of a tenant ends in /v2."},
		{TooMany, 400, "tooMany", "The filter would have to read more than the service allows; narrow it to an indexed attribute."},
		{InvalidCursor, 400, "invalidCursor", "The cursor is not one of this service, or belongs to another query; begin again with an empty one."},
		{ExpiredCursor, 400, "expiredCursor", "The cursor is too old; begin again with an empty one."},
		{InvalidCount, 400, "invalidCount", "A page that is reached by a cursor must have at least one place."},

		{NotFound, 404, "", "No such resource, tenant or route."},
		{MethodNotAllowed, 405, "", "The route exists, the method does not; the Allow header lists those that do."},
		{NotAcceptable, 406, "", "The Accept header takes neither application/scim+json nor application/json."},
		{TooLarge, 413, "", "The body is over the limit that the sentence names."},
		{MediaType, 415, "", "The Content-Type is neither application/scim+json nor application/json."},
		{VersionMismatch, 412, "", "If-Match names a version that is no longer current; read the resource again."},
		{Unauthorized, 401, "", "The token is missing, wrong, expired, revoked or another tenant's; issue a new one and paste it."},
		{Forbidden, 403, "", "The caller is known but may not do this."},
		{Conflict, 409, "", "The change contradicts what is stored; the sentence says what."},
		{RateLimited, 429, "", "Too many requests in a short time; try again after the time in Retry-After."},

		{UnsupportedGrantType, 400, "", "A token is given for the grant type client_credentials alone."},
		{InvalidScope, 400, "", "The scope that a token is asked for cannot be read."},

		{DomainNotVerified, 400, "invalidValue", "The domain of userName or of an e-mail address is not among the tenant's verified domains."},
		{UserCapReached, 403, "", "The tenant's cap of active users is reached; raise the cap or disable users, and the next try passes."},
		{ScimSwitchedOff, 403, "", "SCIM is switched off for this tenant; an operator switches it on."},
		{TenantClosed, 403, "", "The tenant is suspended or being deleted; the sentence says which. An operator resumes a suspended one."},
		{DirectoryOwned, 409, "", "What the directory provisions is changed in the directory alone; change it there, and the next cycle brings it."},
		{OwnerDisabled, 409, "", "The named owner of the record is disabled; the sentence names who receives the records."},

		{IllegalMove, 409, "", "The leave is in a state from which it cannot go there."},
		{NoRecipient, 409, "", "Neither the Master Admin nor a deputy is an active user; name one, and blocked leaves go on by themselves."},
		{MessageUnusable, 500, "", "A queue message cannot be decoded; it ends in the dead-letter queue."},

		{ConnectorRefused, 502, "", "The business application does not let the connector in, or is not where its setting says; put the tenant's connector right, and waiting leaves go on by themselves."},
		{ConnectorInvalid, 422, "", "The business application refuses a call for good, or answers what cannot be read; mend it there, and replay the parked leaves."},
		{ConnectorEndless, 422, "", "The business application never says that it is finished; mend its cursor, and replay the parked leave."},
		{WebhookRefused, 422, "", "The tenant's webhook was not reached, or did not answer with a status from 200 to 299; the sentence says which. Notices are sent again by themselves."},

		{RowNotFound, 404, "", "A row that the operation needs is not there."},
		{RowExists, 409, "", "A row that the operation wants to insert is already there."},
		{RowChanged, 412, "", "A row changed between reading and writing; the operation is tried again inside the service first."},
		{RowInvalid, 500, "", "The service tried to write something that Table Storage does not take; this is a defect."},
		{RowTooLarge, 413, "", "The resource does not fit the limits of Table Storage."},
		{StorageBusy, 503, "", "The storage asks for patience; try again after the time in Retry-After."},
		{StorageUnknown, 503, "", "The storage did not answer, and whether it wrote is not known; trying again is safe."},

		{NotImplemented, 501, "", "The service does not do this; the sentence says what to use instead."},
		{SettingsInvalid, 500, "", "One or more settings are missing or wrong; the start lists all of them."},
		{Unavailable, 503, "", "Something that the service needs is away; try again later."},
		{Internal, 500, "", "A defect of the service; the log has the details under the reference number."},
	}
}

// Status is the HTTP status of the code; 500 for a code outside the table.
func (c Code) Status() int { return c.entry().Status }

// ScimType is the scimType of the code, or nothing.
func (c Code) ScimType() string { return c.entry().ScimType }

func (c Code) entry() Entry {
	for _, e := range Table() {
		if e.Code == c {
			return e
		}
	}
	return Entry{Code: c, Status: 500}
}
