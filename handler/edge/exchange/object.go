package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"handover/handler/core/fault"
)

// Field is one name that a request's JSON object may have, and where its value
// goes. A value of null counts as absent.
type Field struct {
	name string
	into any
	// kind and example complete the sentence of a refusal.
	kind, example string
}

// Text is a field that takes a string; example is one that would pass.
func Text(name string, into *string, example string) Field {
	return Field{name: name, into: into, kind: "a string", example: strconv.Quote(example)}
}

// Texts is a field that takes a list of strings.
func Texts(name string, into *[]string, example string) Field {
	return Field{name: name, into: into, kind: "a list of strings", example: "[" + strconv.Quote(example) + "]"}
}

// Count is a field that takes a whole number from 0 on; into stays nil when it
// is absent.
func Count(name string, into **uint32, example uint32) Field {
	return Field{
		name: name, into: into, kind: "a whole number from 0 to 4294967295",
		example: strconv.FormatUint(uint64(example), 10),
	}
}

// Value is a field that takes whatever into does; kind and example, as JSON,
// complete the sentence "must be …, for example …".
func Value(name string, into any, kind, example string) Field {
	return Field{name: name, into: into, kind: kind, example: example}
}

// DecodeObject reads a body that must be one JSON object with none but the
// given fields, each at most once, spelled in exactly their letter case.
func DecodeObject(body []byte, fields ...Field) error {
	if err := checkJSON(body); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, _ := decoder.Token(); open != json.Delim('{') {
		return fault.New(fault.InvalidSyntax, "the body must be a JSON object with fields among %s, for example {%q: %s}",
			names(fields), fields[0].name, fields[0].example)
	}
	seen := make(map[string]bool, len(fields))
	for decoder.More() {
		token, _ := decoder.Token()
		name, _ := token.(string)
		if seen[name] {
			return fault.New(fault.InvalidSyntax, "the field %s is given twice; give it once", shown(name))
		}
		seen[name] = true
		if err := decodeField(decoder, name, fields); err != nil {
			return err
		}
	}
	return nil
}

// checkJSON refuses a body that is not one JSON value in UTF-8, so that reading
// its tokens afterwards cannot fail.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return fault.New(fault.InvalidSyntax, "the body is not valid UTF-8")
	}
	var whole json.RawMessage
	err := json.Unmarshal(body, &whole)
	if err == nil {
		return nil
	}
	at := int64(len(body))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	return fault.New(fault.InvalidSyntax, "the body is not valid JSON; reading stopped at byte %d of %d", at, len(body)).WithCause(err)
}

func decodeField(decoder *json.Decoder, name string, fields []Field) error {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.name == name })
	if i < 0 {
		return fault.New(fault.InvalidValue, "the field %s is not known here; the fields are %s, for example {%q: %s}",
			shown(name), names(fields), fields[0].name, fields[0].example)
	}
	if err := decoder.Decode(fields[i].into); err != nil {
		return fault.New(fault.InvalidValue, "%s must be %s, for example %s", name, fields[i].kind, fields[i].example).WithCause(err)
	}
	return nil
}

func names(fields []Field) string {
	list := make([]string, len(fields))
	for i := range fields {
		list[i] = fields[i].name
	}
	return strings.Join(list, ", ")
}

// maxShown bounds how much of a client's text comes back in a sentence, in
// bytes.
const maxShown = 64

func shown(text string) string {
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return strconv.Quote(text)
}
