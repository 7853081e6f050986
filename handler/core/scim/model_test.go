package scim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/scim"
)

func TestResourceTypeNames(t *testing.T) {
	m := newModel(t, true)
	got := []any{m.User().Name(), m.User().Endpoint(), m.Group().Name(), m.Group().Endpoint(), m.User().Strict(), newModel(t, false).Group().Strict()}
	if diff := cmp.Diff([]any{"User", "/Users", "Group", "/Groups", true, false}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A URN need not have SCIM's usual form with a version before the last part;
// the tenant's schemas decide where it ends.
func TestExtensionsWithUnusualURNs(t *testing.T) {
	const definition = `"attributes":[{"name":"badge"},{"name":"desk","type":"complex","subAttributes":[{"name":"floor"}]}]}`
	for _, urn := range []string{"urn:acme:hr", "urn:acme:hr:1.5", "urn:acme:2.0:hr", "urn:acme:hr-2.0.1:Group"} {
		t.Run(urn, func(t *testing.T) {
			s, err := scim.ParseSchema([]byte(`{"id":"` + urn + `",` + definition))
			if err != nil {
				t.Fatal(err)
			}
			m, err := scim.NewModel(scim.Options{Strict: true, Extensions: []scim.Schema{s}})
			if err != nil {
				t.Fatal(err)
			}
			kind, document := m.User(), `{"schemas":["`+scim.UserURN+`"],"userName":"ann"}`
			if urn == "urn:acme:hr-2.0.1:Group" {
				kind, document = m.Group(), `{"schemas":["`+scim.GroupURN+`"],"displayName":"Sales"}`
			}
			r, err := kind.Load([]byte(document))
			if err != nil {
				t.Fatal(err)
			}
			p, err := kind.DecodePatch([]byte(`{"schemas":["` + scim.PatchOpURN + `"],"Operations":[
				{"op":"add","path":"` + urn + `:badge","value":"1"},
				{"op":"add","path":"` + urn + `:desk.floor","value":"2"},
				{"op":"add","path":"` + urn + `","value":{"badge":"3"}}]}`))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Apply(r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`{"badge":"3","desk":{"floor":"2"}}`, string(r.Get(urn).Append(nil))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
