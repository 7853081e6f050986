// Package tokenapi is where a customer's directory gets its access tokens:
// POST /oauth2/{tenant}/token, for an OAuth client's secret or for an assertion
// of a workload identity (RFC 6749 §4.4, RFC 7523 §2.2).
package tokenapi

import (
	"context"
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/rule/access"
)

// maxBody is the most bytes of a request, ours: four times the longest assertion.
const maxBody = 64 << 10

// Gate gives access tokens to who has proven itself.
type Gate interface {
	GrantForSecret(ctx context.Context, tenant, clientID, clientSecret string) (access.Grant, error)
	GrantForAssertion(ctx context.Context, tenant, clientID, assertion string) (access.Grant, error)
}

// Config is what the route needs.
type Config struct {
	Exchange *exchange.Exchange
	Gate     Gate
}

// api is the handlers of one process.
type api struct{ Config }

// New is the handler of everything under /oauth2/.
func New(c Config) http.Handler {
	a := api{c}
	mux := http.NewServeMux()
	mux.Handle("/oauth2/{tenant}/token", c.Exchange.Wrap(render, exchange.Methods{"POST": a.giveToken}.Serve))
	mux.Handle("/", c.Exchange.Wrap(exchange.RenderJSON, exchange.NoRoute))
	return mux
}

// token is the answer of RFC 6749 §5.1. The scope is the one that was asked for,
// so it is left out.
type token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
}

func (a api) giveToken(w http.ResponseWriter, r *http.Request) error {
	tenant, line := r.PathValue("tenant"), exchange.LineOf(r.Context())
	if directory.ValidTenantID(tenant) {
		line.Tenant = tenant
	}
	body, err := exchange.Body(w, r, maxBody, "application/x-www-form-urlencoded")
	if err != nil {
		return err
	}
	asked, err := read(r, string(body))
	if err != nil {
		return err
	}
	var grant access.Grant
	if asked.assertion != "" {
		grant, err = a.Gate.GrantForAssertion(r.Context(), tenant, asked.clientID, asked.assertion)
	} else {
		grant, err = a.Gate.GrantForSecret(r.Context(), tenant, asked.clientID, asked.clientSecret)
	}
	if err != nil {
		return err
	}
	line.Actor = grant.Credential
	w.Header().Set("Pragma", "no-cache")
	return exchange.JSON(w, http.StatusOK, token{
		AccessToken: grant.Token, TokenType: "Bearer", ExpiresIn: int64(grant.Lifetime / time.Second),
	})
}

// failure is the answer of RFC 6749 §5.2.
type failure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// render writes a fault as RFC 6749 §5.2 wants it, with the fault's status.
func render(w http.ResponseWriter, _ *http.Request, f *fault.Fault, reference string) {
	h := w.Header()
	h.Set("Pragma", "no-cache")
	if f.Code == fault.Unauthorized {
		h.Set("WWW-Authenticate", `Basic realm="handover"`)
	}
	exchange.RetryAfter(h, f)
	description := f.Message
	if reference != "" {
		description += " (reference " + reference + ")"
	}
	// Encoding these strings cannot fail.
	_ = exchange.JSON(w, f.Code.Status(), failure{Error: errorOf(f.Code), Description: describable(description)})
}

// errorOf is the error of RFC 6749 §5.2 for a fault; for what that has none for,
// the one of §4.1.2.1.
func errorOf(code fault.Code) string {
	switch code {
	case fault.Unauthorized:
		return "invalid_client"
	case fault.UnsupportedGrantType:
		return "unsupported_grant_type"
	case fault.InvalidScope:
		return "invalid_scope"
	case fault.RateLimited:
		return "temporarily_unavailable"
	}
	switch status := code.Status(); {
	case status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	case status >= http.StatusInternalServerError:
		return "server_error"
	}
	return "invalid_request"
}

// describable keeps of a text what error_description may hold: printable ASCII
// without the double quote and the backslash.
func describable(text string) string {
	kept := []byte(text)
	for i, c := range kept {
		if c == '"' || c == '\\' || c < ' ' || c > '~' {
			kept[i] = '\''
		}
	}
	return string(kept)
}
