// Package appapi is the door of the business application: whether a user has
// access and with which role, what a leave would move, and which records there
// are and who owns them, as JSON under /app/v1/{tenant}.
package appapi

import (
	"context"
	"net/http"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/edge/exchange"
	"handover/handler/rule/access"
	"handover/handler/rule/reassign"
	"handover/handler/rule/records"
)

// Gate tells who shows a credential to a tenant, or is fault.Unauthorized.
type Gate interface {
	Authenticate(ctx context.Context, tenant, token string, kind credential.Kind) (access.Caller, error)
}

// Config is what the routes need.
type Config struct {
	Exchange *exchange.Exchange
	Gate     Gate
	Records  *records.Service
	// Preview tells what a leave of a user would move, as reassign.Service does.
	Preview func(ctx context.Context, tenant string, user directory.ID) (reassign.Preview, error)
}

// api is the handlers of one process.
type api struct{ Config }

// handler answers a request of a tenant's application.
type handler func(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error

// methods are the handlers of one route.
type methods map[string]handler

// New is the handler of everything under /app/v1.
func New(c Config) http.Handler {
	a := api{c}
	mux := http.NewServeMux()
	for pattern, serve := range a.routes() {
		mux.Handle(pattern, c.Exchange.Wrap(exchange.RenderJSON, a.authenticated(serve)))
	}
	mux.Handle("/", c.Exchange.Wrap(exchange.RenderJSON, exchange.NoRoute))
	return mux
}

// routes are all there are, as docs/openapi/app.json describes them.
func (a api) routes() map[string]methods {
	return map[string]methods{
		"/app/v1/{tenant}/access":                     {"GET": a.showAccess},
		"/app/v1/{tenant}/users":                      {"GET": a.listUsers, "POST": ownedByDirectory},
		"/app/v1/{tenant}/users/{user}":               {"GET": a.showUser, "PUT": ownedByDirectory, "PATCH": ownedByDirectory, "DELETE": ownedByDirectory},
		"/app/v1/{tenant}/users/{user}/leave-preview": {"GET": a.previewLeave},
		"/app/v1/{tenant}/records":                    {"GET": a.listRecords},
		"/app/v1/{tenant}/records/{type}/{id}":        {"GET": a.showRecord, "PUT": a.putRecord, "DELETE": a.deleteRecord},
	}
}

// authenticated lets whoever shows an app key of the tenant through to the
// handler of the method.
func (a api) authenticated(serve methods) exchange.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		line := exchange.LineOf(r.Context())
		tenant := r.PathValue("tenant")
		if directory.ValidTenantID(tenant) {
			line.Tenant = tenant
		}
		caller, err := a.Gate.Authenticate(r.Context(), tenant, exchange.Bearer(r), credential.AppKey)
		if err != nil {
			return err
		}
		line.Actor = caller.Credential
		return serve.of(caller.Tenant).Serve(w, r)
	}
}

// of binds the handlers to a tenant.
func (m methods) of(tenant directory.Tenant) exchange.Methods {
	bound := make(exchange.Methods, len(m))
	for method, h := range m {
		bound[method] = func(w http.ResponseWriter, r *http.Request) error { return h(w, r, tenant) }
	}
	return bound
}
