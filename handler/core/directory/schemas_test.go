package directory_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const badge = `{"id":"urn:acme:params:scim:schemas:extension:badge:2.0:User","name":"Badge","attributes":[{"name":"number"}]}`

func TestModelOfATenant(t *testing.T) {
	large := fmt.Sprintf(`{"id":"urn:acme:x:2.0:User","attributes":[{"name":"a","description":%q}]}`, strings.Repeat("a", 30_000))
	for _, test := range []struct{ name, definitions, words string }{
		{"none", `[]`, ""},
		{"one", `[` + badge + `]`, ""},
		{"for users and groups", `[` + badge + `,` + strings.Replace(badge, ":User", ":Group", 1) + `]`, ""},
		{"twice", `[` + badge + `,` + strings.Replace(badge, "acme", "ACME", 1) + `]`, "is defined twice"},
		{"no JSON object", `[` + badge + `,"x"]`, "definition 2 of 2: the id of a schema must be a URN"},
		{"a name twice", `[{"id":"urn:acme:x:2.0:User","ID":"x"}]`, "definition 1 of 1: the name appears twice"},
		{"no attributes", `[{"id":"urn:acme:x:2.0:User"}]`, "the schema urn:acme:x:2.0:User has no attributes"},
		{"SCIM's own", `[{"id":"urn:ietf:params:scim:schemas:core:2.0:User","attributes":[{"name":"a"}]}]`, "is a part of SCIM"},
		{"an unknown type", strings.Replace(`[`+badge+`]`, `"number"`, `"number","type":"text"`, 1), "the type of number must be one of string"},
		{"too many", `[` + strings.Repeat(badge+",", 20) + badge + `]`, "at most 20 definitions"},
		{"too large", `[` + large + `]`, "at most 30000 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var tenant directory.Tenant
			if err := json.Unmarshal([]byte(test.definitions), &tenant.Schemas); err != nil {
				t.Fatal(err)
			}
			m, err := tenant.Model()
			if test.words == "" {
				if err != nil || m == nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if f := fault.Of(err); f == nil || f.Code != fault.InvalidValue || !strings.Contains(f.Message, test.words) {
				t.Errorf("got %v, want %q", err, test.words)
			}
		})
	}
}
