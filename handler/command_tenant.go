package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// tenantView is a tenant as /manage/v1 shows it.
type tenantView struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Country     string   `json:"country"`
	Domains     []string `json:"domains"`
	UserCap     *int64   `json:"userCap"`
	MasterAdmin string   `json:"masterAdmin"`
	Deputies    []string `json:"deputies"`
	TenantURL   string   `json:"tenantUrl"`
	Users       int64    `json:"users"`
	ActiveUsers int64    `json:"activeUsers"`
	Groups      int64    `json:"groups"`
	ScimOff     bool     `json:"scimOff"`
	Strict      bool     `json:"strict"`
	Suspended   bool     `json:"suspended"`
	DefaultRole string   `json:"defaultRole"`
	Retention   int      `json:"retentionDays"`
	Entra       struct {
		TenantID string   `json:"tenantId"`
		AppIDs   []string `json:"appIds"`
		Subject  string   `json:"subject"`
	} `json:"entra"`
	Connector struct {
		URL  string `json:"url"`
		Auth string `json:"auth"`
	} `json:"connector"`
	Webhook     webhookView `json:"webhook"`
	Health      string      `json:"health"`
	HealthSince *time.Time  `json:"healthSince"`
	LastContact *time.Time  `json:"lastContact"`
	Deleting    *time.Time  `json:"deleting"`
	Deletion    *struct {
		Rows    int64 `json:"rows"`
		Removed int64 `json:"removed"`
		Empty   bool  `json:"empty"`
	} `json:"deletion"`
}

// health is how provisioning goes, and since when if it does not.
func (t *tenantView) health() string {
	if t.HealthSince == nil {
		return t.Health
	}
	return t.Health + " since " + t.HealthSince.UTC().Format(time.DateTime) + " (UTC)"
}

// deleted tells whether nothing of the tenant is left but its id.
func (t *tenantView) deleted() bool { return t.Deletion == nil || t.Deletion.Empty }

// state is how the tenant stands, in words.
func (t *tenantView) state() string {
	switch {
	case t.Deletion != nil:
		return fmt.Sprintf("being deleted, %d of %d rows are gone", t.Deletion.Removed, t.Deletion.Rows)
	case t.Deleting != nil:
		return "being deleted"
	case t.Suspended:
		return "suspended"
	case t.ScimOff:
		return "SCIM is off"
	}
	return "open"
}

// dialect is how strictly SCIM is read.
func (t *tenantView) dialect() string {
	if t.Strict {
		return "strict"
	}
	return "lenient"
}

// records is who keeps the records.
func (t *tenantView) records() string {
	if t.Connector.URL == "" {
		return "in Handover"
	}
	return "in " + t.Connector.URL + " (" + t.Connector.Auth + ")"
}

// cap is the cap in words.
func (t *tenantView) cap() string {
	if t.UserCap == nil || *t.UserCap < 0 {
		return "none"
	}
	return strconv.FormatInt(*t.UserCap, 10)
}

// newTenant is what creates a tenant.
type newTenant struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Country     string   `json:"country"`
	Domains     []string `json:"domains"`
	UserCap     *int64   `json:"userCap,omitempty"`
	MasterAdmin string   `json:"masterAdmin,omitempty"`
	Deputies    []string `json:"deputies,omitempty"`
}

type tenantCreateCommand struct {
	ID          string   `arg:"" help:"Id of the tenant: a-z, 0-9 and \"-\", at most 64."`
	Name        string   `required:"" help:"Name of the customer, as in \"Acme Inc\"."`
	Country     string   `required:"" help:"Country of the customer, two letters."`
	Domain      []string `required:"" help:"Verified domain; repeat the flag for more, '*' for no check."`
	UserCap     *int64   `help:"Most active users there may be; no cap without it."`
	MasterAdmin string   `help:"userName of who receives leavers' records; may be provisioned later."`
	Deputy      []string `help:"userName of who receives in the Master Admin's place; repeat the flag for more."`
	JSON        bool     `name:"json" help:"Print the answer as JSON."`
}

// Run creates the tenant.
func (c *tenantCreateCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var created tenantView
	answer, err := manage.call(ctx, http.MethodPost, "/tenants", newTenant{
		ID: c.ID, Name: c.Name, Country: c.Country, Domains: c.Domain, UserCap: c.UserCap,
		MasterAdmin: c.MasterAdmin, Deputies: c.Deputy,
	}, &created)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	return m.printTenant(created)
}

type tenantListCommand struct {
	JSON bool `name:"json" help:"Print the answer as JSON."`
}

// Run lists the tenants.
func (c *tenantListCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var tenants []tenantView
	answer, err := manage.list(ctx, "/tenants", "tenants", "after", &tenants)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	rows := make([][]string, 0, len(tenants))
	for _, t := range tenants {
		rows = append(rows, []string{t.ID, t.state(), t.Name, t.Country, strings.Join(t.Domains, ", "), t.MasterAdmin, t.health()})
	}
	return printTable(m.Stdout, []string{"TENANT", "STATE", "NAME", "COUNTRY", "DOMAINS", "MASTER ADMIN", "PROVISIONING"}, rows)
}

type tenantShowCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run shows one tenant.
func (c *tenantShowCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var shown tenantView
	answer, err := manage.call(ctx, http.MethodGet, tenantPath(c.Tenant), nil, &shown)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	return m.printTenant(shown)
}

func (m *Main) printTenant(t tenantView) error {
	return printFields(m.Stdout, [][2]string{
		{"Tenant", t.ID},
		{"State", t.state()},
		{"Name", t.Name},
		{"Country", t.Country},
		{"Verified domains", strings.Join(t.Domains, ", ")},
		{"User cap", t.cap()},
		{"Active users", strconv.FormatInt(t.ActiveUsers, 10)},
		{"Users", strconv.FormatInt(t.Users, 10)},
		{"Groups", strconv.FormatInt(t.Groups, 10)},
		{"Master Admin", t.MasterAdmin},
		{"Deputies", strings.Join(t.Deputies, ", ")},
		{"Default role", t.DefaultRole},
		{"SCIM is read", t.dialect()},
		{"Retention", strconv.Itoa(t.Retention) + " days"},
		{"Entra tenant", t.Entra.TenantID},
		{"Records", t.records()},
		{"Webhook", t.Webhook.words()},
		{"Provisioning", t.health()},
		{"Last contact (UTC)", when(t.LastContact, time.DateTime, "never")},
		{"Tenant URL", t.TenantURL},
	})
}

// tenantPath is a tenant's place in /manage/v1.
func tenantPath(tenant string) string { return "/tenants/" + url.PathEscape(tenant) }
