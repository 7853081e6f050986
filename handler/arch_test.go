package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed is the picture of ARCHITECTURE.md: for each package, what it may
// import of this module. "ring/*" stands for every package of a ring. Test files
// may import anything.
var allowed = map[string][]string{
	"core/fault":      nil,
	"core/tally":      nil,
	"core/scim":       {"core/fault"},
	"core/credential": {"core/fault"},
	"core/directory":  {"core/fault", "core/scim", "core/credential"},

	"core/directory/directorytest": {"core/*"},

	"adapter/table":           {"core/*"},
	"adapter/table/tabletest": {"core/*", "adapter/table"},
	"adapter/azure":           {"core/*", "adapter/table"},
	"adapter/azure/azuretest": nil,
	"adapter/connector":       {"core/*"},
	"adapter/entra":           {"core/*"},
	"adapter/entra/entratest": nil,
	"adapter/local":           {"core/*", "adapter/table"},
	"adapter/store":           {"core/*", "adapter/table"},
	"adapter/telemetry":       {"core/*", "adapter/table"},

	"rule/*":                     {"core/*"},
	"rule/reassign/reassigntest": {"core/*", "rule/reassign"},

	"edge/exchange": {"core/*"},
	"edge/*":        {"core/*", "rule/*", "edge/exchange"},

	"play": {"core/*"},
	"":     {"core/*", "adapter/*", "rule/*", "edge/*", "play"},
}

// forbiddenBelowMain are packages of the standard library that do input or
// output, which the core may not.
var forbiddenInCore = []string{"net", "net/http", "os", "database/sql", "log", "log/slog", "os/exec"}

type listed struct {
	ImportPath string
	Imports    []string
}

const root = "handover/handler"

func TestImportsPointInward(t *testing.T) {
	for _, p := range packages(t) {
		for _, fault := range violations(p) {
			t.Error(fault)
		}
	}
}

// TestThePictureIsEnforced adds imports that the picture forbids and wants each
// of them found.
func TestThePictureIsEnforced(t *testing.T) {
	forbidden := map[string]string{
		"core/fault":    "core/directory",
		"core/scim":     "rule/provision",
		"rule/reassign": "adapter/store",
		"rule/access":   "rule/provision",
		"adapter/store": "adapter/local",
		"adapter/local": "edge/trigger",
		"edge/trigger":  "edge/scimapi",
		"edge/scimapi":  "adapter/store",
		"play":          "edge/scimapi",
	}
	for from, to := range forbidden {
		p := listed{ImportPath: root + "/" + from, Imports: []string{root + "/" + to}}
		if len(violations(p)) == 0 {
			t.Errorf("%s may import %s, against the picture", from, to)
		}
	}
	if p := (listed{ImportPath: root + "/core/scim", Imports: []string{"net/http"}}); len(violations(p)) == 0 {
		t.Error("the core may do input and output")
	}
	if p := (listed{ImportPath: root + "/core/new"}); len(violations(p)) == 0 {
		t.Error("a package that the picture does not show goes unnoticed")
	}
}

func violations(p listed) []string {
	name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, root), "/")
	mayImport, known := rulesFor(name)
	if !known {
		return []string{name + " is not in the picture of arch_test.go"}
	}
	var found []string
	for _, imported := range p.Imports {
		if inner, ours := strings.CutPrefix(imported, root+"/"); ours && !matches(mayImport, inner) {
			found = append(found, fmt.Sprintf("%s imports %s, which the picture forbids", name, inner))
		}
		if strings.HasPrefix(name, "core/") && slices.Contains(forbiddenInCore, imported) {
			found = append(found, fmt.Sprintf("%s imports %s, but the core does no input or output", name, imported))
		}
	}
	return found
}

func rulesFor(name string) ([]string, bool) {
	if rules, ok := allowed[name]; ok {
		return rules, true
	}
	ring, _, _ := strings.Cut(name, "/")
	rules, ok := allowed[ring+"/*"]
	return rules, ok
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ring, isRing := strings.CutSuffix(pattern, "*")
		return pattern == name || isRing && strings.HasPrefix(name, ring)
	})
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", root+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
