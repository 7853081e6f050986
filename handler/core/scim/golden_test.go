package scim_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

var update = flag.Bool("update", false, "write what the code does into testdata as what is wanted")

// badgeSchema is an extension as a tenant defines it.
const badgeSchema = `{"id":"urn:acme:params:scim:schemas:extension:Badge:2.0:User","name":"Badge","attributes":[
	{"name":"CustomAttribute"},
	{"name":"level","type":"integer"},
	{"name":"issuedBy","mutability":"immutable"},
	{"name":"tags","multiValued":true},
	{"name":"doors","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},{"name":"type"},{"name":"primary","type":"boolean"}]}]}`

func newModel(t testing.TB, strict bool) *scim.Model {
	t.Helper()
	badge, err := scim.ParseSchema([]byte(badgeSchema))
	if err != nil {
		t.Fatal(err)
	}
	m, err := scim.NewModel(scim.Options{Strict: strict, Extensions: []scim.Schema{badge}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A goldenCase is one archive of testdata: its comment says which row it holds,
// "before" is the stored document, "request" the body as it arrives, "after"
// the document or the fault that follows. The comment's words "group" and
// "strict" choose the resource type and the model.
type goldenCase struct {
	path    string
	archive *txtar.Archive
}

func goldenCases(t testing.TB, folder string) []goldenCase {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	var all []goldenCase
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, goldenCase{path, archive})
	}
	return all
}

func (c goldenCase) name() string {
	return strings.TrimSpace(strings.SplitN(string(c.archive.Comment), "\n", 2)[0])
}

func (c goldenCase) kind(t *testing.T) *scim.ResourceType {
	words := strings.Fields(c.name())
	strict, group := false, false
	for _, w := range words {
		strict = strict || w == "(strict)"
		group = group || w == "(group)"
	}
	if m := newModel(t, strict); group {
		return m.Group()
	} else {
		return m.User()
	}
}

func (c goldenCase) file(name string) string {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return strings.TrimSpace(string(f.Data))
		}
	}
	return ""
}

// check compares what happened with "after", or writes it there.
func (c goldenCase) check(t *testing.T, got string) {
	t.Helper()
	if !*update {
		if diff := cmp.Diff(c.file("after"), strings.TrimSpace(got)); diff != "" {
			t.Errorf("after (-want +got):\n%s", diff)
		}
		return
	}
	after := txtar.File{Name: "after", Data: []byte(strings.TrimSpace(got) + "\n")}
	for i, f := range c.archive.Files {
		if f.Name == "after" {
			c.archive.Files = append(c.archive.Files[:i], c.archive.Files[i+1:]...)
			break
		}
	}
	c.archive.Files = append(c.archive.Files, after)
	if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func describeFault(err error) string {
	f := fault.Of(err)
	return fmt.Sprintf("%d %s\n%s", f.Code.Status(), f.Code, f.Message)
}

// readable puts each attribute of a document on its own line.
func readable(document []byte) string {
	var b bytes.Buffer
	v, err := scim.Parse(document)
	if err != nil {
		return err.Error()
	}
	for _, f := range v.Fields() {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value.Append(nil))
	}
	return b.String()
}

func describeMembers(members []scim.Member) string {
	var b strings.Builder
	for _, m := range members {
		fmt.Fprintf(&b, "member %s %s %s\n", m.Value, m.Type, m.Ref)
	}
	return b.String()
}

func TestPost(t *testing.T) {
	for _, c := range goldenCases(t, "post") {
		t.Run(c.name(), func(t *testing.T) {
			r, err := c.kind(t).Decode([]byte(c.file("request")))
			if err != nil {
				c.check(t, describeFault(err))
				return
			}
			c.check(t, readable(r.Document())+describeMembers(r.Members()))
			again, err := c.kind(t).Load(r.Document())
			if err != nil {
				t.Fatalf("the document cannot be loaded again: %v", err)
			}
			if diff := cmp.Diff(string(r.Document()), string(again.Document())); diff != "" {
				t.Errorf("the document changed by loading (-first +again):\n%s", diff)
			}
		})
	}
}

func TestPatch(t *testing.T) {
	kinds := [...]string{"add", "remove", "replace", "remove all"}
	for _, c := range goldenCases(t, "patch") {
		t.Run(c.name(), func(t *testing.T) {
			kind := c.kind(t)
			before, err := kind.Load([]byte(c.file("before")))
			if err != nil {
				t.Fatal(err)
			}
			stored := string(before.Document())
			patch, err := kind.DecodePatch([]byte(c.file("request")))
			if err != nil {
				c.check(t, describeFault(err))
				return
			}
			var got strings.Builder
			changed, err := patch.Apply(before)
			switch {
			case err != nil:
				got.WriteString(describeFault(err))
				if diff := cmp.Diff(stored, string(before.Document())); diff != "" {
					t.Errorf("a refused patch changed the resource (-before +after):\n%s", diff)
				}
			case !changed:
				got.WriteString("unchanged\n")
				if diff := cmp.Diff(stored, string(before.Document())); diff != "" {
					t.Errorf("an unchanged resource differs (-before +after):\n%s", diff)
				}
			default:
				got.WriteString(readable(before.Document()))
			}
			for _, m := range patch.MemberChanges() {
				fmt.Fprintf(&got, "members %s %s\n", kinds[m.Kind], strings.Join(m.IDs, " "))
			}
			c.check(t, got.String())
		})
	}
}
