package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
)

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sources is the code of the program, without its tests, and the files that the
// Functions host reads.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range []string{".", "../functions"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			isCode := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "function.json"
			if err != nil || entry.IsDir() || !isCode {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String() + document(t, "local.settings.sample.json") + document(t, "host.json")
}

var quoted = regexp.MustCompile("`([^`\n]+)`")

// TestRunbookNamesWhatIsThere wants every line, code, metric, setting and
// function that the runbook quotes to be in the code, and every fault of ours to
// be in the runbook.
func TestRunbookNamesWhatIsThere(t *testing.T) {
	runbook, code := document(t, "docs/runbook.md"), sources(t)
	for _, name := range quoted.FindAllStringSubmatch(runbook, -1) {
		if said := name[1]; !strings.HasPrefix(said, "handover ") && !strings.Contains(code, said) {
			t.Errorf("the runbook names %q, which the code does not have", said)
		}
	}
	for _, entry := range fault.Table() {
		if entry.Status >= 500 && !strings.Contains(runbook, "`"+string(entry.Code)+"`") {
			t.Errorf("the runbook does not say what to do about %s", entry.Code)
		}
	}
}

// TestOperationsListsTheMetrics compares the document with the instruments, and
// its codes of lines with the code.
func TestOperationsListsTheMetrics(t *testing.T) {
	operations := document(t, "docs/operations.md")
	_, table, _ := strings.Cut(operations, "| metric |")
	table, _, _ = strings.Cut(table, "\n\n")
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z.]+)`").FindAllStringSubmatch(table, -1) {
		documented = append(documented, row[1])
	}
	var made []string
	for _, name := range regexp.MustCompile(`metric[A-Z]\w+ += "([a-z.]+)"`).FindAllStringSubmatch(document(t, "handler/adapter/telemetry/instruments.go"), -1) {
		made = append(made, name[1])
	}
	if diff := cmp.Diff(made, documented); diff != "" || len(made) == 0 {
		t.Errorf("metrics (-code +document):\n%s", diff)
	}
	code := sources(t)
	_, codes, _ := strings.Cut(operations, "| code | msg |")
	codes, _, _ = strings.Cut(codes, "\n\n")
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `([^`]+)`").FindAllStringSubmatch(codes, -1) {
		if !strings.Contains(code, `"`+row[1]+`"`) || !strings.Contains(code, `"`+row[2]+`"`) {
			t.Errorf("no line %q with the code %s", row[2], row[1])
		}
	}
}

// TestDependenciesAreExplained wants a line in docs/dependencies.md for every
// module that a package of ours imports.
func TestDependenciesAreExplained(t *testing.T) {
	list, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}
{{join .TestImports "\n"}}
{{join .XTestImports "\n"}}`, "handover/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	explained := document(t, "docs/dependencies.md")
	modules := requirements(t)
	for _, module := range modules {
		imported := slices.ContainsFunc(strings.Fields(string(list)), func(path string) bool { return moduleOf(path, modules) == module })
		if imported && !strings.Contains(explained, "| "+module+" |") {
			t.Errorf("docs/dependencies.md does not say why %s is there", module)
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\| ([a-z]+\.[^ ]+) \|`).FindAllStringSubmatch(explained, -1) {
		if !slices.Contains(modules, row[1]) {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not have", row[1])
		}
	}
}

// requirements are the modules of go.mod.
func requirements(t *testing.T) []string {
	t.Helper()
	var modules []string
	for _, line := range regexp.MustCompile(`(?m)^\s+([^ ]+) v`).FindAllStringSubmatch(document(t, "go.mod"), -1) {
		modules = append(modules, line[1])
	}
	return modules
}

// moduleOf is the module with the longest path that a package can be of.
func moduleOf(path string, modules []string) string {
	longest := ""
	for _, module := range modules {
		if (path == module || strings.HasPrefix(path, module+"/")) && len(module) > len(longest) {
			longest = module
		}
	}
	return longest
}
