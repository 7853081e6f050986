package directory

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"handover/handler/core/fault"
)

// HTTPConnector is the kind of a connector that asks the business application
// itself; the other kind, "builtin" or nothing, is Handover's own table.
const (
	BuiltInConnector = "builtin"
	HTTPConnector    = "http"
)

// The ways in which a connector shows who is calling.
const (
	// AuthAPIKey sends a key that the application has issued.
	AuthAPIKey = "apiKey"
	// AuthClientCredentials gets a token at TokenURL (RFC 6749 §4.4).
	AuthClientCredentials = "clientCredentials"
	// AuthManagedIdentity gets a token for Scope as the deployment's identity.
	AuthManagedIdentity = "managedIdentity"
)

// ConnectorSetting is how a tenant's records are reached. The zero value is the
// built-in table.
type ConnectorSetting struct {
	Kind string `json:"kind"`
	// URL is the application's base address, https, without a slash at its end.
	URL string `json:"url"`
	// Types are the types of records to move; none means all.
	Types []string `json:"types,omitempty"`
	Auth  string   `json:"auth"`
	// TokenURL and ClientID belong to AuthClientCredentials, Scope to it and to
	// AuthManagedIdentity.
	TokenURL string `json:"tokenUrl,omitempty"`
	ClientID string `json:"clientId,omitempty"`
	Scope    string `json:"scope,omitempty"`
	// Hidden is the key or client secret, encrypted for this tenant.
	Hidden string `json:"hidden,omitempty"`
}

// Limits of a connector's setting, ours, in bytes and types.
const (
	maxConnectorURL    = 512
	maxConnectorText   = 256
	maxConnectorSecret = 1024
	maxTypes           = 32
)

// ownScope is a scope that an application registered in Entra ID has by itself.
// Those of Azure's own services must not leave: whoever sets a connector's URL
// would else get a token for the deployment's storage.
var ownScope = regexp.MustCompile(`^api://[^\s?#]{1,240}/\.default$`)

// Keeping is the setting with the secret of another, unless it has one of its
// own, or would send it elsewhere: then it must be given anew.
func (c ConnectorSetting) Keeping(before ConnectorSetting) ConnectorSetting {
	same := c.Auth == before.Auth && c.ClientID == before.ClientID &&
		host(c.URL) == host(before.URL) && host(c.TokenURL) == host(before.TokenURL)
	if c.Hidden == "" && same {
		c.Hidden = before.Hidden
	}
	return c
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

func checkConnector(s *Settings, _ []string) error {
	c := &s.Connector
	switch c.Kind {
	case "", BuiltInConnector:
		s.Connector = ConnectorSetting{}
		return nil
	case HTTPConnector:
	default:
		return fault.New(fault.InvalidValue, "connector.kind must be \"builtin\" or \"http\"")
	}
	c.URL = strings.TrimRight(c.URL, "/")
	switch {
	case !secureAddress(c.URL):
		return fault.New(fault.InvalidValue, "connector.url must be an https address of at most %d bytes without query, for example \"https://crm.example.com/handover\"", maxConnectorURL)
	case len(c.Types) > maxTypes || slices.ContainsFunc(c.Types, func(t string) bool { return !recordType.MatchString(t) }):
		return fault.New(fault.InvalidValue, "connector.types must be at most %d types of records, for example [\"quote\"], or left out for all", maxTypes)
	}
	return c.checkAuth()
}

// checkAuth wants what the way of authentication needs, and drops the rest.
func (c *ConnectorSetting) checkAuth() error {
	switch c.Auth {
	case AuthAPIKey:
		c.TokenURL, c.ClientID, c.Scope = "", "", ""
	case AuthClientCredentials:
		if !secureAddress(c.TokenURL) {
			return fault.New(fault.InvalidValue, "connector.tokenUrl must be an https address, for example \"https://login.example.com/token\"")
		}
		if c.ClientID == "" || len(c.ClientID) > maxConnectorText || len(c.Scope) > maxConnectorText {
			return fault.New(fault.InvalidValue, "connector.clientId must be 1 to %d bytes, and connector.scope at most as many", maxConnectorText)
		}
	case AuthManagedIdentity:
		if !ownScope.MatchString(c.Scope) {
			return fault.New(fault.InvalidValue, "connector.scope must be that of the business application, for example \"api://11111111-2222-3333-4444-555555555555/.default\"")
		}
		c.TokenURL, c.ClientID, c.Hidden = "", "", ""
		return nil
	default:
		return fault.New(fault.InvalidValue, "connector.auth must be \"apiKey\", \"clientCredentials\" or \"managedIdentity\"")
	}
	if c.Hidden == "" {
		return fault.New(fault.InvalidValue, "connector.secret is missing; it must be given again whenever the address or the way of authentication changes")
	}
	return nil
}

// CheckConnectorSecret refuses a secret that no header can carry: it must be
// 1 to 1,024 visible characters of ASCII.
func CheckConnectorSecret(secret string) error {
	invisible := func(r rune) bool { return r <= ' ' || r > '~' }
	if secret == "" || len(secret) > maxConnectorSecret || strings.ContainsFunc(secret, invisible) {
		return fault.New(fault.InvalidValue, "connector.secret must be 1 to %d visible characters of ASCII without blanks", maxConnectorSecret)
	}
	return nil
}

func secureAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxConnectorURL && u.Scheme == "https" && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}
