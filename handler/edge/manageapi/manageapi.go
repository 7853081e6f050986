// Package manageapi is the door of the vendor and of the command line: tenants,
// their credentials, their leaves and their history, as JSON under /manage/v1.
package manageapi

import (
	"net/http"

	"handover/handler/core/directory"
	"handover/handler/edge/exchange"
	"handover/handler/rule/admin"
)

// maxBody is the most bytes that a request may have, ours: a tenant with
// hundreds of domains fits.
const maxBody = 16 << 10

// Config is what the routes need.
type Config struct {
	Exchange *exchange.Exchange
	// Operator refuses whoever shows no operator key, with fault.Unauthorized.
	Operator func(presented string) error
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
// which routes there are.
func (a api) operated(next exchange.Handler) exchange.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := a.Operator(exchange.Bearer(r)); err != nil {
			return err
		}
		line := exchange.LineOf(r.Context())
		line.Actor = admin.Actor
		if tenant := r.PathValue("tenant"); directory.ValidTenantID(tenant) {
			line.Tenant = tenant
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
