package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// userView is a user as /manage/v1 shows it.
type userView struct {
	ID          string   `json:"id"`
	UserName    string   `json:"userName"`
	ExternalID  string   `json:"externalId"`
	Active      bool     `json:"active"`
	Role        string   `json:"role"`
	Permissions []string `json:"permissions"`
	Source      string   `json:"source"`
	Group       string   `json:"group"`
	Lock        *struct {
		Reason string    `json:"reason"`
		By     string    `json:"by"`
		At     time.Time `json:"at"`
	} `json:"lock"`
	Modified time.Time `json:"modified"`
}

// lock is why, by whom and since when the role is locked.
func (u *userView) lock() string {
	if u.Lock == nil {
		return "no"
	}
	return u.Lock.Reason + ", by " + u.Lock.By + ", " + u.Lock.At.UTC().Format(time.DateTime)
}

func userPath(tenant, id string) string {
	return tenantPath(tenant) + "/users/" + url.PathEscape(id)
}

// manageUser is the client and the id of a user who is named by id or userName.
func (m *Main) manageUser(ctx context.Context, tenant, user string) (*client, string, error) {
	manage, err := m.manageClient()
	if err != nil {
		return nil, "", err
	}
	id, err := manage.userID(ctx, tenant, user)
	return manage, id, err
}

// userID is a user's id, for an id or a userName.
func (c *client) userID(ctx context.Context, tenant, user string) (string, error) {
	if _, ok := directory.ParseID(user); ok {
		return user, nil
	}
	var found struct {
		Users []userView `json:"users"`
	}
	if _, err := c.call(ctx, http.MethodGet, tenantPath(tenant)+"/users?userName="+url.QueryEscape(user), nil, &found); err != nil {
		return "", err
	}
	if len(found.Users) == 0 {
		return "", fault.New(fault.NotFound, "the tenant has no user with this id or userName; \"user list %s\" shows them", tenant)
	}
	return found.Users[0].ID, nil
}

type userListCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run lists the users with their roles.
func (c *userListCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var users []userView
	answer, err := manage.list(ctx, tenantPath(c.Tenant)+"/users", "users", "after", &users)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	rows := make([][]string, 0, len(users))
	for _, u := range users {
		rows = append(rows, []string{u.ID, u.UserName, u.Role, u.Source})
	}
	return printTable(m.Stdout, []string{"USER", "USERNAME", "ROLE", "FROM"}, rows)
}

type userShowCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	User   string `arg:"" help:"Id or userName of the user."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run shows one user.
func (c *userShowCommand) Run(ctx context.Context, m *Main) error {
	manage, id, err := m.manageUser(ctx, c.Tenant, c.User)
	if err != nil {
		return err
	}
	var person userView
	answer, err := manage.call(ctx, http.MethodGet, userPath(c.Tenant, id), nil, &person)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	return m.printUser(person)
}

func (m *Main) printUser(u userView) error {
	return printFields(m.Stdout, [][2]string{
		{"User", u.ID},
		{"userName", u.UserName},
		{"externalId", u.ExternalID},
		{"Active", strconv.FormatBool(u.Active)},
		{"Role", u.Role},
		{"Role is from", strings.TrimSpace(u.Source + " " + u.Group)},
		{"Permissions", strings.Join(u.Permissions, ", ")},
		{"Role is locked", u.lock()},
		{"Changed (UTC)", u.Modified.UTC().Format(time.DateTime)},
	})
}

// groupView is a group as /manage/v1 shows it.
type groupView struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Members     int    `json:"members"`
	Role        string `json:"role"`
	Position    int    `json:"position"`
}

type groupListCommand struct {
	Tenant   string `arg:"" help:"Id of the tenant."`
	Unmapped bool   `help:"Only groups that are not mapped to a role yet."`
	JSON     bool   `name:"json" help:"Print the answer as JSON."`
}

// Run lists the groups that were pushed, with the roles that they give.
func (c *groupListCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	path := tenantPath(c.Tenant) + "/groups"
	if c.Unmapped {
		path += "?unmapped=true"
	}
	var groups []groupView
	answer, err := manage.list(ctx, path, "groups", "after", &groups)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	rows := make([][]string, 0, len(groups))
	for _, g := range groups {
		order := ""
		if g.Position > 0 {
			order = strconv.Itoa(g.Position)
		}
		rows = append(rows, []string{g.ID, g.DisplayName, strconv.Itoa(g.Members), g.Role, order})
	}
	return printTable(m.Stdout, []string{"GROUP", "NAME", "MEMBERS", "ROLE", "ORDER"}, rows)
}
