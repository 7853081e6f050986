package scimapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/scim"
	"handover/handler/rule/access"
)

// badgeURN is the schema that a tenant of these tests has defined.
const badgeURN = "urn:acme:params:scim:schemas:extension:badge:2.0:User"

const badgeSchema = `{"id":"` + badgeURN + `","name":"Badge","description":"The badge of the door.","attributes":[
{"name":"number","type":"integer","required":true},
{"name":"issued","type":"dateTime"},
{"name":"doors","multiValued":true,"caseExact":true},
{"name":"pin","mutability":"writeOnly","returned":"never"},
{"name":"photo","type":"complex","returned":"request","subAttributes":[{"name":"url","type":"reference","referenceTypes":["external"]}]},
{"name":"holder","mutability":"immutable"}]}`

// edited is tenants whose settings an edit changes on the way out of the store.
type edited struct {
	directory.Tenants
	edit func(*directory.Tenant)
}

func (e edited) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	t, err := e.Tenants.Tenant(ctx, id)
	e.edit(&t)
	return t, err
}

// edit changes the settings of every tenant, as seen by the endpoint.
func (w *world) edit(edit func(*directory.Tenant)) {
	w.gate = access.New(access.Config{Tenants: edited{w.Store, edit}, Now: w.now})
	w.Handler = w.endpoint(w.Store, w.Store)
}

// strictWithBadge makes the tenants strict, with a schema of their own.
func strictWithBadge(t *directory.Tenant) {
	t.Strict, t.Schemas = true, []json.RawMessage{json.RawMessage(badgeSchema)}
	t.ETag += "+badge"
}

// A lenient tenant keeps what nobody has defined; once it is defined, the
// definition holds for what is sent, and /Schemas tells it.
func TestSchemasOfATenant(t *testing.T) {
	w := newWorld(t)
	body := func(badge string) string { return `{"userName":"ann@acme.com","` + badgeURN + `":` + badge + `}` }
	undefined := w.do("POST", "/scim/acme/v2/Users", body(`{"number":"seven","color":"red"}`))
	if undefined.Code != http.StatusCreated || !strings.Contains(undefined.Body.String(), `"number":"seven"`) {
		t.Fatalf("undefined: %d %s", undefined.Code, undefined.Body)
	}
	w.do("DELETE", strings.TrimPrefix(undefined.Header().Get("Location"), "https://scim.example.com"), "")
	w.edit(func(t *directory.Tenant) { strictWithBadge(t); t.Strict = false })
	if refused := w.do("POST", "/scim/acme/v2/Users", body(`{"number":"seven"}`)); refused.Code != 400 || !strings.Contains(refused.Body.String(), badgeURN+":number") {
		t.Errorf("a wrong kind: %d %s", refused.Code, refused.Body)
	}
	if refused := w.do("POST", "/scim/acme/v2/Users", body(`{"number":"7"}`)); refused.Code != 400 {
		t.Errorf("a number as a string: %d %s", refused.Code, refused.Body)
	}
	ann := w.do("POST", "/scim/acme/v2/Users", body(`{"number":7,"color":"red","pin":"0000"}`))
	if text := ann.Body.String(); ann.Code != http.StatusCreated || strings.Contains(text, "red") || strings.Contains(text, "0000") || !strings.Contains(text, `"number":7`) {
		t.Errorf("defined: %d %s", ann.Code, ann.Body)
	}
	for target, want := range map[string]string{
		"/Schemas": `"id":"` + badgeURN + `"`, "/Schemas/" + badgeURN: `"name":"Badge"`, "/ResourceTypes/User": `{"schema":"` + badgeURN + `","required":false}`,
		"/Users?filter=" + badgeURN + ":number+gt+6":                                       `"totalResults":1`,
		"/Users?filter=schemas+eq+\"" + badgeURN + "\"&attributes=" + badgeURN + ":number": `"number":7`,
		"/Users?sortBy=" + badgeURN + ":number":                                            `"totalResults":1`,
	} {
		if answer := w.do("GET", "/scim/acme/v2"+target, ""); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s: %d %s", target, answer.Code, answer.Body)
		}
	}
	w.pass(time.Minute)
	w.edit(func(*directory.Tenant) {}) // taken back: what is stored is kept
	if answer := w.do("GET", "/scim/acme/v2/Schemas/"+badgeURN, ""); answer.Code != http.StatusNotFound {
		t.Errorf("a schema that was taken back: %d", answer.Code)
	}
	if answer := w.do("GET", "/scim/acme/v2/Users", ""); !strings.Contains(answer.Body.String(), `"number":7`) || !strings.Contains(answer.Body.String(), scim.UserURN) {
		t.Errorf("after it was taken back: %s", answer.Body)
	}
}
