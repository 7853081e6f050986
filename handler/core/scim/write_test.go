package scim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

const managerID = "0190a1b2-0000-7000-8000-0000000000aa"

func TestAppendJSON(t *testing.T) {
	m := newModel(t, false)
	user, err := m.User().Decode([]byte(`{"userName":"ann","name":{"givenName":"A","familyName":"L"},
		"emails":[{"value":"a@x","type":"work"},{"value":"b@x"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"` + managerID + `","department":"Sales"}}`))
	if err != nil {
		t.Fatal(err)
	}
	group, err := m.Group().Decode([]byte(`{"displayName":"Sales"}`))
	if err != nil {
		t.Fatal(err)
	}
	e := annEnvelope
	e.Base = "https://h/v2"
	g := scim.Envelope{ID: "G", Members: []scim.Reference{{Value: "U", Ref: "https://h/v2/Users/U", Type: "User"}}}
	const schemas = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]`
	const groupSchemas = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`
	const name, emails = `"name":{"familyName":"L","givenName":"A"}`, `"emails":[{"value":"a@x","type":"work"},{"value":"b@x"}]`
	const manager = `"manager":{"value":"` + managerID + `","$ref":"https://h/v2/Users/` + managerID + `"}`
	const enterprise = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{`
	const groups = `"groups":[{"value":"G","display":"Sales"}]`
	const meta = `"meta":{"resourceType":"User","created":"2026-01-02T03:04:05.000Z","lastModified":"2026-03-01T00:00:00.000Z","location":"https://h/Users/A","version":"W/\"1\""}`
	const groupMeta = `"meta":{"resourceType":"Group"}`
	const members = `"members":[{"value":"U","$ref":"https://h/v2/Users/U","type":"User"}]`
	object := func(parts ...string) string { return "{" + strings.Join(parts, ",") + "}" }
	for _, c := range []struct {
		name             string
		kind             *scim.ResourceType
		r                *scim.Resource
		e                scim.Envelope
		attributes, less string
		want             string
	}{
		{
			"the default", m.User(), user, e, "", "",
			object(schemas, `"id":"A","userName":"ann"`, name, `"active":true`, emails, enterprise+manager+`,"department":"Sales"}`, groups, meta),
		},
		{"4 attributes", m.User(), user, e, "username, emails.value", "", object(schemas, `"id":"A","userName":"ann"`, `"emails":[{"value":"a@x"},{"value":"b@x"}]`)},
		{"1.1 row 5 id alone", m.User(), user, e, "id", "", object(schemas, `"id":"A"`)},
		{
			"4 excluded sub-attribute", m.User(), user, e, "", "name.givenName,emails,meta,groups," + "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
			object(schemas, `"id":"A","userName":"ann"`, `"name":{"familyName":"L"}`, `"active":true`, enterprise+manager+`}`),
		},
		{
			"4 what is always returned stays", m.User(), user, e, "", "id,schemas,name,emails,active,groups,meta,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
			object(schemas, `"id":"A","userName":"ann"`),
		},
		{"4 an extension by its URN", m.User(), user, e, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "", object(schemas, `"id":"A"`, enterprise+manager+`,"department":"Sales"}`)},
		{
			"4 an attribute of an extension", m.User(), user, e, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "",
			object(schemas, `"id":"A"`, enterprise+`"manager":{"value":"`+managerID+`"}}`),
		},
		{"4 parts of meta and groups", m.User(), user, e, "meta.location,groups.value", "", object(schemas, `"id":"A","groups":[{"value":"G"}]`, `"meta":{"location":"https://h/Users/A"}`)},
		{"unknown names are ignored", m.User(), user, e, "shoeSize", "", object(schemas, `"id":"A"`)},
		{"a group", m.Group(), group, g, "", "", object(groupSchemas, `"id":"G","displayName":"Sales"`, members, groupMeta)},
		{"1.2 row 1 no members", m.Group(), group, g, "", "members", object(groupSchemas, `"id":"G","displayName":"Sales"`, groupMeta)},
		{"members alone", m.Group(), group, g, "members.value", "", object(groupSchemas, `"id":"G","members":[{"value":"U"}]`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := c.kind.Projection(c.attributes, c.less)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.kind.AppendJSON(nil, c.r.Document(), c.e, p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is spliced and what is decoded and written again must be the same.
func TestAppendJSONFastAndSlowAgree(t *testing.T) {
	m := newModel(t, false)
	user, err := m.User().Decode([]byte(annBody))
	if err != nil {
		t.Fatal(err)
	}
	e := annEnvelope
	e.Base = "https://h"
	fast, err := m.User().AppendJSON(nil, user.Document(), e, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.User().Projection("", "nickName")
	if err != nil {
		t.Fatal(err)
	}
	slow, err := m.User().AppendJSON(nil, user.Document(), e, all)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(fast), string(slow)); diff != "" {
		t.Errorf("(-fast +slow):\n%s", diff)
	}
}

func TestReturnedNever(t *testing.T) {
	s, err := scim.ParseSchema([]byte(`{"id":"urn:acme:x:2.0:User","attributes":[{"name":"pin","returned":"never"},{"name":"bio","returned":"request"},{"name":"open"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := scim.NewModel(scim.Options{Extensions: []scim.Schema{s}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.User().Decode([]byte(`{"userName":"ann","urn:acme:x:2.0:User":{"pin":"1","bio":"2","open":"3"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for attributes, want := range map[string]string{
		"":                         `"urn:acme:x:2.0:User":{"open":"3"}`,
		"urn:acme:x:2.0:User:pin":  `"id":"A"}`,
		"urn:acme:x:2.0:User:bio":  `"urn:acme:x:2.0:User":{"bio":"2"}`,
		"urn:acme:x:2.0:User:open": `"urn:acme:x:2.0:User":{"open":"3"}`,
	} {
		p, err := m.User().Projection(attributes, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.User().AppendJSON(nil, r.Document(), scim.Envelope{ID: "A"}, p)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(got), want) || strings.Contains(string(got), "pin") {
			t.Errorf("attributes=%s: got %s, want %s in it", attributes, got, want)
		}
	}
}

func TestProjectionWants(t *testing.T) {
	m := newModel(t, false)
	for _, c := range []struct {
		attributes, less, name string
		want                   bool
	}{
		{"", "", "members", true},
		{"", "", "shoeSize", true},
		{"displayName", "", "shoeSize", false},
		{"", "members", "members", false},
		{"", "members.value", "members", true},
		{"id,displayName", "", "members", false},
		{"members.value", "", "members", true},
		{"displayName", "", "id", true},
	} {
		p, err := m.Group().Projection(c.attributes, c.less)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Wants(c.name); got != c.want {
			t.Errorf("%q without %q wants %s: got %v, want %v", c.attributes, c.less, c.name, got, c.want)
		}
	}
	if _, err := m.User().Projection("id", "meta"); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("both members: got %v, want invalidValue", err)
	}
}

func TestAppendError(t *testing.T) {
	got := string(scim.AppendError(nil, fault.New(fault.Uniqueness, "userName is taken")))
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"userName is taken"}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAppendList(t *testing.T) {
	for _, c := range []struct {
		name      string
		header    scim.ListHeader
		resources [][]byte
		want      string
	}{
		{
			"1.3 row 6 a page by index",
			scim.ListHeader{TotalResults: 7, StartIndex: 6},
			[][]byte{[]byte(`{"id":"a"}`), []byte(`{"id":"b"}`)},
			`"totalResults":7,"itemsPerPage":2,"startIndex":6,"Resources":[{"id":"a"},{"id":"b"}]}`,
		},
		{"2 an empty list", scim.ListHeader{StartIndex: 1}, nil, `"totalResults":0,"itemsPerPage":0,"startIndex":1,"Resources":[]}`},
		{"5 a page by cursor", scim.ListHeader{Unknown: true, NextCursor: "n", PreviousCursor: "p"}, nil, `"itemsPerPage":0,"nextCursor":"n","previousCursor":"p","Resources":[]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],` + c.want
			if diff := cmp.Diff(want, string(scim.AppendList(nil, c.header, c.resources))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
