package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// newCredential is what issues a secret.
type newCredential struct {
	Label string `json:"label,omitempty"`
	// Expires is a life such as 365d or 12h, or the date and time of the end;
	// absent for never.
	Expires string `json:"expires,omitempty"`
}

// issued is a secret as /manage/v1 shows it, once.
type issued struct {
	ID        string     `json:"id"`
	TenantURL string     `json:"tenantUrl"`
	Token     string     `json:"token"`
	URL       string     `json:"url"`
	Key       string     `json:"key"`
	Expires   *time.Time `json:"expires"`
}

func (i *issued) end() string {
	if i.Expires == nil || i.Expires.IsZero() {
		return "never"
	}
	return i.Expires.Format(time.DateOnly)
}

// issueFlags are what a token and an app key have in common.
type issueFlags struct {
	Tenant  string `arg:"" help:"Id of the tenant."`
	Label   string `help:"What it is for, as in \"entra\"."`
	Expires string `help:"Life of the secret, as in 365d; without it, it never ends."`
	JSON    bool   `name:"json" help:"Print the answer as JSON."`
}

// issue asks for a secret below the tenant and prints the fields that show makes
// of it.
func (c *issueFlags) issue(ctx context.Context, m *Main, kind string, show func(issued) [][2]string) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var got issued
	answer, err := manage.call(ctx, http.MethodPost, tenantPath(c.Tenant)+"/"+kind, newCredential{Label: c.Label, Expires: c.Expires}, &got)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	if err := printFields(m.Stdout, show(got)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(m.Stdout, "\nThe secret is shown this once and kept nowhere.")
	return err
}

type tokenIssueCommand struct{ issueFlags }

// Run issues a SCIM secret token.
func (c *tokenIssueCommand) Run(ctx context.Context, m *Main) error {
	return c.issue(ctx, m, "tokens", func(i issued) [][2]string {
		return [][2]string{{"Tenant URL", i.TenantURL}, {"Secret token", i.Token}, {"Id", i.ID}, {"Expires", i.end()}}
	})
}

type appKeyIssueCommand struct{ issueFlags }

// Run issues a key for the business application.
func (c *appKeyIssueCommand) Run(ctx context.Context, m *Main) error {
	return c.issue(ctx, m, "app-keys", func(i issued) [][2]string {
		return [][2]string{{"URL", i.URL}, {"App key", i.Key}, {"Id", i.ID}, {"Expires", i.end()}}
	})
}
