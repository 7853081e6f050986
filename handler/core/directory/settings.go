package directory

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// Limits of a tenant's settings, ours: long enough for any directory's names,
// short enough that the settings stay one small row.
const (
	maxUserName = 256
	maxDeputies = 16
	// maxRetention is ten years: a longer one is more likely a typing error.
	maxRetention     = 3650
	defaultRetention = 365
)

// Settings is everything about a tenant that an operator sets.
type Settings struct {
	Tenant
	// UserCap is the most active users there may be, or Unlimited. It is kept
	// beside the counters, not beside the tenant.
	UserCap int64
}

// SettingsChange is what an operator wants to be otherwise; what is nil stays.
type SettingsChange struct {
	Name, Country, MasterAdmin, DefaultRole *string
	Domains, Deputies                       *[]string
	ScimOff, Strict, Suspended              *bool
	RetentionDays                           *int
	Entra                                   *EntraBinding
	Schemas                                 *[]json.RawMessage
	UserCap                                 *int64
	// Connector keeps its secret where ConnectorSecret is nil.
	Connector *ConnectorSetting
	// ConnectorSecret is the application's key or client secret, as it is.
	ConnectorSecret *string
}

// TenantChange is one decision about a tenant's settings.
type TenantChange struct {
	Before, After Tenant
	// Cap is the new cap; nil leaves it.
	Cap *int64
	// Activity tells what was done; it rides in the same transaction.
	Activity Activity
}

// setting is one of them: its name on the wire, its value, and its rule, which
// also brings it into the form in which it is compared.
type setting struct {
	name  string
	value func(*Settings) any
	check func(s *Settings, countries []string) error
}

// settings lists all of them. Their order is that of the version's parts.
func settings() []setting {
	return []setting{
		{"name", func(s *Settings) any { return s.Name }, checkName},
		{"country", func(s *Settings) any { return s.Country }, checkCountry},
		{"domains", func(s *Settings) any { return s.Domains }, checkDomainList},
		{"userCap", func(s *Settings) any { return s.UserCap }, checkUserCap},
		{"masterAdmin", func(s *Settings) any { return s.MasterAdmin }, checkMasterAdmin},
		{"deputies", func(s *Settings) any { return s.Deputies }, checkDeputies},
		{"defaultRole", func(s *Settings) any { return s.DefaultRole }, checkDefaultRole},
		{"roles", func(s *Settings) any { return s.Roles }, checkRoles},
		{"mappings", func(s *Settings) any { return s.Mappings }, checkMappings},
		{"scimOff", func(s *Settings) any { return s.ScimOff }, noRule},
		{"strict", func(s *Settings) any { return s.Strict }, noRule},
		{"suspended", func(s *Settings) any { return s.Suspended }, noRule},
		{"retentionDays", func(s *Settings) any { return s.RetentionDays }, checkRetention},
		{"entra", func(s *Settings) any { return s.Entra }, checkEntra},
		{"schemas", func(s *Settings) any { return s.Schemas }, checkSchemas},
		{"connector", func(s *Settings) any { return s.Connector }, checkConnector},
		{"webhook", func(s *Settings) any { return s.Webhook }, checkWebhook},
	}
}

// Apply makes a change.
func (c SettingsChange) Apply(s *Settings) {
	set(&s.Name, c.Name)
	set(&s.Country, c.Country)
	set(&s.Domains, c.Domains)
	set(&s.MasterAdmin, c.MasterAdmin)
	set(&s.Deputies, c.Deputies)
	set(&s.DefaultRole, c.DefaultRole)
	set(&s.ScimOff, c.ScimOff)
	set(&s.Strict, c.Strict)
	set(&s.Suspended, c.Suspended)
	set(&s.RetentionDays, c.RetentionDays)
	set(&s.Entra, c.Entra)
	set(&s.Schemas, c.Schemas)
	set(&s.UserCap, c.UserCap)
	if c.Connector != nil {
		s.Connector = c.Connector.Keeping(s.Connector)
	}
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Change lets edit change a copy of the settings and checks what it touched. It
// returns them and the names of those that are no longer as they were. What is
// refused is fault.InvalidValue, and nothing changes.
func (s Settings) Change(countries []string, now time.Time, edit func(*Settings) error) (Settings, []string, error) {
	if !s.Deleting.IsZero() {
		return s, nil, fault.New(fault.TenantClosed, "the tenant %s is being deleted; its settings no longer change", s.ID)
	}
	after := s
	after.Roles, after.Mappings = slices.Clone(s.Roles), slices.Clone(s.Mappings)
	if err := edit(&after); err != nil {
		return s, nil, err
	}
	changed := s.differences(&after)
	for _, one := range settings() {
		if !slices.Contains(changed, one.name) {
			continue
		}
		if err := one.check(&after, countries); err != nil {
			return s, nil, err
		}
	}
	if changed = s.differences(&after); len(changed) > 0 {
		after.Modified = now.UTC()
	}
	return after, changed, nil
}

// differences names the settings that differ.
func (s *Settings) differences(other *Settings) []string {
	var names []string
	for _, one := range settings() {
		if !bytes.Equal(fingerprint(one.value(s)), fingerprint(one.value(other))) {
			names = append(names, one.name)
		}
	}
	return names
}

// printSize is how many bytes of a hash stand for one setting: of a million
// changes, one in seventeen would go unnoticed.
const printSize = 3

func fingerprint(value any) []byte {
	text, _ := json.Marshal(value) // strings, numbers and lists of them: it cannot fail
	if string(text) == "null" {
		text = []byte("[]") // a list that is absent is empty
	}
	sum := sha256.Sum256(text)
	return sum[:printSize]
}

// Version names the settings as they are, with a part for each, so that of two
// versions one can tell in which settings they differ.
func (s *Settings) Version() string {
	var parts []byte
	for _, one := range settings() {
		parts = append(parts, fingerprint(one.value(s))...)
	}
	return base64.RawURLEncoding.EncodeToString(parts)
}

// CheckVersion is fault.VersionMismatch, with the names of the settings that have
// changed, unless the settings are as they were in a version. "" and "*" are any.
func (s *Settings) CheckVersion(version string) error {
	if version == "" || version == "*" || version == s.Version() {
		return nil
	}
	all := settings()
	parts, err := base64.RawURLEncoding.DecodeString(version)
	if err != nil || len(parts) != printSize*len(all) {
		return fault.New(fault.VersionMismatch, "If-Match names no version of this tenant's settings; read them again and send their ETag")
	}
	var changed []string
	for i, one := range all {
		if !bytes.Equal(parts[i*printSize:(i+1)*printSize], fingerprint(one.value(s))) {
			changed = append(changed, one.name)
		}
	}
	return fault.New(fault.VersionMismatch, "somebody else has changed %s of the tenant %s meanwhile; read the settings again, and then change them", strings.Join(changed, ", "), s.ID)
}
