package play_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"handover/handler/play"
)

var update = flag.Bool("update", false, "write the exchanges that were played into testdata")

// recorder carries the requests of a cycle and keeps what the first step of
// each phase exchanged.
type recorder struct {
	files []txtar.File
	// step are the exchanges of the step under way, done the phases that have
	// their step.
	step []exchange
	done map[string]bool
}

type exchange struct{ request, answer string }

func (r *recorder) RoundTrip(sent *http.Request) (*http.Response, error) {
	request := sent.Method + " " + sent.URL.RequestURI() + "\n"
	if sent.Body != nil {
		body, err := sent.GetBody()
		if err != nil {
			return nil, err
		}
		request += readableJSON(body)
	}
	response, err := http.DefaultTransport.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(raw))
	answer := response.Status + "\n"
	if location, err := url.Parse(response.Header.Get("Location")); err == nil && location.Path != "" {
		answer += "Location: …" + location.Path + "\n"
	}
	r.step = append(r.step, exchange{request, answer + readableJSON(bytes.NewReader(raw))})
	return response, nil
}

// readableJSON is an object with one attribute a line, and one operation or
// resource a line.
func readableJSON(body io.Reader) string {
	raw, err := io.ReadAll(body)
	attributes := map[string]json.RawMessage{}
	if err != nil || json.Unmarshal(raw, &attributes) != nil {
		return string(raw)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := string(attributes[name])
		var elements []json.RawMessage
		if strings.Contains("Operations Resources", name) && json.Unmarshal(attributes[name], &elements) == nil && len(elements) > 0 {
			value = "[\n    " + string(bytes.Join(raws(elements), []byte(",\n    "))) + "]"
		}
		fmt.Fprintf(&b, ",\n  %q: %s", name, value)
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "\n}\n"
}

func raws(elements []json.RawMessage) [][]byte {
	list := make([][]byte, len(elements))
	for i, e := range elements {
		list[i] = e
	}
	return list
}

// keep is told that a step is over.
func (r *recorder) keep(_, _ int, phase string) {
	if !r.done[phase] {
		r.done[phase] = true
		for i, e := range r.step {
			name := fmt.Sprintf("%s, %d", phase, i+1)
			r.files = append(r.files, txtar.File{Name: name + ": request", Data: []byte(e.request)}, txtar.File{Name: name + ": answer", Data: []byte(e.answer)})
		}
	}
	r.step = nil
}

// Each file of testdata is what one directory says in a small cycle and what it
// wants to hear. -update writes the files.
func TestExchanges(t *testing.T) {
	for _, d := range directories() {
		t.Run(d.name, func(t *testing.T) {
			e, base := newEndpoint(t, "")
			r := &recorder{done: map[string]bool{}}
			options := small()
			options.Users, options.Groups, options.Leavers, options.Connections = 9, 1, 1, 1
			options.Transport, options.Progress = r, r.keep
			d.set(&options)
			// Without the flag, which the dialect itself puts into the URL.
			base = base[:len(base)-len("?aadOptscim062020")]
			report, err := d.play(t.Context(), play.Target{URL: base, Token: "good"}, options)
			if err != nil || report.Wrong() > 0 {
				t.Fatalf("%v, %+v", err, report)
			}
			got := txtar.Format(&txtar.Archive{Comment: comment(d, len(e.seen)), Files: r.files})
			path := filepath.Join("testdata", d.name+".txtar")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-update writes what is played (-want +got):\n%s", diff)
			}
		})
	}
}

func comment(d directory, requests int) []byte {
	return fmt.Appendf(nil, `%s: what the directory sends in a small cycle of 9 users and one group, and an answer
that it wants. Of each phase there is the first step, about one user or the group;
the whole cycle has %d requests. An answer may have more attributes and other ids, and a
PATCH may be answered with 204 alone.

`, d.name, requests)
}
