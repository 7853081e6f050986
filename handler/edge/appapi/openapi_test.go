package appapi_test

import (
	"io"
	"strings"
	"testing"

	"handover/handler/edge/appapi"
	"handover/handler/edge/openapitest"
)

// TestOpenAPI holds docs/openapi/app.json against the routes, what they read and
// what they answer.
func TestOpenAPI(t *testing.T) {
	document := openapitest.Read(t, "../../../docs/openapi/app.json")
	document.CheckRoutes(t, appapi.Routes())
	document.CheckSchemas(t, appapi.Structs)
	a := newApp(t, io.Discard)
	some := strings.NewReplacer("{tenant}", "acme", "{user}", ann, "{type}", "quote", "{id}", "Q-1")
	document.CheckBodies(t, func(method, path, body string) string {
		return a.ask(method+" "+strings.TrimPrefix(some.Replace(path), "/app/v1/acme"), body).Body.String()
	})
}
