package scimapi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rowsOfPart is how many rows each part of docs/scim-conformance.md has.
var rowsOfPart = []struct {
	part string
	rows int
}{{"1.1", 39}, {"1.2", 14}, {"1.3", 7}, {"2", 22}, {"3", 6}, {"4", 44}, {"5", 6}, {"6", 9}}

// folder is that of a package, which the document names by its last part.
func folder(name string) string {
	for _, ring := range []string{"core", "rule", "edge", "adapter", "."} {
		path := filepath.Join("..", "..", ring, name)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return path
		}
	}
	return ""
}

// TestEveryRowHasATest holds docs/scim-conformance.md: all rows are there, in
// order, and each names tests that exist, or says why there can be none.
func TestEveryRowHasATest(t *testing.T) {
	page, err := os.ReadFile("../../../docs/scim-conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !regexp.MustCompile(`^ \d`).MatchString(cells[1]) {
			continue
		}
		row := strings.TrimSpace(cells[1])
		rows = append(rows, row)
		named := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[3], -1)
		if len(named) == 0 && !strings.HasPrefix(cells[2], " – ") {
			t.Errorf("%s names no test", row)
		}
		for _, name := range named {
			if problem := missing(name[1]); problem != "" {
				t.Errorf("%s: %s: %s", row, name[1], problem)
			}
		}
	}
	var want []string
	for _, p := range rowsOfPart {
		for i := range p.rows {
			want = append(want, fmt.Sprintf("%s-%02d", p.part, i+1))
		}
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// missing says what is not there of a test's name; "" if it is all there.
func missing(name string) string {
	if file, exchange, found := strings.Cut(name, ".txtar"); found {
		return missingExchange(file+".txtar", strings.TrimPrefix(exchange, "#"))
	}
	pkg, test, _ := strings.Cut(name, ".")
	test, testCase, _ := strings.Cut(test, "/")
	files, err := filepath.Glob(filepath.Join(folder(pkg), "*_test.go"))
	if err != nil || len(files) == 0 {
		return "no such package"
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err.Error()
		}
		_, body, found := strings.Cut(string(source), "\nfunc "+test+"(")
		if !found {
			continue
		}
		body, _, _ = strings.Cut(body, "\n}\n")
		if testCase != "" && !strings.Contains(body, `"`+testCase+`"`) {
			return "the test has no such case"
		}
		return ""
	}
	return "no such test"
}

func missingExchange(path, exchange string) string {
	pkg, file, _ := strings.Cut(path, "/")
	content, err := os.ReadFile(filepath.Join(folder(pkg), "testdata", file))
	if err != nil {
		return "no such file"
	}
	if exchange != "" && !strings.Contains(string(content), "-- answer: "+exchange+" --\n") {
		return "no such exchange"
	}
	return ""
}

// A test that cannot fail would hold nothing: what is misspelt is found.
func TestMissingTestsAreFound(t *testing.T) {
	for _, name := range []string{
		"scim.TestNothing", "nowhere.TestFilterMatch", "scim.TestFilterMatch/no such case",
		"scim/patch/none.txtar", "scimapi/okta.txtar#no such exchange",
	} {
		if missing(name) == "" {
			t.Errorf("%s was found", name)
		}
	}
	if folders := []string{folder("scim"), folder("provision"), folder("play")}; slices.Contains(folders, "") {
		t.Errorf("folders: %v", folders)
	}
}
