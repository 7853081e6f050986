package manageapi

import "handover/handler/core/directory"

// connectorView is how a tenant's records are reached, on the wire. The secret is
// never shown.
type connectorView struct {
	Kind     string   `json:"kind"`
	URL      string   `json:"url,omitempty"`
	Types    []string `json:"types,omitempty"`
	Auth     string   `json:"auth,omitempty"`
	TokenURL string   `json:"tokenUrl,omitempty"`
	ClientID string   `json:"clientId,omitempty"`
	Scope    string   `json:"scope,omitempty"`
}

// newConnector is a connector in a change.
type newConnector struct {
	connectorView
	// Secret is the API key or the client secret; without it the one before stays,
	// if it would go to the same place.
	Secret *string `json:"secret,omitempty"`
}

// connectorOf leaves the built-in connector out.
func connectorOf(c directory.ConnectorSetting) *connectorView {
	if c.Kind != directory.HTTPConnector {
		return nil
	}
	return &connectorView{c.Kind, c.URL, c.Types, c.Auth, c.TokenURL, c.ClientID, c.Scope}
}

func (c *newConnector) into(change *directory.SettingsChange) {
	if c == nil {
		return
	}
	change.ConnectorSecret = c.Secret
	change.Connector = &directory.ConnectorSetting{
		Kind: c.Kind, URL: c.URL, Types: c.Types, Auth: c.Auth, TokenURL: c.TokenURL, ClientID: c.ClientID, Scope: c.Scope,
	}
}
