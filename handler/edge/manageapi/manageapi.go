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
	"handover/handler/rule/history"
	"handover/handler/rule/reassign"
	"handover/handler/rule/records"
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
	// People tells what users may do.
	People  *records.Service
	History *history.Service
	Leaves  Leaves
	// TryWebhook posts an event that tells of nothing to a tenant's webhook.
	TryWebhook func(ctx context.Context, tenant string) error
	// Examine looks at everything that the process needs.
	Examine func(ctx context.Context) []Finding
	// BaseURL is the address under which a request reached the service, without
	// a trailing slash: https://handover.example.com.
	BaseURL func(*http.Request) string
}

// Leaves is what administrators may ask about leaves and have done with them;
// reassign.Service says what each method means.
type Leaves interface {
	Preview(ctx context.Context, tenant string, user directory.ID) (reassign.Preview, error)
	Replay(ctx context.Context, by, tenant string, leave directory.ID) (directory.Leave, error)
	HandBack(ctx context.Context, by, tenant string, leave directory.ID) (reassign.HandBack, error)
}

// api is the handlers of one process.
type api struct{ Config }

// New is the handler of everything under /manage/v1.
func New(c Config) http.Handler {
	a := api{c}
	mux := http.NewServeMux()
	for pattern, methods := range a.routes() {
		mux.Handle(pattern, c.Exchange.Wrap(exchange.RenderJSON, a.operated(methods.Serve)))
	}
	mux.Handle("/", c.Exchange.Wrap(exchange.RenderJSON, a.operated(exchange.NoRoute)))
	return mux
}

// routes are all there are, as docs/openapi/manage.json describes them.
func (a api) routes() map[string]exchange.Methods {
	const tenant = "/manage/v1/tenants/{tenant}"
	return map[string]exchange.Methods{
		"/manage/v1/tenants": {"GET": a.listTenants, "POST": a.createTenant},
		"/manage/v1/doctor":  {"GET": a.examine},

		tenant:                                 {"GET": a.showTenant, "PATCH": a.changeTenant, "DELETE": a.deleteTenant},
		tenant + "/tokens":                     {"POST": a.issueToken},
		tenant + "/app-keys":                   {"POST": a.issueAppKey},
		tenant + "/oauth-clients":              {"POST": a.issueOAuthClient},
		tenant + "/credentials":                {"GET": a.listCredentials},
		tenant + "/credentials/{credential}":   {"DELETE": a.revokeCredential},
		tenant + "/webhook":                    {"PUT": a.setWebhook, "DELETE": a.removeWebhook},
		tenant + "/webhook/test":               {"POST": a.tryWebhook},
		tenant + "/roles":                      {"GET": a.showRoles},
		tenant + "/roles/{role}":               {"PUT": a.setRole, "DELETE": a.removeRole},
		tenant + "/mappings/{group}":           {"PUT": a.mapGroup, "DELETE": a.unmapGroup},
		tenant + "/groups":                     {"GET": a.listGroups, "POST": ownedByDirectory},
		tenant + "/groups/{group}":             {"PUT": ownedByDirectory, "PATCH": ownedByDirectory, "DELETE": ownedByDirectory},
		tenant + "/users":                      {"GET": a.listUsers, "POST": ownedByDirectory},
		tenant + "/users/{user}":               {"GET": a.showUser, "PUT": ownedByDirectory, "PATCH": ownedByDirectory, "DELETE": ownedByDirectory},
		tenant + "/users/{user}/role-lock":     {"PUT": a.lockRole, "DELETE": a.unlockRole},
		tenant + "/users/{user}/leave-preview": {"GET": a.previewLeave},
		tenant + "/leaves":                     {"GET": a.listLeaves},
		tenant + "/leaves/{leave}":             {"GET": a.showLeave},
		tenant + "/leaves/{leave}/replay":      {"POST": a.replayLeave},
		tenant + "/leaves/{leave}/hand-back":   {"POST": a.handBackLeave},
		tenant + "/activity":                   {"GET": a.listActivity},
		tenant + "/erasures":                   {"POST": a.erase},
	}
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
