package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func withConnector(before, after directory.ConnectorSetting) (directory.ConnectorSetting, error) {
	s := directory.Settings{Tenant: directory.Tenant{ID: "acme", Connector: before}}
	changed, _, err := s.Change(nil, time.Now(), func(s *directory.Settings) error {
		directory.SettingsChange{Connector: &after}.Apply(s)
		return nil
	})
	return changed.Connector, err
}

func apiKey(change func(*directory.ConnectorSetting)) directory.ConnectorSetting {
	c := directory.ConnectorSetting{Kind: directory.HTTPConnector, URL: "https://crm.example.com/handover", Auth: directory.AuthAPIKey, Hidden: "k.secret"}
	if change != nil {
		change(&c)
	}
	return c
}

func TestConnectorSetting(t *testing.T) {
	type setting = directory.ConnectorSetting
	identity := setting{Kind: directory.HTTPConnector, URL: "https://crm.example.com", Auth: directory.AuthManagedIdentity, Scope: "api://crm/.default"}
	client := setting{
		Kind: directory.HTTPConnector, URL: "https://crm.example.com", Auth: directory.AuthClientCredentials,
		TokenURL: "https://login.example.com/token", ClientID: "handover", Hidden: "k.secret",
	}
	tests := []struct {
		name          string
		before, after setting
		want          setting
	}{
		{"an API key", setting{}, apiKey(nil), apiKey(nil)},
		{"a slash at the end", setting{}, apiKey(func(c *setting) { c.URL += "/" }), apiKey(nil)},
		{"what an API key does not need", setting{}, apiKey(func(c *setting) { c.TokenURL, c.Scope = "x", "y" }), apiKey(nil)},
		{"a managed identity", apiKey(nil), identity, identity},
		{"client credentials", setting{}, client, client},
		{"back to the table", apiKey(nil), setting{Kind: directory.BuiltInConnector, URL: "x"}, setting{}},
		{
			"the secret stays with its host", apiKey(nil),
			apiKey(func(c *setting) { c.URL, c.Hidden = "https://crm.example.com/v2", "" }),
			apiKey(func(c *setting) { c.URL = "https://crm.example.com/v2" }),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := withConnector(test.before, test.after)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestConnectorSettingRefuses(t *testing.T) {
	type change = func(*directory.ConnectorSetting)
	tests := []struct {
		name   string
		change change
		want   string
	}{
		{"another kind", func(c *directory.ConnectorSetting) { c.Kind = "ftp" }, "connector.kind"},
		{"http", func(c *directory.ConnectorSetting) { c.URL = "http://crm.example.com" }, "connector.url"},
		{"no host", func(c *directory.ConnectorSetting) { c.URL = "https:///x" }, "connector.url"},
		{"a password", func(c *directory.ConnectorSetting) { c.URL = "https://u:p@crm.example.com" }, "connector.url"},
		{"a query", func(c *directory.ConnectorSetting) { c.URL += "?a=b" }, "connector.url"},
		{"a long address", func(c *directory.ConnectorSetting) { c.URL += strings.Repeat("x", 512) }, "connector.url"},
		{"a type that is none", func(c *directory.ConnectorSetting) { c.Types = []string{"Quote"} }, "connector.types"},
		{"no way of authentication", func(c *directory.ConnectorSetting) { c.Auth = "" }, "connector.auth"},
		{"no secret", func(c *directory.ConnectorSetting) { c.Hidden = "" }, "connector.secret"},
		{"no token endpoint", func(c *directory.ConnectorSetting) { c.Auth = directory.AuthClientCredentials }, "connector.tokenUrl"},
		{"no client", func(c *directory.ConnectorSetting) {
			c.Auth, c.TokenURL = directory.AuthClientCredentials, "https://login.example.com"
		}, "connector.clientId"},
		{"a token for our own storage", func(c *directory.ConnectorSetting) {
			c.Auth, c.Scope = directory.AuthManagedIdentity, "https://storage.azure.com/.default"
		}, "connector.scope"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := withConnector(directory.ConnectorSetting{}, apiKey(test.change))
			if !fault.Is(err, fault.InvalidValue) || !strings.HasPrefix(fault.Of(err).Message, test.want) {
				t.Errorf("said %v", err)
			}
		})
	}
	elsewhere := apiKey(func(c *directory.ConnectorSetting) { c.URL, c.Hidden = "https://evil.example.com", "" })
	if _, err := withConnector(apiKey(nil), elsewhere); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("the secret goes to another host: %v", err)
	}
	for _, secret := range []string{"", "a b", "ä", "a\r\nX: y", strings.Repeat("x", 1025)} {
		if err := directory.CheckConnectorSecret(secret); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("the secret %q passes: %v", secret, err)
		}
	}
}
