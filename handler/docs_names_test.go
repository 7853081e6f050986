package main

import (
	"bytes"
	"fmt"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"handover/handler/core/fault"
)

// pages are all of docs/, by name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	texts := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(file)] = string(text)
	}
	return texts
}

func TestDocsLinks(t *testing.T) {
	for name, text := range pages(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join("../docs", link[1])); err != nil {
				t.Errorf("docs/%s links to %s, which is not there", name, link[1])
			}
		}
	}
}

// TestDocsCommands runs every command of ours that the documents quote, with
// --help, and wants its flags in the answer.
func TestDocsCommands(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	helped := map[string]string{}
	for name, text := range pages(t) {
		for _, said := range regexp.MustCompile("(?m)(?:`|^)handover ([a-z][^`\n]*)").FindAllStringSubmatch(text, -1) {
			words := regexp.MustCompile(`^[a-z-]+( [a-z][a-z-]*)?`).FindString(said[1])
			if first, _, _ := strings.Cut(words, " "); helpOf(t, helped, words) == "" && !strings.Contains(helpOf(t, helped, first), "Commands:") {
				words = first
			}
			if helpOf(t, helped, words) == "" {
				t.Errorf("docs/%s: there is no handover %s", name, words)
			}
			for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(said[1], -1) {
				if !strings.Contains(helped[words], flag) {
					t.Errorf("docs/%s: handover %s has no %s", name, words, flag)
				}
			}
		}
		for _, target := range regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)").FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`(?m)^([a-z-]+ )*` + target[1] + `( [a-z-]+)*:`).Match(makefile) {
				t.Errorf("docs/%s: there is no make %s", name, target[1])
			}
		}
	}
}

// helpOf is what a command answers to --help, and nothing if it is none.
func helpOf(t *testing.T, asked map[string]string, words string) string {
	t.Helper()
	if answer, ok := asked[words]; ok {
		return answer
	}
	asked[words] = ""
	var output bytes.Buffer
	m := newMain()
	m.Args, m.Stdout, m.Stderr = append(strings.Fields(words), "--help"), &output, &output
	if m.Run(t.Context()) != 0 || !strings.Contains(output.String(), "Usage: handover "+words) {
		return ""
	}
	asked[words] = output.String()
	return asked[words]
}

// TestDocsSettings wants every setting of ours that the documents name to be
// one, and the parameters of deploy.md to be those of main.bicep.
func TestDocsSettings(t *testing.T) {
	texts := pages(t)
	known := append(namesOf(SettingsList()), "HANDOVER_TEST_TABLES", "HANDOVER_TEST_SERVICEBUS")
	for name, text := range texts {
		for _, setting := range regexp.MustCompile(`HANDOVER_[A-Z_]+`).FindAllString(text, -1) {
			if !slices.Contains(known, setting) {
				t.Errorf("docs/%s names the setting %s, which is none", name, setting)
			}
		}
	}
	bicep, err := os.ReadFile("../infra/main.bicep")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(texts["deploy.md"], "| parameter | what |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := regexp.MustCompile("(?m)^\\| (`.*?`) \\|").FindAllStringSubmatch(table, -1)
	if len(rows) == 0 {
		t.Error("docs/deploy.md lists no parameters")
	}
	for _, row := range rows {
		for _, parameter := range strings.Split(row[1], ", ") {
			if !strings.Contains(string(bicep), "\nparam "+strings.Trim(parameter, "`")+" ") {
				t.Errorf("docs/deploy.md names the parameter %s, which main.bicep does not take", parameter)
			}
		}
	}
}

// TestConnectNamesFaults wants each code in the table of errors to be a fault's,
// with its status, and every refusal that a directory can get to be there.
func TestConnectNamesFaults(t *testing.T) {
	_, table, _ := strings.Cut(pages(t)["connect-entra.md"], "| code | you see |")
	table, _, _ = strings.Cut(table, "\n\n")
	statuses := map[string]int{}
	for _, entry := range fault.Table() {
		statuses[string(entry.Code)] = entry.Status
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?`) \\| (\\d+)").FindAllStringSubmatch(table, -1) {
		for _, code := range strings.Split(row[1], ", ") {
			if got := fmt.Sprint(statuses[strings.Trim(code, "`")]); got != row[2] {
				t.Errorf("docs/connect-entra.md gives %s the status %s, it has %s", code, row[2], got)
			}
		}
	}
	for _, code := range []fault.Code{fault.Unauthorized, fault.ScimSwitchedOff, fault.TenantClosed, fault.UserCapReached, fault.DomainNotVerified, fault.Uniqueness, fault.RateLimited} {
		if !strings.Contains(table, "`"+string(code)+"`") {
			t.Errorf("docs/connect-entra.md does not say what to do about %s", code)
		}
	}
}

// TestDocsRoutes wants the routes that the documents name to be in OpenAPI.
func TestDocsRoutes(t *testing.T) {
	var described strings.Builder
	for _, file := range []string{"app.json", "manage.json"} {
		text, err := os.ReadFile("../docs/openapi/" + file)
		if err != nil {
			t.Fatal(err)
		}
		described.Write(regexp.MustCompile(`\{\w+\}`).ReplaceAll(text, []byte("{}")))
	}
	for name, text := range pages(t) {
		for _, route := range regexp.MustCompile("`[A-Z]+ (/(?:manage|app)/v1/[^`?]*)").FindAllStringSubmatch(text, -1) {
			path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(route[1], "{}")
			if !strings.Contains(described.String(), `"`+path+`"`) {
				t.Errorf("docs/%s names %s, which is no route", name, route[1])
			}
		}
	}
}

// TestSecurityNamesTests wants the tests beside each threat to be there.
func TestSecurityNamesTests(t *testing.T) {
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, folder := range []string{".", "../e2e"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, function := range declared.FindAllStringSubmatch(string(text), -1) {
				folder := filepath.Base(filepath.Dir(path))
				there[strings.Replace(folder, ".", "main", 1)+"."+function[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, table, _ := strings.Cut(pages(t)["security.md"], "| threat |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	for _, row := range rows[min(2, len(rows)):] {
		named := regexp.MustCompile("`(\\w+\\.(?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(row, -1)
		if len(named) == 0 {
			t.Errorf("no test stands beside %s", row)
		}
		for _, test := range named {
			if !there[test[1]] {
				t.Errorf("docs/security.md names %s, which is no test", test[1])
			}
		}
	}
	for _, letter := range []string{"Spoofing", "Tampering", "Repudiation", "Information disclosure", "Denial of service", "Elevation of privilege"} {
		if !strings.Contains(table, "**"+letter+"**") {
			t.Errorf("docs/security.md says nothing of %s", letter)
		}
	}
}

// TestLimitsAreTheCodes compares the numbers of docs/limits.md with the
// constants beside them.
func TestLimitsAreTheCodes(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| .*? \\| ([0-9,]+)(?: (s|min|h))? \\| `(\\S+)` `(\\w+)` \\|").FindAllStringSubmatch(pages(t)["limits.md"], -1)
	if len(rows) < 20 {
		t.Errorf("docs/limits.md has %d numbers with a constant", len(rows))
	}
	units := map[string]time.Duration{"": 1, "s": time.Second, "min": time.Minute, "h": time.Hour}
	for _, row := range rows {
		number, err := strconv.ParseInt(strings.ReplaceAll(row[1], ",", ""), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := number*int64(units[row[2]]), constant(t, row[3], row[4]); strconv.FormatInt(got, 10) != want {
			t.Errorf("docs/limits.md: %s of %s is %s %s, in the code %s", row[4], row[3], row[1], row[2], want)
		}
	}
}

// constant is the value of a constant, of a time in nanoseconds.
func constant(t *testing.T, file, name string) string {
	t.Helper()
	text, err := os.ReadFile("../" + file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\s*(?:const )?` + name + `\s*(?:\S+ )?= (.*?)(?: //.*)?$`).FindSubmatch(text)
	if found == nil {
		return "none"
	}
	expression := strings.NewReplacer("time.Second", "1000000000", "time.Minute", "60000000000", "time.Hour", "3600000000000").Replace(string(found[1]))
	value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, expression)
	if err != nil {
		t.Fatalf("%s %s: %v", file, name, err)
	}
	return value.Value.ExactString()
}
