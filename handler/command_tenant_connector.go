package main

import (
	"os"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// connectorFlags say how a tenant's records are reached.
type connectorFlags struct {
	URL      *string  `name:"url" help:"Base address of the business application that moves its records itself, or none for Handover's own table."`
	KeyFile  string   `type:"existingfile" help:"File with the application's API key, or with the client secret."`
	Type     []string `help:"Type of records to move; repeat the flag for more, all without it."`
	Auth     string   `enum:"apiKey,clientCredentials,managedIdentity" default:"apiKey" help:"How Handover shows who is calling: ${enum}."`
	TokenURL string   `name:"token-url" help:"Where access tokens are had, for clientCredentials."`
	ClientID string   `name:"client-id" help:"Client id, for clientCredentials."`
	Scope    string   `help:"Scope of the tokens, for clientCredentials and managedIdentity."`
}

// into puts the connector into a change of settings, whole.
func (c *connectorFlags) into(change settings) error {
	switch {
	case c.URL == nil && (c.KeyFile != "" || len(c.Type) > 0 || c.TokenURL != "" || c.ClientID != "" || c.Scope != ""):
		return fault.New(fault.InvalidValue, "the flags that begin with --connector- need --connector-url: they are set together")
	case c.URL == nil:
		return nil
	case *c.URL == none:
		change["connector"] = settings{"kind": directory.BuiltInConnector}
		return nil
	}
	connector := settings{
		"kind": directory.HTTPConnector, "url": *c.URL, "types": c.Type, "auth": c.Auth,
		"tokenUrl": c.TokenURL, "clientId": c.ClientID, "scope": c.Scope,
	}
	if c.KeyFile != "" {
		key, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return fault.New(fault.InvalidValue, "%s cannot be read; it must be a file with the key alone", c.KeyFile).WithCause(err)
		}
		connector["secret"] = strings.TrimSpace(string(key))
	}
	change["connector"] = connector
	return nil
}
