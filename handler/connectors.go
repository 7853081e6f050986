package main

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/aws/smithy-go/auth/bearer"
	"github.com/aws/smithy-go/middleware"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/connector"
	"handover/handler/adapter/store"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// connectors asks for each move where the tenant's records are: in the built-in
// table or in the business application.
type connectors struct {
	tenants     directory.Tenants
	builtIn     directory.Connector
	application *connector.Connector
}

// Move reads the tenant's setting anew for each chunk, so that a leave which
// waits for a better setting goes on with it.
func (c connectors) Move(ctx context.Context, move directory.Move) (directory.Moved, error) {
	tenant, err := c.tenants.Tenant(ctx, move.Tenant)
	if err != nil {
		return directory.Moved{}, err
	}
	if tenant.Connector.Kind == directory.HTTPConnector {
		return c.application.To(tenant.Connector).Move(ctx, move)
	}
	return c.builtIn.Move(ctx, move)
}

func (p *Program) connectors(settings Settings, s *store.Store, transport http.RoundTripper) (connectors, error) {
	identity, err := identityTokens(settings)
	return connectors{tenants: s, builtIn: s, application: connector.New(connector.Config{
		Journal: s, Transport: transport, Reveal: p.reveal(credential.ForConnectors), Identity: identity, Now: p.options.Now,
		Options: []func(*middleware.Stack) error{p.telemetry.Calls},
	})}, err
}

// outbound carries what goes to business applications.
func (p *Program) outbound(settings Settings) http.RoundTripper {
	if p.options.ConnectorTransport != nil {
		return p.options.ConnectorTransport
	}
	return connector.Transport(settings.ConnectorNetworks)
}

// conceal encrypts a tenant's secret, reveal decrypts those of a purpose.
func (p *Program) conceal(purpose credential.Purpose, tenant, secret string) (string, error) {
	if p.keys == nil {
		return "", fault.New(fault.SettingsInvalid, "a secret can be kept only where HANDOVER_KEYS is set")
	}
	return p.keys.Conceal(purpose, tenant, secret, p.options.Random)
}

func (p *Program) reveal(purpose credential.Purpose) func(tenant, hidden string) (string, bool) {
	return func(tenant, hidden string) (string, bool) {
		if p.keys == nil {
			return "", false
		}
		return p.keys.Reveal(purpose, tenant, hidden)
	}
}

// identityTokens gives tokens of the managed identity with which the deployment
// reads its tables; nil where it has none. The SDK keeps the tokens.
func identityTokens(settings Settings) (func(scope string) bearer.TokenProvider, error) {
	if settings.TableServiceURI == "" {
		return nil, nil
	}
	cloud, err := azure.CloudOf(settings.Cloud)
	if err != nil {
		return nil, err
	}
	identity, err := azure.Credential(azure.Identity{ClientID: settings.TableClientID, Cloud: cloud})
	if err != nil {
		return nil, err
	}
	return func(scope string) bearer.TokenProvider { return tokensFor(identity, scope) }, nil
}

func tokensFor(identity azcore.TokenCredential, scope string) bearer.TokenProvider {
	return bearer.TokenProviderFunc(func(ctx context.Context) (bearer.Token, error) {
		token, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
		if err != nil {
			return bearer.Token{}, fault.New(fault.Unavailable, "the managed identity got no token for the business application; it is tried again").WithCause(err)
		}
		return bearer.Token{Value: token.Token, CanExpire: true, Expires: token.ExpiresOn}, nil
	})
}
