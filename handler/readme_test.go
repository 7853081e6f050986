package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// changing is what differs between two runs of the demo: times, the port and
// the temporary folder; widths of columns follow the times.
var changing = []struct{ pattern, sign string }{
	{`[0-9]+(\.[0-9]+)? (ms|s)\b`, "TIME"},
	{`127\.0\.0\.1:[0-9]+`, "ADDRESS"},
	{`/\S*handover-demo-[0-9]+`, "FOLDER"},
	{` +`, " "},
}

func unchanging(text string) []string {
	for _, c := range changing {
		text = regexp.MustCompile(c.pattern).ReplaceAllString(text, c.sign)
	}
	return strings.Split(strings.TrimSpace(text), "\n")
}

// TestReadmeShowsTheDemo runs the demo as a newcomer does and compares what it
// prints with what README promises.
func TestReadmeShowsTheDemo(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(readme), "$ go run ./handler demo\n")
	if !found {
		t.Fatal("README shows no demo")
	}
	promised, _, _ := strings.Cut(block, "```")
	t.Setenv("TMPDIR", t.TempDir())
	output := &words{}
	m := newMain()
	m.Args, m.Stdout, m.Stderr = []string{"demo", "--exit"}, output, output
	if code := m.Run(t.Context()); code != 0 {
		t.Fatalf("the demo ends with %d:\n%s", code, output)
	}
	shown, _, _ := strings.Cut(output.String(), "The whole demo took")
	if diff := cmp.Diff(unchanging(promised), unchanging(shown)); diff != "" {
		t.Errorf("README differs from the demo (-README +demo):\n%s", diff)
	}
}

// TestReadmeLinks wants every file that README names to be there.
func TestReadmeLinks(t *testing.T) {
	for _, document := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"} {
		text, err := os.ReadFile("../" + document)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat("../" + link[1]); err != nil {
				t.Errorf("%s links to %s, which is not there", document, link[1])
			}
		}
	}
}
