package manageapi

import (
	"encoding/json"
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/edge/exchange"
	"handover/handler/rule/admin"
)

// tenantSettings is a tenant on the wire.
type tenantSettings struct {
	ID          string                  `json:"id"`
	Name        string                  `json:"name"`
	Country     string                  `json:"country"`
	Domains     []string                `json:"domains"`
	MasterAdmin string                  `json:"masterAdmin,omitempty"`
	Deputies    []string                `json:"deputies,omitempty"`
	DefaultRole string                  `json:"defaultRole,omitempty"`
	Roles       []directory.Role        `json:"roles,omitempty"`
	Mappings    []directory.RoleMapping `json:"mappings,omitempty"`
	ScimOff     bool                    `json:"scimOff"`
	Strict      bool                    `json:"strict"`
	Suspended   bool                    `json:"suspended"`
	// RetentionDays is how long activity and journal are kept.
	RetentionDays int               `json:"retentionDays,omitempty"`
	Entra         *entraView        `json:"entra,omitempty"`
	Connector     *connectorView    `json:"connector,omitempty"`
	Webhook       *webhookView      `json:"webhook,omitempty"`
	Schemas       []json.RawMessage `json:"schemas,omitempty"`
	// Deleting is when the deletion began.
	Deleting  *time.Time `json:"deleting,omitempty"`
	TenantURL string     `json:"tenantUrl"`
	Created   time.Time  `json:"created"`
	Modified  time.Time  `json:"modified"`
}

// tenantOverview is a tenant with its numbers.
type tenantOverview struct {
	tenantSettings
	Users       int64 `json:"users"`
	ActiveUsers int64 `json:"activeUsers"`
	Groups      int64 `json:"groups"`
	// UserCap is null when there is none.
	UserCap *int64 `json:"userCap"`
	healthView
	// Version names the settings as they are, for If-Match.
	Version string `json:"version"`
	// Deletion is how far it is.
	Deletion *deletionView `json:"deletion,omitempty"`
}

// tenantEntry is a tenant in a list.
type tenantEntry struct {
	tenantSettings
	healthView
}

// tenantPage is one page of a list of tenants.
type tenantPage struct {
	Tenants []tenantEntry `json:"tenants"`
	Next    string        `json:"next,omitempty"`
}

// deletionView counts the rows of a tenant that is being deleted.
type deletionView struct {
	Rows    int64 `json:"rows"`
	Removed int64 `json:"removed"`
	// Empty says that all are gone; the id is free again a few minutes later.
	Empty bool `json:"empty"`
}

func (a api) settings(r *http.Request, t directory.Tenant) tenantSettings {
	return tenantSettings{
		ID: t.ID, Name: t.Name, Country: t.Country, Domains: t.Domains,
		MasterAdmin: t.MasterAdmin, Deputies: t.Deputies,
		DefaultRole: t.DefaultRole, Roles: t.Roles, Mappings: t.Mappings,
		ScimOff: t.ScimOff, Strict: t.Strict, Suspended: t.Suspended,
		RetentionDays: t.RetentionDays, Entra: entraOf(t.Entra), Connector: connectorOf(t.Connector), Webhook: webhookOf(t.Webhook, a.Exchange.Now()),
		Schemas: t.Schemas, Deleting: present(t.Deleting), TenantURL: a.tenantURL(r, t.ID),
		Created: t.Created, Modified: t.Modified,
	}
}

func (a api) overview(r *http.Request, o admin.Overview) tenantOverview {
	shown := tenantOverview{
		tenantSettings: a.settings(r, o.Tenant),
		Users:          o.Counters.Users, ActiveUsers: o.Counters.Active, Groups: o.Counters.Groups,
	}
	if o.Counters.Cap != directory.Unlimited {
		shown.UserCap = &o.Counters.Cap
	}
	settings := o.Settings()
	shown.Version = settings.Version()
	if !o.Tenant.Deleting.IsZero() {
		shown.Deletion = &deletionView{o.Purge.Rows, o.Purge.Removed, o.Purge.Empty}
	}
	return shown
}

// tenantURL is what the customer pastes into the directory as Tenant URL.
func (a api) tenantURL(r *http.Request, tenant string) string {
	return a.BaseURL(r) + "/scim/" + tenant + "/v2"
}

// tokenURL is where the directory gets access tokens.
func (a api) tokenURL(r *http.Request, tenant string) string {
	return a.BaseURL(r) + "/oauth2/" + tenant + "/token"
}

// appURL is where the business application finds its tenant.
func (a api) appURL(r *http.Request, tenant string) string {
	return a.BaseURL(r) + "/app/v1/" + tenant
}

func (a api) createTenant(w http.ResponseWriter, r *http.Request) error {
	var t directory.Tenant
	var userCap *uint32
	if err := body(w, r,
		exchange.Text("id", &t.ID, "acme"),
		exchange.Text("name", &t.Name, "Acme Inc"),
		exchange.Text("country", &t.Country, "US"),
		exchange.Texts("domains", &t.Domains, "acme.com"),
		exchange.Count("userCap", &userCap, 50),
		exchange.Text("masterAdmin", &t.MasterAdmin, "ann@acme.com"),
		exchange.Texts("deputies", &t.Deputies, "bob@acme.com"),
		exchange.Text("defaultRole", &t.DefaultRole, "Sales"),
	); err != nil {
		return err
	}
	most := int64(directory.Unlimited)
	if userCap != nil {
		most = int64(*userCap)
	}
	created, err := a.Admin.CreateTenant(r.Context(), by(r), t, most)
	if err != nil {
		return err
	}
	exchange.LineOf(r.Context()).Tenant = created.Tenant.ID
	w.Header().Set("Location", a.BaseURL(r)+"/manage/v1/tenants/"+created.Tenant.ID)
	return a.answerTenant(w, r, http.StatusCreated, created)
}

func (a api) showTenant(w http.ResponseWriter, r *http.Request) error {
	shown, err := a.Admin.Tenant(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return err
	}
	return a.answerTenant(w, r, http.StatusOK, shown)
}

func (a api) listTenants(w http.ResponseWriter, r *http.Request) error {
	limit, err := exchange.Limit(r)
	if err != nil {
		return err
	}
	tenants, next, err := a.Admin.ListTenants(r.Context(), r.URL.Query().Get("after"), limit)
	if err != nil {
		return err
	}
	ids := make([]string, len(tenants))
	for i, t := range tenants {
		ids[i] = t.ID
	}
	healths, err := a.History.Healths(r.Context(), ids)
	if err != nil {
		return err
	}
	list := tenantPage{Tenants: make([]tenantEntry, len(tenants)), Next: next}
	for i, t := range tenants {
		list.Tenants[i] = tenantEntry{a.settings(r, t), healthOf(healths[i])}
	}
	return exchange.JSON(w, http.StatusOK, list)
}
