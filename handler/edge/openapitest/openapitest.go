// Package openapitest compares what an OpenAPI file promises with the routes, the
// bodies and the answers of an API, for the tests of those who serve one.
package openapitest

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Document is an OpenAPI file, as far as the comparison reads it.
type Document struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas       map[string]schema          `json:"schemas"`
		Responses     map[string]json.RawMessage `json:"responses"`
		Parameters    map[string]parameter       `json:"parameters"`
		RequestBodies map[string]json.RawMessage `json:"requestBodies"`
	} `json:"components"`
	text string
}

type operation struct {
	ID          string                     `json:"operationId"`
	Summary     string                     `json:"summary"`
	Parameters  []parameter                `json:"parameters"`
	RequestBody *body                      `json:"requestBody"`
	Responses   map[string]json.RawMessage `json:"responses"`
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name     string `json:"name"`
	In       string `json:"in"`
	Required bool   `json:"required"`
}

type body struct {
	Content map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

// methods are the keys of a path that are operations.
var methods = []string{"get", "post", "put", "patch", "delete"}

// Read reads a file, and wants it to be sound in itself: references that lead
// somewhere, components that are used, names that are there once.
func Read(t *testing.T, path string) *Document {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := &Document{text: string(text)}
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	d.checkReferences(t)
	d.checkOperations(t)
	return d
}

var reference = regexp.MustCompile(`"\$ref": *"#/components/([^"]+)"`)

func (d *Document) checkReferences(t *testing.T) {
	t.Helper()
	used, there := map[string]bool{}, map[string]bool{}
	for _, found := range reference.FindAllStringSubmatch(d.text, -1) {
		used[found[1]] = true
	}
	for kind, names := range map[string][]string{
		"schemas/": slices.Collect(maps.Keys(d.Components.Schemas)), "responses/": slices.Collect(maps.Keys(d.Components.Responses)),
		"parameters/": slices.Collect(maps.Keys(d.Components.Parameters)), "requestBodies/": slices.Collect(maps.Keys(d.Components.RequestBodies)),
	} {
		for _, name := range names {
			there[kind+name] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(there)), slices.Sorted(maps.Keys(used))); diff != "" {
		t.Errorf("components (-there +referred to):\n%s", diff)
	}
}

// checkOperations wants of each operation an id, a summary, its path's
// parameters and an answer for success or the one that it always gives.
func (d *Document) checkOperations(t *testing.T) {
	t.Helper()
	ids := map[string]bool{}
	for path, item := range d.Paths {
		for method, o := range item {
			where := strings.ToUpper(method) + " " + path
			if !slices.Contains(methods, method) || o.ID == "" || ids[o.ID] || o.Summary == "" || len(o.Responses) == 0 {
				t.Errorf("%s: no such method, or without an id of its own, a summary or an answer", where)
			}
			ids[o.ID] = true
			if diff := cmp.Diff(wildcards(path), d.inPath(o)); diff != "" {
				t.Errorf("%s: parameters in the path (-path +operation):\n%s", where, diff)
			}
		}
	}
}

var wildcard = regexp.MustCompile(`\{([a-z]+)\}`)

func wildcards(path string) (names []string) {
	for _, found := range wildcard.FindAllStringSubmatch(path, -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	return names
}

func (d *Document) inPath(o operation) (names []string) {
	for _, p := range o.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
		}
		if p.In == "path" && p.Required {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// CheckRoutes compares the operations with the routes, "METHOD pattern".
func (d *Document) CheckRoutes(t *testing.T, routes []string) {
	t.Helper()
	var promised []string
	for path, item := range d.Paths {
		for method := range item {
			promised = append(promised, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(promised)
	if diff := cmp.Diff(slices.Sorted(slices.Values(routes)), promised); diff != "" {
		t.Errorf("operations (-served +promised):\n%s", diff)
	}
}

// CheckBodies asks every operation with a field that no body has, and compares
// the fields that the refusal names with those of the file. ask fills in what the
// path leaves open, and returns the answer. One refusal is compared with its schema.
func (d *Document) CheckBodies(t *testing.T, ask func(method, path, body string) string) {
	t.Helper()
	for path, item := range d.Paths {
		for method, o := range item {
			answer := ask(strings.ToUpper(method), path, `{"noSuchField":1}`)
			if diff := cmp.Diff(known(answer), d.fields(o)); diff != "" {
				t.Errorf("%s %s: fields of the body (-read +promised):\n%s", strings.ToUpper(method), path, diff)
			}
			d.checkRefusal(t, answer)
		}
	}
}

// checkRefusal compares {"error":{…}} with its schemas; what is no refusal passes.
func (d *Document) checkRefusal(t *testing.T, answer string) {
	t.Helper()
	var said map[string]map[string]string
	if json.Unmarshal([]byte(answer), &said) != nil || said["error"] == nil {
		return
	}
	for of, names := range map[string][]string{
		errorSchema: slices.Sorted(maps.Keys(said)), detailSchema: slices.Sorted(maps.Keys(said["error"])),
	} {
		if diff := cmp.Diff(names, d.Components.Schemas[of].Required); diff != "" {
			t.Errorf("schema %s (-said +promised):\n%s", of, diff)
		}
	}
}

var knownFields = regexp.MustCompile(`the fields are ([A-Za-z, ]+), for example`)

// known is the fields that a refusal names, sorted.
func known(answer string) []string {
	found := knownFields.FindStringSubmatch(answer)
	if found == nil {
		return nil
	}
	return slices.Sorted(slices.Values(strings.Split(found[1], ", ")))
}

func (d *Document) fields(o operation) []string {
	if o.RequestBody == nil {
		return nil
	}
	s := o.RequestBody.Content["application/json"].Schema
	if name, ok := strings.CutPrefix(s.Ref, schemas); ok {
		s = d.Components.Schemas[name]
	}
	return slices.Sorted(maps.Keys(s.Properties))
}
