// Package directory is what is true about tenants, users, groups, records and
// leaves: pure decisions, and the ports through which rules read and write.
package directory

import (
	"encoding/json"
	"regexp"
	"slices"
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
	// Suspended refuses every request of the directory and of the application.
	Suspended bool
	// Deleting is when the tenant's deletion began; zero while nobody asked for it.
	Deleting time.Time
	// RetentionDays is how long activity and journal are kept.
	RetentionDays int
	// Entra is what tokens that Entra ID has signed must bear.
	Entra EntraBinding
	// Connector is how the tenant's records are reached.
	Connector ConnectorSetting
	// Webhook is where the tenant is told what becomes of its leaves.
	Webhook           WebhookSetting
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
	country  = regexp.MustCompile(`^[A-Z]{2}$`) // ISO 3166-1 alpha-2
)

// ValidTenantID tells whether id can name a tenant: 1 to 64 of a-z, 0-9, "-".
func ValidTenantID(id string) bool { return tenantID.MatchString(id) }

// NewTenant checks and completes the settings of a new tenant. Its default role
// is one of its roles from the beginning.
func NewTenant(t Tenant, userCap int64, countries []string, now time.Time) (Tenant, error) {
	if !ValidTenantID(t.ID) {
		return Tenant{}, fault.New(fault.InvalidValue, "id must be 1 to 64 of a-z, 0-9 and \"-\", for example \"acme\"")
	}
	if t.DefaultRole != "" && !t.hasRole(t.DefaultRole) {
		t.Roles = append(slices.Clone(t.Roles), Role{Name: t.DefaultRole})
	}
	if t.RetentionDays == 0 {
		t.RetentionDays = defaultRetention
	}
	whole := Settings{Tenant: t, UserCap: userCap}
	for _, s := range settings() {
		if err := s.check(&whole, countries); err != nil {
			return Tenant{}, err
		}
	}
	t = whole.Tenant
	t.Created, t.Modified = now.UTC(), now.UTC()
	return t, nil
}

// CheckOpen refuses the requests of the directory and of the application while
// the tenant is suspended or being deleted.
func (t *Tenant) CheckOpen() error {
	switch {
	case !t.Deleting.IsZero():
		return fault.New(fault.TenantClosed, "the tenant %s is being deleted", t.ID)
	case t.Suspended:
		return fault.New(fault.TenantClosed, "the tenant %s is suspended; its operator can resume it", t.ID)
	}
	return nil
}
