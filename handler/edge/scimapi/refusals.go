package scimapi

import (
	"context"
	"net/http"
	"strings"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// noted serves a request and, if it is refused, has the tenant's history say so.
func (e *endpoint) noted(w http.ResponseWriter, r *http.Request) error {
	err := e.serve(w, r)
	if err == nil || e.Refused == nil {
		return err
	}
	if at, nowhere := locate(r.URL.Path); nowhere == nil {
		e.refused(r.Context(), r.Method, at.endpoint, at.id, err)
	}
	return err
}

// refused hands a refusal over to be written down. A stranger's is not, or
// anybody could fill a tenant's history; nor that of who asks too often, which
// says nothing about what was asked.
func (e *endpoint) refused(ctx context.Context, method, endpoint, id string, err error) {
	f, line := fault.Of(err), exchange.LineOf(ctx)
	status := f.Code.Status()
	reads := method == http.MethodGet || method == http.MethodHead || endpoint == searchSegment || id == searchSegment
	switch {
	case e.Refused == nil || line.Actor == "" || status >= 500:
		return
	case status == http.StatusUnauthorized || status == http.StatusTooManyRequests || reads && status == http.StatusNotFound:
		return
	}
	target, _ := directory.ParseID(id)
	e.Refused(line.Tenant, directory.Activity{
		At: e.Exchange.Now(), Kind: refusedKind(endpoint), Actor: line.Actor, Target: target,
		Detail: asked(method, endpoint, reads, f.Attribute), Fault: f.Code,
	})
}

func refusedKind(endpoint string) directory.ActivityKind {
	switch endpoint {
	case "Users":
		return directory.UserRefused
	case "Groups":
		return directory.GroupRefused
	}
	return directory.RequestRefused
}

// asked is what a refused request wanted, and the attribute at fault where it is
// one: "create: emails".
func asked(method, endpoint string, reads bool, attribute string) string {
	words := map[string]string{
		http.MethodPost: "create", http.MethodPut: "replace", http.MethodPatch: "change", http.MethodDelete: "delete",
	}
	word := words[method]
	switch {
	case reads:
		word = "read"
	case endpoint == "Bulk":
		word = "bulk"
	}
	return strings.TrimSuffix(word+": "+attribute, ": ")
}
