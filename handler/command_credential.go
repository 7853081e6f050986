package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	ID        string `json:"id"`
	TenantURL string `json:"tenantUrl"`
	Token     string `json:"token"`
	URL       string `json:"url"`
	Key       string `json:"key"`

	TokenURL     string `json:"tokenUrl"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`

	Expires *time.Time `json:"expires"`
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

type oauthClientIssueCommand struct{ issueFlags }

// Run issues a client id and secret for the directory's OAuth.
func (c *oauthClientIssueCommand) Run(ctx context.Context, m *Main) error {
	return c.issue(ctx, m, "oauth-clients", func(i issued) [][2]string {
		return [][2]string{
			{"Tenant URL", i.TenantURL},
			{"Token endpoint", i.TokenURL},
			{"Client id", i.ClientID},
			{"Client secret", i.ClientSecret},
			{"Expires", i.end()},
		}
	})
}

// credentialView is a credential as /manage/v1 lists it.
type credentialView struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Label    string     `json:"label"`
	Created  time.Time  `json:"created"`
	Expires  *time.Time `json:"expires"`
	LastUsed *time.Time `json:"lastUsed"`
	Health   string     `json:"health"`
}

// credentialList is what the three lists of credentials have in common.
type credentialList struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

func (c *credentialList) list(ctx context.Context, m *Main, kind string) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var all []credentialView
	if _, err := manage.list(ctx, tenantPath(c.Tenant)+"/credentials", "credentials", "after", &all); err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(one credentialView) bool { return one.Kind != kind })
	if c.JSON {
		return m.printValue(map[string]any{"credentials": all})
	}
	rows := make([][]string, 0, len(all))
	for _, one := range all {
		rows = append(rows, []string{
			one.ID, one.Label, one.Health, when(one.LastUsed, time.DateTime, "never"), one.Created.UTC().Format(time.DateOnly), when(one.Expires, time.DateOnly, "never"),
		})
	}
	return printTable(m.Stdout, []string{"ID", "LABEL", "HEALTH", "LAST USED (UTC)", "CREATED", "EXPIRES"}, rows)
}

func when(t *time.Time, layout, otherwise string) string {
	if t == nil {
		return otherwise
	}
	return t.UTC().Format(layout)
}

type tokenListCommand struct{ credentialList }

// Run lists the SCIM secret tokens.
func (c *tokenListCommand) Run(ctx context.Context, m *Main) error { return c.list(ctx, m, "token") }

type appKeyListCommand struct{ credentialList }

// Run lists the keys of the business application.
func (c *appKeyListCommand) Run(ctx context.Context, m *Main) error {
	return c.list(ctx, m, "app-key")
}

type oauthClientListCommand struct{ credentialList }

// Run lists the OAuth clients.
func (c *oauthClientListCommand) Run(ctx context.Context, m *Main) error {
	return c.list(ctx, m, "oauth-client")
}

type revokeCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	ID     string `arg:"" help:"Id of what is revoked, as its list shows it."`
}

// Run ends a credential of any kind, at once.
func (c *revokeCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	if _, err := manage.call(ctx, http.MethodDelete, tenantPath(c.Tenant)+"/credentials/"+url.PathEscape(c.ID), nil, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.Stdout, "%s is revoked. Other processes let it pass for 5 seconds at most.\n", c.ID)
	return err
}
