package scimapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the answers in testdata/*.txtar as they are now")

// TestExchanges plays the requests of each file in testdata one after the other
// against an empty tenant and compares the answers. {name} in a request stands
// for the id in the answer of that name, {name next} for its nextCursor. The
// tenant of a file named strict is strict.
func TestExchanges(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t)
			if strings.HasPrefix(filepath.Base(file), "strict") {
				w.edit(strictWithBadge)
			}
			played := play(t, w, archive)
			if *update {
				if err := os.WriteFile(file, txtar.Format(played), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(played))); diff != "" {
				t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
			}
		})
	}
}

// play is the archive with the answers as they are.
func play(t *testing.T, w *world, archive *txtar.Archive) *txtar.Archive {
	played := &txtar.Archive{Comment: archive.Comment}
	ids := map[string]string{}
	for _, file := range archive.Files {
		name, isRequest := strings.CutPrefix(file.Name, "request: ")
		if !isRequest {
			continue
		}
		answer := w.request(t, string(file.Data), ids)
		var found struct{ ID, NextCursor string }
		if json.Unmarshal(answer.Body.Bytes(), &found) == nil {
			note(ids, name, found.ID)
			note(ids, name+" next", found.NextCursor)
		}
		played.Files = append(played.Files, file, txtar.File{Name: "answer: " + name, Data: text(t, answer)})
	}
	return played
}

func note(ids map[string]string, name, value string) {
	if value != "" {
		ids[name] = value
	}
}

var reference = regexp.MustCompile(`\{([a-z ]+)\}`)

// request sends what a file holds: method and target, headers, an empty line,
// the body.
func (w *world) request(t *testing.T, text string, ids map[string]string) *httptest.ResponseRecorder {
	text = reference.ReplaceAllStringFunc(text, func(braced string) string {
		id, known := ids[braced[1:len(braced)-1]]
		if !known {
			t.Fatalf("no answer before this one has an id for %s", braced)
		}
		return id
	})
	head, body, _ := strings.Cut(text, "\n\n")
	lines := bufio.NewScanner(strings.NewReader(head))
	lines.Scan()
	method, target, _ := strings.Cut(lines.Text(), " ")
	var headers []string
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		headers = append(headers, name, strings.TrimSpace(value))
	}
	return w.do(method, target, strings.TrimSpace(body), headers...)
}

// text is an answer as a file shows it: status, headers, the body indented.
func text(t *testing.T, answer *httptest.ResponseRecorder) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %s\n", answer.Code, http.StatusText(answer.Code))
	for _, name := range []string{"Content-Type", "Location", "ETag", "Allow", "WWW-Authenticate", "Retry-After"} {
		for _, value := range answer.Header().Values(name) {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if answer.Body.Len() > 0 {
		b.WriteByte('\n')
		if err := json.Indent(&b, answer.Body.Bytes(), "", "  "); err != nil {
			t.Errorf("the body is not JSON: %v", err)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}
