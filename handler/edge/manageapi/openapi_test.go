package manageapi_test

import (
	"io"
	"strings"
	"testing"

	"handover/handler/core/directory/directorytest"
	"handover/handler/edge/manageapi"
	"handover/handler/edge/openapitest"
)

// TestOpenAPI holds docs/openapi/manage.json against the routes, what they read
// and what they answer.
func TestOpenAPI(t *testing.T) {
	document := openapitest.Read(t, "../../../docs/openapi/manage.json")
	document.CheckRoutes(t, manageapi.Routes())
	document.CheckSchemas(t, manageapi.Structs)
	api := serve(directorytest.Memory{"globex": globex()}, io.Discard)
	some := strings.NewReplacer("{tenant}", "globex", "{role}", "Sales", "{credential}", "0011223344556677",
		"{user}", "00000000-0000-0000-0000-000000000001", "{group}", "00000000-0000-0000-0000-000000000009", "{leave}", "00000000-0000-0000-0000-000000000101")
	document.CheckBodies(t, func(method, path, body string) string {
		return ask(api, method+" "+strings.TrimPrefix(some.Replace(path), "/manage/v1"), body).Body.String()
	})
}
