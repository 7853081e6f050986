package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// newCredential is what issues a secret.
type newCredential struct {
	Label string `json:"label,omitempty"`
	// Expires is the end of the secret's life; absent for never.
	Expires *time.Time `json:"expires,omitempty"`
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

// lifetime is a flag such as 365d or 12h.
type lifetime time.Duration

// UnmarshalText reads whole days, or a duration in Go's notation.
func (l *lifetime) UnmarshalText(text []byte) error {
	life, err := time.ParseDuration(string(text))
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		life = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || life <= 0 || life > maxLifetime {
		return errors.New("must be a time such as 365d or 12h, at most 3650d")
	}
	*l = lifetime(life)
	return nil
}

// maxLifetime is our limit: ten years.
const maxLifetime = 3650 * 24 * time.Hour

// issueFlags are what a token and an app key have in common.
type issueFlags struct {
	Tenant  string   `arg:"" help:"Id of the tenant."`
	Label   string   `help:"What it is for, as in \"entra\"."`
	Expires lifetime `help:"Life of the secret, as in 365d; without it, it never ends."`
	JSON    bool     `name:"json" help:"Print the answer as JSON."`
}

// issue asks for a secret below the tenant and prints the fields that show makes
// of it.
func (c *issueFlags) issue(ctx context.Context, m *Main, kind string, show func(issued) [][2]string) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	wanted := newCredential{Label: c.Label}
	if c.Expires > 0 {
		end := m.Now().Add(time.Duration(c.Expires)).UTC().Truncate(time.Second)
		wanted.Expires = &end
	}
	var got issued
	answer, err := manage.call(ctx, http.MethodPost, tenantPath(c.Tenant)+"/"+kind, wanted, &got)
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
