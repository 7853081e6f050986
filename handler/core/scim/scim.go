// Package scim is the language that directories speak when they hand over
// users and groups: SCIM 2.0, as values that can be read, checked, changed and
// written.
//
// A tenant has a Model: its schemas, and whether it is strict. From the model
// come the resource types User and Group, which decode request bodies into a
// Resource, PATCH bodies into a Patch, and write what is sent back. Everything
// done for one client against the RFCs is a named function in entra.go, okta.go
// or onelogin.go and is switched off for a strict tenant. The package reads and
// writes nothing but the byte slices it is given.
package scim

// ContentType is the media type of every SCIM answer (RFC 7644 §8.1).
const ContentType = "application/scim+json"

// The URNs of the schemas that are always there (RFC 7643 §8.7.1).
const (
	UserURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// The URNs of the messages (RFC 7644 §8.2).
const (
	ListResponseURN  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	SearchRequestURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	PatchOpURN       = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	ErrorURN         = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// The limits of what a request may ask for. They keep time and memory bounded
// whatever the body holds; the sentence of a refusal names them.
const (
	// MaxDepth is how deep JSON may nest. SCIM itself needs six levels.
	MaxDepth = 32
	// MaxValues is how many JSON values a body may hold; 30,000 members fit.
	MaxValues = 100_000
	// MaxOperations is how many operations one PATCH may hold, counting each
	// attribute of an operation without a path.
	MaxOperations = 1000
	// MaxEntries is how many values one attribute of a resource may have. The
	// members of a group are not counted: they are not part of the resource.
	MaxEntries = 500
	// MaxFilterLength is the length of a filter in bytes.
	MaxFilterLength = 16 << 10
	// MaxFilterDepth is how deep brackets may nest in a filter.
	MaxFilterDepth = 20
)
