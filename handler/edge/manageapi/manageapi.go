// Package manageapi is the door of the vendor and of the command line: tenants,
// their credentials, their leaves and their history, as JSON under /manage/v1.
package manageapi

import (
	"context"
	"net/http"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/rule/access"
	"handover/handler/rule/admin"
)

// maxBody is the most bytes that a request may have, ours: a tenant with
// hundreds of domains fits.
const maxBody = 16 << 10

// Config is what the routes need.
type Config struct {
	Exchange *exchange.Exchange
	// Operator tells which operator shows a key or token, and refuses whoever is
	// none, with fault.Unauthorized.
	Operator func(ctx context.Context, presented string) (access.Operator, error)
	Admin    *admin.Service
	// BaseURL is the address under which a request reached the service, without
	// a trailing slash: https://handover.example.com.
	BaseURL func(*http.Request) string
}

// api is the handlers of one process.
type api struct{ Config }

// New is the handler of everything under /manage/v1.
func New(c Config) http.Handler {
	a := api{c}
	const tenant = "/manage/v1/tenants/{tenant}"
	mux := http.NewServeMux()
	for pattern, serve := range map[string]exchange.Handler{
		"/manage/v1/tenants": exchange.Methods{"GET": a.listTenants, "POST": a.createTenant}.Serve,

		tenant:                               exchange.Methods{"GET": a.showTenant}.Serve,
		tenant + "/tokens":                   exchange.Methods{"POST": a.issueToken}.Serve,
		tenant + "/app-keys":                 exchange.Methods{"POST": a.issueAppKey}.Serve,
		tenant + "/oauth-clients":            exchange.Methods{"POST": a.issueOAuthClient}.Serve,
		tenant + "/credentials":              exchange.Methods{"GET": a.listCredentials}.Serve,
		tenant + "/credentials/{credential}": exchange.Methods{"DELETE": a.revokeCredential}.Serve,
		tenant + "/leaves":                   exchange.Methods{"GET": a.listLeaves}.Serve,
		tenant + "/leaves/{leave}":           exchange.Methods{"GET": a.showLeave}.Serve,
		tenant + "/activity":                 exchange.Methods{"GET": a.listActivity}.Serve,

		"/": exchange.NoRoute,
	} {
		mux.Handle(pattern, c.Exchange.Wrap(exchange.RenderJSON, a.operated(serve)))
	}
	return mux
}

// operated lets operators through to a handler; a stranger does not even learn
// which routes there are. Who may only look is let through to GET and HEAD.
func (a api) operated(next exchange.Handler) exchange.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		operator, err := a.Operator(r.Context(), exchange.Bearer(r))
		if err != nil {
			return err
		}
		line := exchange.LineOf(r.Context())
		line.Actor = operator.ID
		if tenant := r.PathValue("tenant"); directory.ValidTenantID(tenant) {
			line.Tenant = tenant
		}
		if operator.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodHead {
			return fault.New(fault.Forbidden, "the app role Handover.Reader may look and not change; ask for Handover.Operator")
		}
		return next(w, r)
	}
}

// body reads a request's JSON object.
func body(w http.ResponseWriter, r *http.Request, fields ...exchange.Field) error {
	content, err := exchange.Body(w, r, maxBody, "application/json")
	if err != nil {
		return err
	}
	return exchange.DecodeObject(content, fields...)
}
