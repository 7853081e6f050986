package scim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/core/scim"
)

// kioskSchema has an attribute for each way in which one can be returned.
const kioskSchema = `{"id":"urn:acme:kiosk:2.0:User","attributes":[
	{"name":"open"},{"name":"pin","returned":"never"},{"name":"bio","returned":"request"},{"name":"code","returned":"always"},
	{"name":"desk","type":"complex","multiValued":true,"subAttributes":[
		{"name":"value"},{"name":"floor","type":"integer"},{"name":"key","returned":"never"},{"name":"note","returned":"request"},{"name":"seat","returned":"always"}]}]}`

func kioskModel(t testing.TB) *scim.Model {
	t.Helper()
	s, err := scim.ParseSchema([]byte(kioskSchema))
	if err != nil {
		t.Fatal(err)
	}
	m, err := scim.NewModel(scim.Options{Extensions: []scim.Schema{s}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A document that begins with a blank is not in the stored form, so it is
// decoded: both ways must write the same bytes.
func TestSplicedAndDecodedAgree(t *testing.T) {
	plain, kiosk := newModel(t, false), kioskModel(t)
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]*scim.ResourceType{plain.User(), kiosk.User(), plain.Group()}).Draw(t, "type")
		body, err := json.Marshal(drawBody(t, kind))
		if err != nil {
			t.Fatal(err)
		}
		r, err := kind.Decode(body)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		names := strings.Join(rapid.SliceOfN(rapid.SampledFrom(projectedNames), 0, 4).Draw(t, "names"), ",")
		attributes, less := names, ""
		if rapid.Bool().Draw(t, "excluded") {
			attributes, less = "", names
		}
		p, err := kind.Projection(attributes, less)
		if err != nil {
			t.Fatal(err)
		}
		e := annEnvelope
		e.Base = rapid.SampledFrom([]string{"", "https://h/scim/a\"cme/v2"}).Draw(t, "base")
		e.Members = rapid.SampledFrom([][]scim.Reference{nil, {{Value: "U", Type: "User"}}}).Draw(t, "members")
		spliced, err := kind.AppendJSON([]byte("before"), r.Document(), e, p)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := kind.AppendJSON([]byte("before"), append([]byte(" "), r.Document()...), e, p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(decoded), string(spliced)); diff != "" {
			t.Fatalf("attributes=%s&excludedAttributes=%s of %s (-decoded +spliced):\n%s", attributes, less, r.Document(), diff)
		}
	})
}

var projectedNames = []string{
	"id", "schemas", "meta", "meta.version", "groups", "groups.display", "members", "members.value", "userName", "NAME", "name.givenName", "name.familyName",
	"emails", "emails.value", "emails.type", "active", "displayName", "externalId", "addresses.locality", "shoeSize",
	scim.EnterpriseURN, scim.EnterpriseURN + ":manager", scim.EnterpriseURN + ":manager.value", scim.EnterpriseURN + ":manager.$ref", scim.EnterpriseURN + ":department", "department",
	"urn:acme:kiosk:2.0:User", "urn:acme:kiosk:2.0:User:pin", "urn:acme:kiosk:2.0:User:bio", "urn:acme:kiosk:2.0:User:desk", "urn:acme:kiosk:2.0:User:desk.note",
	"urn:acme:kiosk:2.0:User:desk.key", "urn:acme:kiosk:2.0:User:desk.value", "urn:acme:kiosk:2.0:User:open",
	"urn:nobody:knows:2.0:User", "urn:nobody:knows:2.0:User:a", "urn:nobody:knows:2.0:User:b.c",
}

// drawBody makes up a create with any of the attributes that matter here.
func drawBody(t *rapid.T, kind *scim.ResourceType) map[string]any {
	word := rapid.SampledFrom([]string{"x", `"`, `\`, `\"`, "a,b", "}]", "{[", "é\u2028", "name\":\"", "\t"})
	maybe := func(into map[string]any, name string, value any) {
		if rapid.Bool().Draw(t, name) {
			into[name] = value
		}
	}
	entries := func(name string, subs ...string) []any {
		all := make([]any, rapid.IntRange(0, 3).Draw(t, name+" count"))
		for i := range all {
			entry := map[string]any{}
			for _, sub := range subs {
				maybe(entry, sub, word.Draw(t, name+"."+sub))
			}
			maybe(entry, "floor", i)
			all[i] = entry
		}
		return all
	}
	body := map[string]any{"schemas": []string{kind.Name()}}
	maybe(body, "externalId", word.Draw(t, "an externalId"))
	nobody := map[string]any{}
	maybe(nobody, "a", []any{word.Draw(t, "an item"), 1, true})
	maybe(nobody, "b", map[string]any{"c": word.Draw(t, "a c"), "d": map[string]any{"e": 1.5}})
	body["urn:nobody:knows:2.0:User"] = nobody
	if body["displayName"] = word.Draw(t, "displayName"); kind.Name() == "Group" {
		return body
	}
	body["userName"] = word.Draw(t, "userName")
	maybe(body, "active", rapid.Bool().Draw(t, "is active"))
	name, enterprise, manager, kiosk := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	maybe(name, "givenName", word.Draw(t, "a givenName"))
	maybe(name, "familyName", word.Draw(t, "a familyName"))
	maybe(manager, "value", rapid.SampledFrom([]string{managerID, "nobody", `n"o`}).Draw(t, "a manager"))
	maybe(enterprise, "manager", manager)
	maybe(enterprise, "department", word.Draw(t, "a department"))
	for _, a := range []string{"open", "pin", "bio", "code"} {
		maybe(kiosk, a, word.Draw(t, "a "+a))
	}
	kiosk["desk"] = entries("desk", "value", "key", "note", "seat")
	body["name"], body[scim.EnterpriseURN] = name, enterprise
	body["emails"], body["addresses"] = entries("emails", "value", "type"), entries("addresses", "locality", "type")
	body["urn:acme:kiosk:2.0:User"] = kiosk
	return body
}

// A document that is not in the stored form, or broken, is decoded or refused;
// the walk over its bytes ends.
func FuzzSplice(f *testing.F) {
	m := kioskModel(f)
	document := string(mustDecode(f, m.User(), entraUser).Document())
	f.Add(document, "userName,emails.value", true)
	f.Add(document[:len(document)-5], "name", false)
	f.Add(`{"schemas":["x"],"userName":"\`, "", false)
	f.Add(`{"schemas":["x"],"name":{"givenName":"a"},"userName":"u","nickName":[]}`, "nickName", true)
	f.Fuzz(func(t *testing.T, document, names string, only bool) {
		attributes, less := names, ""
		if !only {
			attributes, less = "", names
		}
		p, err := m.User().Projection(attributes, less)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = m.User().AppendJSON(nil, []byte(document), annEnvelope, p)
	})
}
