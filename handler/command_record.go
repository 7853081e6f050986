package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// appFlags are what the commands have in common that speak as the business
// application does.
type appFlags struct {
	Tenant  string `arg:"" help:"Id of the tenant."`
	KeyFile string `placeholder:"FILE" help:"File with the app key, in place of HANDOVER_APP_KEY."`
	JSON    bool   `name:"json" help:"Print the answer as JSON."`
}

// appClient is the client of the tenant's /app/v1.
func (c *appFlags) appClient(m *Main) (*client, error) {
	environment := m.Env
	if c.KeyFile != "" {
		text, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return nil, fault.New(fault.SettingsInvalid, "the file %s with the app key cannot be read", c.KeyFile).WithCause(err)
		}
		environment = append(slices.Clone(m.Env), "HANDOVER_APP_KEY="+strings.TrimSpace(string(text)))
	}
	settings, err := readSettings(environment, "app")
	if err != nil {
		return nil, err
	}
	return newClient(strings.TrimSuffix(settings.URL, "/")+"/app/v1/"+url.PathEscape(c.Tenant), settings.AppKey, 2), nil
}

// ownerID is a user's id, for an id or a userName.
func (c *client) ownerID(ctx context.Context, user string) (string, error) {
	if _, ok := directory.ParseID(user); ok {
		return user, nil
	}
	var found struct {
		ID string `json:"id"`
	}
	_, err := c.call(ctx, http.MethodGet, "/access?userName="+url.QueryEscape(user), nil, &found)
	if fault.Is(err, fault.NotFound) {
		return "", fault.New(fault.NotFound, "owner: the tenant has no user with this id or userName")
	}
	return found.ID, err
}

// recordFlags name one record.
type recordFlags struct {
	appFlags
	Type string `arg:"" help:"Type of the record, as in quote."`
	ID   string `arg:"" help:"Id of the record, as in Q-1001."`
}

func (c *recordFlags) path() string {
	return "/records/" + url.PathEscape(c.Type) + "/" + url.PathEscape(c.ID)
}

type recordPutCommand struct {
	recordFlags
	Owner  string `required:"" help:"Id or userName of the owner, who must be active if the record is open."`
	Title  string `help:"What people call it, 1,024 bytes at most."`
	Status string `default:"open" help:"open or closed."`
}

// Run creates or replaces a record.
func (c *recordPutCommand) Run(ctx context.Context, m *Main) error {
	app, err := c.appClient(m)
	if err != nil {
		return err
	}
	owner, err := app.ownerID(ctx, c.Owner)
	if err != nil {
		return err
	}
	body := map[string]string{"owner": owner, "title": c.Title, "status": c.Status}
	return c.show(ctx, m, app, http.MethodPut, body)
}

type recordGetCommand struct{ recordFlags }

// Run shows one record.
func (c *recordGetCommand) Run(ctx context.Context, m *Main) error {
	app, err := c.appClient(m)
	if err != nil {
		return err
	}
	return c.show(ctx, m, app, http.MethodGet, nil)
}

// show asks about the record and prints what is answered.
func (c *recordFlags) show(ctx context.Context, m *Main, app *client, method string, body any) error {
	var r directory.Record
	answer, err := app.call(ctx, method, c.path(), body, &r)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	return printFields(m.Stdout, [][2]string{
		{"Type", r.Type}, {"Id", r.ID}, {"Title", r.Title}, {"Status", r.Status}, {"Owner", r.Owner.String()},
	})
}

type recordListCommand struct {
	appFlags
	Owner  string `required:"" help:"Id or userName of the owner."`
	Status string `default:"open" help:"open or closed."`
}

// Run lists the records of one owner.
func (c *recordListCommand) Run(ctx context.Context, m *Main) error {
	app, err := c.appClient(m)
	if err != nil {
		return err
	}
	owner, err := app.ownerID(ctx, c.Owner)
	if err != nil {
		return err
	}
	var records []directory.Record
	query := url.Values{"owner": {owner}, "status": {c.Status}}
	answer, err := app.list(ctx, "/records?"+query.Encode(), "records", "after", &records)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	rows := make([][]string, 0, len(records))
	for _, r := range records {
		rows = append(rows, []string{r.Type, r.ID, r.Status, r.Title})
	}
	return printTable(m.Stdout, []string{"TYPE", "RECORD", "STATUS", "TITLE"}, rows)
}

type recordDeleteCommand struct{ recordFlags }

// Run deletes one record.
func (c *recordDeleteCommand) Run(ctx context.Context, m *Main) error {
	app, err := c.appClient(m)
	if err != nil {
		return err
	}
	if _, err := app.call(ctx, http.MethodDelete, c.path(), nil, nil); err != nil {
		return err
	}
	deleted := map[string]string{"deleted": c.Type + "/" + c.ID}
	if c.JSON {
		return m.printValue(deleted)
	}
	return printFields(m.Stdout, [][2]string{{"Deleted", deleted["deleted"]}})
}
