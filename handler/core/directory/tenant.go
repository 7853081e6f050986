// Package directory is what is true about tenants, users, groups, records and
// leaves: pure decisions, and the ports through which rules read and write.
package directory

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// Unlimited as a user cap means that there is none.
const Unlimited = -1

// AnyDomain in a tenant's list of domains, said out loud by its creator, means
// that no domain is checked.
const AnyDomain = "*"

// Tenant is one customer organisation and its settings.
type Tenant struct {
	ID      string
	Name    string
	Country string
	// Domains are the verified ones, in lower case after IDNA; "*.example.com"
	// takes every sub-domain, AnyDomain takes all.
	Domains []string
	// MasterAdmin is the userName of who receives leavers' records; it may be
	// provisioned later.
	MasterAdmin string
	// Deputies receive in the Master Admin's place, the first active one.
	Deputies    []string
	DefaultRole string
	Roles       []Role
	Mappings    []RoleMapping
	// ScimOff refuses every SCIM request of the tenant.
	ScimOff bool
	// Strict turns off what is done for clients against the RFC.
	Strict bool
	// Schemas are the tenant's own extensions of users and groups, each as JSON
	// in the form of RFC 7643 §7.
	Schemas []json.RawMessage
	// Entra is what tokens that Entra ID has signed must bear.
	Entra             EntraBinding
	Created, Modified time.Time
	// ETag is the version of the settings as they were read.
	ETag string
}

// Role is what a user may do in the business application.
type Role struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions,omitempty"`
}

// RoleMapping gives the members of a group a role; the first that matches wins.
type RoleMapping struct {
	Group ID     `json:"group"`
	Role  string `json:"role"`
}

// Counters are a tenant's numbers, which live on one row.
type Counters struct {
	Users, Active, Groups int64
	// Cap is the most active users there may be; Unlimited for no cap.
	Cap int64
}

var (
	tenantID = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	country  = regexp.MustCompile(`^[A-Z]{2}$`)
)

// ValidTenantID tells whether id can name a tenant: 1 to 64 of a-z, 0-9, "-".
func ValidTenantID(id string) bool { return tenantID.MatchString(id) }

// NewTenant checks and completes the settings of a new tenant.
func NewTenant(t Tenant, countries []string, now time.Time) (Tenant, error) {
	switch {
	case !ValidTenantID(t.ID):
		return Tenant{}, fault.New(fault.InvalidValue, "id must be 1 to 64 of a-z, 0-9 and \"-\", for example \"acme\"")
	case strings.TrimSpace(t.Name) == "" || len(t.Name) > 256:
		return Tenant{}, fault.New(fault.InvalidValue, "name must be 1 to 256 bytes, for example \"Acme Inc\"")
	case !country.MatchString(t.Country) || !slices.Contains(countries, t.Country):
		return Tenant{}, fault.New(fault.InvalidValue, "country must be one that this deployment serves: %s", strings.Join(countries, ", "))
	}
	domains, err := VerifiedDomains(t.Domains)
	if err != nil {
		return Tenant{}, err
	}
	binding, err := t.Entra.Checked()
	if err != nil {
		return Tenant{}, err
	}
	t.Domains, t.Entra, t.Created, t.Modified = domains, binding, now.UTC(), now.UTC()
	return t, nil
}
