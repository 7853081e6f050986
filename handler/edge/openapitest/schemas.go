package openapitest

import (
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// schemas is where references to schemas begin.
const schemas = "#/components/schemas/"

// The schemas of a refusal.
const (
	errorSchema  = "Error"
	detailSchema = "ErrorDetail"
)

// schema is a JSON schema, as far as the comparison reads it.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       types             `json:"type"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
}

// types is one type, or a list of them.
type types []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *types) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = types{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// word is the type in one word, for comparison: the name of a schema, a type, or
// a list of something.
func (s schema) word() string {
	switch {
	case s.Ref != "":
		return strings.TrimPrefix(s.Ref, schemas)
	case s.Items != nil:
		return "list of " + s.Items.word()
	}
	return strings.Join(s.Type, " or ")
}

// CheckSchemas compares schemas with the structs that become them, by name: their
// fields, the types of those and which are always there.
func (d *Document) CheckSchemas(t *testing.T, structs map[string]any) {
	t.Helper()
	names := map[reflect.Type]string{}
	for name, value := range structs {
		names[reflect.TypeOf(value)] = name
	}
	for name, value := range structs {
		promised, ok := d.Components.Schemas[name]
		if !ok {
			t.Errorf("there is no schema %s", name)
			continue
		}
		written := map[string]string{}
		always := fields(reflect.TypeOf(value), names, written)
		said := map[string]string{}
		for property, s := range promised.Properties {
			said[property] = s.word()
		}
		if diff := cmp.Diff(written, said); diff != "" {
			t.Errorf("schema %s: properties (-written +promised):\n%s", name, diff)
		}
		slices.Sort(always)
		if diff := cmp.Diff(always, slices.Sorted(slices.Values(promised.Required))); diff != "" {
			t.Errorf("schema %s: required (-always written +promised):\n%s", name, diff)
		}
	}
	d.checkAnswers(t, structs)
}

// checkAnswers wants every schema that is not among the structs to be one of a
// request alone, or that of a refusal, which CheckBodies looks at.
func (d *Document) checkAnswers(t *testing.T, structs map[string]any) {
	t.Helper()
	requested := map[string]bool{errorSchema: true, detailSchema: true}
	for _, item := range d.Paths {
		for _, o := range item {
			if o.RequestBody != nil {
				requested[o.RequestBody.Content["application/json"].Schema.word()] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		if _, ok := structs[name]; !ok && !requested[name] {
			t.Errorf("the schema %s is compared with nothing", name)
		}
	}
}

// fields adds the words for a struct's fields, those of embedded ones included,
// and returns the names of those that are always written.
func fields(of reflect.Type, names map[reflect.Type]string, into map[string]string) (always []string) {
	for field := range of.Fields() {
		name, options, tagged := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			always = append(always, fields(field.Type, names, into)...)
			continue
		}
		omitted := tagged && strings.Contains(options, "omit")
		into[name] = wordOf(field.Type, names, omitted)
		if !omitted {
			always = append(always, name)
		}
	}
	return always
}

var (
	textual  = reflect.TypeFor[encoding.TextMarshaler]()
	rawValue = reflect.TypeFor[json.RawMessage]()
	moment   = reflect.TypeFor[time.Time]()
)

// wordOf is the word for a type, as schema.word has it. A pointer that is not
// left out when it is nil is null then.
func wordOf(of reflect.Type, names map[reflect.Type]string, omitted bool) string {
	if name, ok := names[of]; ok {
		return name
	}
	switch {
	case of == rawValue:
		return "object"
	case of == moment || of.Implements(textual):
		return "string"
	}
	switch of.Kind() {
	case reflect.Pointer:
		if omitted {
			return wordOf(of.Elem(), names, true)
		}
		return wordOf(of.Elem(), names, true) + " or null"
	case reflect.Slice:
		return "list of " + wordOf(of.Elem(), names, true)
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int64:
		return "integer"
	}
	return "a schema for " + of.String()
}
