package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// rolesView is a tenant's roles as /manage/v1 shows them.
type rolesView struct {
	Roles []struct {
		Name        string   `json:"name"`
		Permissions []string `json:"permissions"`
	} `json:"roles"`
	DefaultRole string `json:"defaultRole"`
	Mappings    []struct {
		Position  int    `json:"position"`
		Group     string `json:"group"`
		GroupName string `json:"groupName"`
		Role      string `json:"role"`
	} `json:"mappings"`
}

// roles sends a request about roles and prints all of them as they are then.
func (m *Main) roles(ctx context.Context, method, path string, body any, asJSON bool) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var got rolesView
	answer, err := manage.call(ctx, method, path, body, &got)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(m.Stdout, answer)
	}
	return m.printRoles(got)
}

func (m *Main) printRoles(got rolesView) error {
	rows := make([][]string, 0, len(got.Roles))
	for _, r := range got.Roles {
		isDefault := ""
		if r.Name == got.DefaultRole {
			isDefault = "yes"
		}
		rows = append(rows, []string{r.Name, isDefault, strings.Join(r.Permissions, ", ")})
	}
	if err := printTable(m.Stdout, []string{"ROLE", "DEFAULT", "PERMISSIONS"}, rows); err != nil || len(got.Mappings) == 0 {
		return err
	}
	fmt.Fprintln(m.Stdout)
	rows = rows[:0]
	for _, g := range got.Mappings {
		name := g.GroupName
		if name == "" {
			name = "(deleted)"
		}
		rows = append(rows, []string{strconv.Itoa(g.Position), g.Group, name, g.Role})
	}
	return printTable(m.Stdout, []string{"ORDER", "GROUP", "NAME", "ROLE"}, rows)
}

type roleListCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run lists roles, and the mappings in their order.
func (c *roleListCommand) Run(ctx context.Context, m *Main) error {
	return m.roles(ctx, http.MethodGet, tenantPath(c.Tenant)+"/roles", nil, c.JSON)
}

type roleSetCommand struct {
	Tenant     string   `arg:"" help:"Id of the tenant."`
	Role       string   `arg:"" help:"Name of the role, as in Sales."`
	Permission []string `help:"What it permits, as in quotes.write; repeat the flag for all."`
	JSON       bool     `name:"json" help:"Print the answer as JSON."`
}

// Run adds a role, or gives one other permissions.
func (c *roleSetCommand) Run(ctx context.Context, m *Main) error {
	return m.roles(ctx, http.MethodPut, rolePath(c.Tenant, c.Role), map[string]any{"permissions": c.Permission}, c.JSON)
}

func rolePath(tenant, role string) string {
	return tenantPath(tenant) + "/roles/" + url.PathEscape(role)
}

type roleRemoveCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	Role   string `arg:"" help:"Name of the role."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run takes a role out that no mapping names.
func (c *roleRemoveCommand) Run(ctx context.Context, m *Main) error {
	return m.roles(ctx, http.MethodDelete, rolePath(c.Tenant, c.Role), nil, c.JSON)
}

type roleMapCommand struct {
	Tenant   string `arg:"" help:"Id of the tenant."`
	Group    string `arg:"" help:"Id of the group, as group list shows it."`
	Role     string `arg:"" help:"Role of its members."`
	Position int    `help:"Place among the mappings, from 1: the first that matches wins. Without it, a new one is last."`
	JSON     bool   `name:"json" help:"Print the answer as JSON."`
}

// Run maps a group to a role.
func (c *roleMapCommand) Run(ctx context.Context, m *Main) error {
	body := map[string]any{"role": c.Role, "position": c.Position}
	return m.roles(ctx, http.MethodPut, mappingPath(c.Tenant, c.Group), body, c.JSON)
}

func mappingPath(tenant, group string) string {
	return tenantPath(tenant) + "/mappings/" + url.PathEscape(group)
}

type roleUnmapCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	Group  string `arg:"" help:"Id of the group."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run takes a group's mapping out.
func (c *roleUnmapCommand) Run(ctx context.Context, m *Main) error {
	return m.roles(ctx, http.MethodDelete, mappingPath(c.Tenant, c.Group), nil, c.JSON)
}

type roleDefaultCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	Role   string `arg:"" help:"Role of whoever no mapping matches, or none."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run names the default role.
func (c *roleDefaultCommand) Run(ctx context.Context, m *Main) error {
	return m.changeTenant(ctx, c.Tenant, "", settings{"defaultRole": unlessNone(c.Role)}, c.JSON)
}

type roleLockCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	User   string `arg:"" help:"Id or userName of the user."`
	Role   string `arg:"" help:"Role that the user keeps, whatever groups and mappings say."`
	Reason string `required:"" help:"Why."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run locks a user's role.
func (c *roleLockCommand) Run(ctx context.Context, m *Main) error {
	return m.lock(ctx, http.MethodPut, c.Tenant, c.User, map[string]string{"role": c.Role, "reason": c.Reason}, c.JSON)
}

type roleUnlockCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	User   string `arg:"" help:"Id or userName of the user."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run takes the lock of a user's role away.
func (c *roleUnlockCommand) Run(ctx context.Context, m *Main) error {
	return m.lock(ctx, http.MethodDelete, c.Tenant, c.User, nil, c.JSON)
}

func (m *Main) lock(ctx context.Context, method, tenant, user string, body any, asJSON bool) error {
	manage, id, err := m.manageUser(ctx, tenant, user)
	if err != nil {
		return err
	}
	var person userView
	answer, err := manage.call(ctx, method, userPath(tenant, id)+"/role-lock", body, &person)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(m.Stdout, answer)
	}
	return m.printUser(person)
}
