package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"

	"handover/handler/core/fault"
)

// none, as the value of a flag, takes a setting away.
const none = "none"

// settings is what a change asks for: only the fields that were given.
type settings map[string]any

// changeTenant sends a change of settings; version, if any, is the one that
// the operator has seen.
func (m *Main) changeTenant(ctx context.Context, tenant, version string, change settings, asJSON bool) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var changed tenantView
	answer, err := manage.matching(version).call(ctx, http.MethodPatch, tenantPath(tenant), change, &changed)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(m.Stdout, answer)
	}
	return m.printTenant(changed)
}

type tenantChangeCommand struct {
	Tenant        string         `arg:"" help:"Id of the tenant."`
	Name          *string        `help:"Name of the customer."`
	Country       *string        `help:"Country of the customer, two letters."`
	Domain        []string       `help:"Verified domain; repeat the flag for all there shall be, '*' for no check."`
	UserCap       *string        `help:"Most active users there may be, or none."`
	MasterAdmin   *string        `help:"userName of who receives leavers' records, or none."`
	Deputy        []string       `help:"userName of who receives in the Master Admin's place; repeat the flag for all in their order, or none."`
	Strict        *bool          `negatable:"" help:"Keep to the RFC where clients are known not to; --no-strict is the default."`
	RetentionDays *int           `help:"How long activity and journal are kept."`
	EntraTenant   *string        `help:"GUID of the customer's directory in Entra ID, whose tokens count, or none."`
	EntraApp      []string       `help:"GUID of an application that they must come from; repeat the flag for more."`
	EntraSubject  string         `help:"GUID of the object that they must be issued to."`
	Schemas       string         `type:"existingfile" help:"File with a JSON list of the tenant's own schemas."`
	Connector     connectorFlags `embed:"" prefix:"connector-"`
	IfVersion     string         `help:"Change nothing if somebody else has changed the settings since this version, which \"tenant show --json\" prints."`
	JSON          bool           `name:"json" help:"Print the answer as JSON."`
}

// Run changes settings, whole or not at all.
func (c *tenantChangeCommand) Run(ctx context.Context, m *Main) error {
	change, err := c.change()
	if err != nil {
		return err
	}
	if len(change) == 0 {
		return fault.New(fault.InvalidValue, "nothing to change: give at least one setting, for example --user-cap 50")
	}
	return m.changeTenant(ctx, c.Tenant, c.IfVersion, change, c.JSON)
}

func (c *tenantChangeCommand) change() (settings, error) {
	change := settings{}
	given(change, "name", c.Name)
	given(change, "country", c.Country)
	given(change, "strict", c.Strict)
	given(change, "retentionDays", c.RetentionDays)
	if c.MasterAdmin != nil {
		change["masterAdmin"] = unlessNone(*c.MasterAdmin)
	}
	if len(c.Domain) > 0 {
		change["domains"] = c.Domain
	}
	if len(c.Deputy) > 0 {
		change["deputies"] = c.Deputy
		if len(c.Deputy) == 1 && c.Deputy[0] == none {
			change["deputies"] = []string{}
		}
	}
	if err := errors.Join(c.userCap(change), c.Connector.into(change)); err != nil {
		return nil, err
	}
	return change, c.binding(change)
}

// given takes a flag over that was used.
func given[T any](change settings, name string, value *T) {
	if value != nil {
		change[name] = *value
	}
}

// unlessNone is a flag's value, or "" if it takes the setting away.
func unlessNone(value string) string {
	if value == none {
		return ""
	}
	return value
}

func (c *tenantChangeCommand) userCap(change settings) error {
	switch {
	case c.UserCap == nil:
	case *c.UserCap == none:
		change["userCap"] = nil
	default:
		most, err := strconv.ParseUint(*c.UserCap, 10, 32)
		if err != nil {
			return fault.New(fault.InvalidValue, "--user-cap must be a whole number from 0 on, or none, for example --user-cap 50")
		}
		change["userCap"] = most
	}
	return nil
}

// binding reads the flags about Entra and the file with schemas.
func (c *tenantChangeCommand) binding(change settings) error {
	switch {
	case c.EntraTenant != nil && *c.EntraTenant == none:
		change["entra"] = map[string]any{"tenantId": ""}
	case c.EntraTenant != nil:
		change["entra"] = map[string]any{"tenantId": *c.EntraTenant, "appIds": c.EntraApp, "subject": c.EntraSubject}
	case len(c.EntraApp) > 0 || c.EntraSubject != "":
		return fault.New(fault.InvalidValue, "--entra-app and --entra-subject need --entra-tenant: the three are set together")
	}
	if c.Schemas == "" {
		return nil
	}
	text, err := os.ReadFile(c.Schemas)
	if err != nil || !json.Valid(text) {
		return fault.New(fault.InvalidValue, "%s must be a file with a JSON list of schemas (RFC 7643 §7)", c.Schemas).WithCause(err)
	}
	change["schemas"] = json.RawMessage(text)
	return nil
}

type tenantSuspendCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run refuses every request of the tenant's directory and application.
func (c *tenantSuspendCommand) Run(ctx context.Context, m *Main) error {
	return m.changeTenant(ctx, c.Tenant, "", settings{"suspended": true}, c.JSON)
}

type tenantResumeCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run lets a suspended tenant in again.
func (c *tenantResumeCommand) Run(ctx context.Context, m *Main) error {
	return m.changeTenant(ctx, c.Tenant, "", settings{"suspended": false}, c.JSON)
}

type tenantScimCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	Switch string `arg:"" enum:"on,off" help:"on or off."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run switches SCIM on or off.
func (c *tenantScimCommand) Run(ctx context.Context, m *Main) error {
	return m.changeTenant(ctx, c.Tenant, "", settings{"scimOff": c.Switch == "off"}, c.JSON)
}
