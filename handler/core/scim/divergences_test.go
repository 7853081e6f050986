package scim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every function of the client files has one heading in the document, in the
// same order, and a comment.
func TestDivergencesAreDocumented(t *testing.T) {
	var functions []string
	for _, file := range []string{"entra.go", "okta.go", "onelogin.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		client := strings.TrimSuffix(file, ".go")
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if !strings.HasPrefix(f.Name.Name, client) || f.Doc == nil {
				t.Errorf("%s: %s needs a comment and a name that begins with %s", file, f.Name.Name, client)
			}
			functions = append(functions, f.Name.Name)
		}
	}
	page, err := os.ReadFile("../../../docs/scim-divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	var headings []string
	for line := range strings.Lines(string(page)) {
		if heading, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			headings = append(headings, heading)
		}
	}
	if diff := cmp.Diff(functions, headings); diff != "" {
		t.Errorf("functions and headings differ (-functions +headings):\n%s", diff)
	}
}
