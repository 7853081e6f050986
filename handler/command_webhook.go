package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// webhookView is a tenant's webhook as /manage/v1 shows it.
type webhookView struct {
	URL           string     `json:"url"`
	PreviousUntil *time.Time `json:"previousUntil"`
	// Secret is shown when one was issued.
	Secret string `json:"secret"`
}

// words is the webhook in a list of settings.
func (w *webhookView) words() string {
	switch {
	case w.URL == "":
		return "none"
	case w.PreviousUntil != nil:
		return w.URL + ", the secret before counts until " + w.PreviousUntil.UTC().Format(time.DateTime) + " (UTC)"
	}
	return w.URL
}

func webhookPath(tenant string) string { return tenantPath(tenant) + "/webhook" }

type webhookSetCommand struct {
	Tenant    string `arg:"" help:"Id of the tenant."`
	URL       string `arg:"" name:"url" help:"Address of the business application, https."`
	NewSecret bool   `help:"Issue a new secret, though there is one; that one signs for another day."`
	JSON      bool   `name:"json" help:"Print the answer as JSON."`
}

// Run says where a tenant is told what becomes of its leaves.
func (c *webhookSetCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var set webhookView
	answer, err := manage.call(ctx, http.MethodPut, webhookPath(c.Tenant), settings{"url": c.URL, "newSecret": c.NewSecret}, &set)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	fields := [][2]string{{"Tenant", c.Tenant}, {"Webhook", set.words()}}
	if set.Secret == "" {
		return printFields(m.Stdout, fields)
	}
	if err := printFields(m.Stdout, append(fields, [2]string{"Signing secret", set.Secret})); err != nil {
		return err
	}
	_, err = fmt.Fprintln(m.Stdout, "The secret is shown this once; give it to the application's developer.")
	return err
}

type webhookRemoveCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
}

// Run ends the telling.
func (c *webhookRemoveCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	if _, err := manage.call(ctx, http.MethodDelete, webhookPath(c.Tenant), nil, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.Stdout, "%s is told nothing any more\n", c.Tenant)
	return err
}

type webhookTestCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
}

// Run sends an event that tells of nothing.
func (c *webhookTestCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	if _, err := manage.call(ctx, http.MethodPost, webhookPath(c.Tenant)+"/test", nil, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintln(m.Stdout, "The application has taken the event.")
	return err
}
