package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"handover/handler/core/scim"
)

// entraUser is a create of about 0.9 kB as Entra sends it.
const entraUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"Test_User_ab6490ee@acme.com","active":true,"addresses":[{"type":"work","formatted":"1 Main Street, Toronto","streetAddress":"1 Main Street","locality":"Toronto","region":"ON","postalCode":"M5V 1A1","country":"Canada"}],"displayName":"Ann Lee","emails":[{"primary":true,"type":"work","value":"ann.lee@acme.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Ann Lee","familyName":"Lee","givenName":"Ann"},"phoneNumbers":[{"type":"mobile","value":"+1 555 0100"},{"type":"work","value":"+1 555 0101"}],"preferredLanguage":"en-CA","roles":[],"title":"Head of Sales","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"4711","department":"Sales","manager":{"value":"0190a1b2-0000-7000-8000-0000000000aa"}}}`

// entraPatch is an update as Entra's default dialect sends it.
const entraPatch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"displayName","value":"Ann Lee-Smith"},{"op":"Replace","path":"name.familyName","value":"Lee-Smith"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ann.smith@acme.com"},{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Ottawa"},{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Marketing"},{"op":"Replace","path":"active","value":"True"}]}`

func BenchmarkDecode(b *testing.B) {
	kind := newModel(b, false).User()
	body := []byte(entraUser)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kind.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	kind := newModel(b, false).User()
	document := mustDecode(b, kind, entraUser).Document()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kind.Load(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDocument(b *testing.B) {
	r := mustDecode(b, newModel(b, false).User(), entraUser)
	b.ReportAllocs()
	for b.Loop() {
		r.Document()
	}
}

// BenchmarkPatch reads a PATCH of six operations and applies it. The copy of the
// user that each round needs is not the PATCH's own cost; BenchmarkClone has it.
func BenchmarkPatch(b *testing.B) {
	kind := newModel(b, false).User()
	r := mustDecode(b, kind, entraUser)
	body := []byte(entraPatch)
	b.ReportAllocs()
	for b.Loop() {
		p, err := kind.DecodePatch(body)
		if err != nil {
			b.Fatal(err)
		}
		if changed, err := p.Apply(r.Clone()); err != nil || !changed {
			b.Fatal(changed, err)
		}
	}
}

func BenchmarkClone(b *testing.B) {
	r := mustDecode(b, newModel(b, false).User(), entraUser)
	b.ReportAllocs()
	for b.Loop() {
		r.Clone()
	}
}

func BenchmarkFilterParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scim.ParseFilter(`emails[type eq "work"].value eq "ann.lee@acme.com" and active eq true`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFilterMatch(b *testing.B) {
	kind := newModel(b, false).User()
	r := mustDecode(b, kind, entraUser)
	f, err := kind.ParseFilter(`emails[type eq "work" and value co "acme"] and title sw "head"`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !f.Match(kind, r, annEnvelope) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	kind := newModel(b, false).User()
	document := mustDecode(b, kind, entraUser).Document()
	e := annEnvelope
	e.Base = "https://h/scim/acme/v2"
	for _, c := range []struct{ name, attributes, less string }{
		{"spliced", "", ""}, {"without groups", "", "groups"}, {"projected", "userName,name.givenName", ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := kind.Projection(c.attributes, c.less)
			if err != nil {
				b.Fatal(err)
			}
			dst := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := kind.AppendJSON(dst, document, e, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkListOf100(b *testing.B) {
	kind := newModel(b, false).User()
	document := mustDecode(b, kind, entraUser).Document()
	e := annEnvelope
	e.Base = "https://h/scim/acme/v2"
	for _, c := range []struct{ name, attributes, less string }{
		{"whole", "", ""}, {"id and userName", "id,userName", ""}, {"parts", "userName,name.givenName,emails.value", ""}, {"without emails", "", "emails"},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := kind.Projection(c.attributes, c.less)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				dst := make([]byte, 0, 200_000)
				dst = scim.AppendListStart(dst, scim.ListHeader{TotalResults: 100, ItemsPerPage: 100, StartIndex: 1})
				for i := range 100 {
					if i > 0 {
						dst = append(dst, ',')
					}
					if dst, err = kind.AppendJSON(dst, document, e, p); err != nil {
						b.Fatal(err)
					}
				}
				scim.AppendListEnd(dst)
			}
		})
	}
}

// BenchmarkBulk reads 100 creates and a group of all of them, puts them in order
// and resolves them.
func BenchmarkBulk(b *testing.B) {
	var operations, members []string
	for i := range 100 {
		operations = append(operations, post(fmt.Sprint(i), "/Users", entraUser))
		members = append(members, fmt.Sprintf(`{"value":"bulkId:%d"}`, i))
	}
	group := post("g", "/Groups", `{"displayName":"All","members":[`+strings.Join(members, ",")+`]}`)
	body := []byte(bulkBody(append([]string{group}, operations...)...))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		request := parseBulk(b, string(body))
		for _, step := range request.Order() {
			if _, f := request.Resolve(step, func(string) (string, bool) { return managerID, true }); f != nil {
				b.Fatal(f)
			}
		}
	}
}

func BenchmarkNewModel(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scim.NewModel(scim.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func mustDecode(tb testing.TB, kind *scim.ResourceType, body string) *scim.Resource {
	tb.Helper()
	r, err := kind.Decode([]byte(body))
	if err != nil {
		tb.Fatal(err)
	}
	return r
}
