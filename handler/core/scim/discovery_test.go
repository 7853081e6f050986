package scim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// described is a schema as a client reads it.
type described struct {
	ID, Name   string
	Attributes []describedAttribute
	Meta       struct{ ResourceType, Location string }
}

type describedAttribute struct {
	Name, Type, Mutability, Returned, Uniqueness string
	MultiValued, Required, CaseExact             bool
	CanonicalValues                              []string
	SubAttributes                                []describedAttribute
}

func find(all []describedAttribute, name string) describedAttribute {
	for _, a := range all {
		if a.Name == name {
			return a
		}
	}
	return describedAttribute{}
}

func schemasOf(t *testing.T, m *scim.Model) map[string]described {
	t.Helper()
	body := m.Schemas("https://h/v2")
	if strings.Contains(string(body), "null") {
		t.Error("1.3 row 1: /Schemas holds a null")
	}
	var answer struct{ Resources []described }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	all := map[string]described{}
	for _, s := range answer.Resources {
		all[s.ID] = s
	}
	return all
}

func TestSchemas(t *testing.T) {
	m := newModel(t, false)
	all := schemasOf(t, m)
	if len(all) != 4 {
		t.Errorf("1.3 row 5: got %d schemas, want User, EnterpriseUser, Group and Badge", len(all))
	}
	for _, urn := range []string{scim.UserURN, scim.GroupURN} {
		if a := find(all[urn].Attributes, "externalId"); a.Type != "string" || !a.CaseExact {
			t.Errorf("1.3 row 2: externalId of %s is %+v", urn, a)
		}
	}
	user := all[scim.UserURN]
	for _, name := range []string{"emails", "phoneNumbers", "addresses", "roles"} {
		if kind := find(find(user.Attributes, name).SubAttributes, "type"); len(kind.CanonicalValues) == 0 {
			t.Errorf("1.3 row 3: %s.type has no canonicalValues", name)
		}
	}
	userName := find(user.Attributes, "userName")
	if !userName.Required || userName.CaseExact || userName.Uniqueness != "server" || userName.Mutability != "readWrite" {
		t.Errorf("4: userName is %+v", userName)
	}
	if password := find(user.Attributes, "password"); password.Mutability != "writeOnly" || password.Returned != "never" {
		t.Errorf("4: password is %+v", password)
	}
	if want := "https://h/v2/Schemas/" + scim.UserURN; user.Meta.Location != want {
		t.Errorf("location: got %s, want %s", user.Meta.Location, want)
	}
	if _, ok := m.Schema(strings.ToUpper(scim.GroupURN), "https://h/v2"); !ok {
		t.Error("4: the Group schema is not found by its URN in capitals")
	}
	if _, ok := m.Schema("urn:x", ""); ok {
		t.Error("an unknown schema is found")
	}
}

// A published schema can be read as the definition of an extension: what is
// announced and what is parsed are one form.
func TestPublishedSchemaIsParsed(t *testing.T) {
	body, ok := newModel(t, false).Schema("urn:acme:params:scim:schemas:extension:Badge:2.0:User", "")
	if !ok {
		t.Fatal("not found")
	}
	s, err := scim.ParseSchema(body)
	if err != nil {
		t.Fatal(err)
	}
	m, err := scim.NewModel(scim.Options{Extensions: []scim.Schema{s}})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := m.Schema(s.ID, "")
	if diff := cmp.Diff(string(body), string(again)); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
}

func TestParseSchemaRefuses(t *testing.T) {
	for _, c := range []struct{ name, definition, want string }{
		{"no URN", `{"id":"badge"}`, "the id of a schema must be a URN"},
		{"a core URN", `{"id":"` + scim.EnterpriseURN + `"}`, "is a part of SCIM"},
		{"no attributes", `{"id":"urn:a:b"}`, "has no attributes"},
		{"a bad name", `{"id":"urn:a:b","attributes":[{"name":"a.b"}]}`, `an attribute named "a.b"`},
		{"a name twice", `{"id":"urn:a:b","attributes":[{"name":"x"},{"name":"X"}]}`, "defines the attribute X twice"},
		{"an unknown type", `{"id":"urn:a:b","attributes":[{"name":"x","type":"date"}]}`, "the type of x must be one of string,"},
		{"a promise of uniqueness", `{"id":"urn:a:b","attributes":[{"name":"x","uniqueness":"server"}]}`, "the uniqueness of x must be one of none"},
		{"complex in complex", `{"id":"urn:a:b","attributes":[{"name":"x","type":"complex","subAttributes":[{"name":"y","type":"complex"}]}]}`, "cannot be complex again"},
		{"complex without parts", `{"id":"urn:a:b","attributes":[{"name":"x","type":"complex"}]}`, "has no subAttributes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := scim.ParseSchema([]byte(c.definition))
			if f := fault.Of(err); f == nil || !strings.Contains(f.Message, c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	s, err := scim.ParseSchema([]byte(badgeSchema))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scim.NewModel(scim.Options{Extensions: []scim.Schema{s, s}}); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("an extension twice: got %v", err)
	}
}

func TestResourceTypes(t *testing.T) {
	m := newModel(t, false)
	var list struct {
		TotalResults int
		Resources    []struct {
			ID, Endpoint, Schema string
			SchemaExtensions     []struct {
				Schema   string
				Required bool
			}
		}
	}
	if err := json.Unmarshal(m.ResourceTypes("https://h/v2"), &list); err != nil {
		t.Fatal(err)
	}
	if list.TotalResults != 2 || list.Resources[0].Endpoint != "/Users" || len(list.Resources[0].SchemaExtensions) != 2 ||
		list.Resources[1].Schema != scim.GroupURN || len(list.Resources[1].SchemaExtensions) != 0 {
		t.Errorf("1.3 row 4: got %+v", list)
	}
	if body, ok := m.ResourceType("user", "https://h/v2"); !ok || !strings.Contains(string(body), `"location":"https://h/v2/ResourceTypes/User"`) {
		t.Errorf("got %s", body)
	}
}

func TestServiceProviderConfig(t *testing.T) {
	m := newModel(t, false)
	for _, c := range []struct {
		name   string
		config scim.ProviderConfig
		want   string
	}{
		{
			"1.3 row 4 plain",
			scim.ProviderConfig{MaxResults: 200},
			`"patch":{"supported":true},"bulk":{"supported":false,"maxOperations":0,"maxPayloadSize":0},"filter":{"supported":true,"maxResults":200},"changePassword":{"supported":false},"sort":{"supported":false},"etag":{"supported":false},"authenticationSchemes":[`,
		},
		{
			"5 everything",
			scim.ProviderConfig{MaxResults: 200, MaxBulkOperations: 100, MaxBulkBytes: 1 << 20, Sort: true, ETag: true, Cursor: true, CursorSeconds: 600, DefaultPageSize: 100, OAuth: true},
			`"bulk":{"supported":true,"maxOperations":100,"maxPayloadSize":1048576},"filter":{"supported":true,"maxResults":200},"changePassword":{"supported":false},"sort":{"supported":true},"etag":{"supported":true},"pagination":{"cursor":true,"index":true,"defaultPaginationMethod":"index","defaultPageSize":100,"maxPageSize":200,"cursorTimeout":600}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := m.ServiceProviderConfig("https://h/v2", c.config)
			if !json.Valid(body) || !strings.Contains(string(body), c.want) {
				t.Errorf("got %s\nwant %s in it", body, c.want)
			}
		})
	}
}
