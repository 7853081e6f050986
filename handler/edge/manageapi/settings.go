package manageapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/rule/admin"
)

// entraView is what tokens of Entra ID must bear, on the wire.
type entraView struct {
	TenantID string   `json:"tenantId"`
	AppIDs   []string `json:"appIds,omitempty"`
	Subject  string   `json:"subject,omitempty"`
}

// entraOf leaves an empty binding out.
func entraOf(b directory.EntraBinding) *entraView {
	if b.IsZero() {
		return nil
	}
	return &entraView{b.TenantID, b.AppIDs, b.Subject}
}

// userCap is a cap as a change has it: a number, or null for none.
type userCap struct {
	given bool
	most  int64
}

// UnmarshalJSON implements json.Unmarshaler; unlike other fields null is a value.
func (c *userCap) UnmarshalJSON(text []byte) error {
	c.given, c.most = true, directory.Unlimited
	if string(text) == "null" {
		return nil
	}
	var most uint32
	err := json.Unmarshal(text, &most)
	c.most = int64(most)
	return err
}

func (a api) changeTenant(w http.ResponseWriter, r *http.Request) error {
	var change directory.SettingsChange
	var most userCap
	var entra *entraView
	var connector *newConnector
	if err := body(w, r,
		exchange.Value("name", &change.Name, "a string", `"Acme Inc"`),
		exchange.Value("country", &change.Country, "a string", `"US"`),
		exchange.Value("domains", &change.Domains, "a list of strings", `["acme.com"]`),
		exchange.Value("userCap", &most, "a whole number from 0 to 4294967295, or null for no cap", "50"),
		exchange.Value("masterAdmin", &change.MasterAdmin, "a string", `"ann@acme.com"`),
		exchange.Value("deputies", &change.Deputies, "a list of strings", `["bob@acme.com"]`),
		exchange.Value("defaultRole", &change.DefaultRole, "a string", `"Sales"`),
		exchange.Value("scimOff", &change.ScimOff, "true or false", "false"),
		exchange.Value("strict", &change.Strict, "true or false", "false"),
		exchange.Value("suspended", &change.Suspended, "true or false", "false"),
		exchange.Value("retentionDays", &change.RetentionDays, "a whole number", "365"),
		exchange.Value("entra", &entra, "an object of tenantId, appIds and subject", `{"tenantId": "72f988bf-86f1-41af-91ab-2d7cd011db47"}`),
		exchange.Value("connector", &connector, "an object of kind, url, types, auth, secret, tokenUrl, clientId and scope", `{"kind": "builtin"}`),
		exchange.Value("schemas", &change.Schemas, "a list of schema definitions (RFC 7643 §7)", "[]"),
	); err != nil {
		return err
	}
	if most.given {
		change.UserCap = &most.most
	}
	if entra != nil {
		change.Entra = &directory.EntraBinding{TenantID: entra.TenantID, AppIDs: entra.AppIDs, Subject: entra.Subject}
	}
	connector.into(&change)
	changed, err := a.Admin.ChangeTenant(r.Context(), by(r), r.PathValue("tenant"), match(r), change)
	if err != nil {
		return err
	}
	return a.answerTenant(w, r, http.StatusOK, changed)
}

func (a api) deleteTenant(w http.ResponseWriter, r *http.Request) error {
	deleting, err := a.Admin.DeleteTenant(r.Context(), by(r), r.PathValue("tenant"), match(r), r.URL.Query().Get("confirm"))
	if err != nil {
		return err
	}
	return a.answerTenant(w, r, http.StatusAccepted, deleting)
}

func (a api) answerTenant(w http.ResponseWriter, r *http.Request, status int, o admin.Overview) error {
	health, err := a.History.Health(r.Context(), o.Tenant.ID)
	if err != nil {
		return err
	}
	shown := a.overview(r, o)
	shown.healthView = healthOf(health)
	version(w, o)
	return exchange.JSON(w, status, shown)
}

// version sends the version of a tenant's settings, which If-Match may name.
func version(w http.ResponseWriter, o admin.Overview) {
	settings := o.Settings()
	w.Header().Set("ETag", `"`+settings.Version()+`"`)
}

// match is the version that If-Match names; "" for any.
func match(r *http.Request) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(r.Header.Get("If-Match")), "W/"), `"`)
}

// by is the operator, as the activity names them.
func by(r *http.Request) string { return exchange.LineOf(r.Context()).Actor }

// ownedByDirectory refuses what SCIM alone may change, and says where.
func ownedByDirectory(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.DirectoryOwned, "users and groups come from the customer's directory and are changed there alone; here one changes role locks, mappings and settings")
}
