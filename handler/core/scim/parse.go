package scim

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"handover/handler/core/fault"
)

// Parse reads one JSON text. Beyond JSON's grammar it refuses what hides
// mistakes or attacks: names that appear twice in an object in any letter case,
// invalid UTF-8, nesting deeper than MaxDepth and more than MaxValues values.
func Parse(body []byte) (Value, error) {
	p := parser{text: string(body)}
	if at := firstInvalid(p.text); at >= 0 {
		p.at = at
		return Value{}, p.fail("the body is not valid UTF-8")
	}
	var fields [24]Field
	var items [16]Value
	p.fields, p.items = fields[:0], items[:0]
	v, err := p.value()
	if err != nil {
		return Value{}, err
	}
	if p.skipBlank(); p.at < len(p.text) {
		return Value{}, p.fail("the body goes on after its end")
	}
	return v, nil
}

func firstInvalid(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
			return i
		}
	}
	return -1
}

// parser is a recursive descent over the text. Fields and items of what is open
// lie on two stacks; when an object or array closes they move to a block, so
// that a body of many small objects costs few allocations.
type parser struct {
	text   string
	at     int
	depth  int
	values int
	// name is the attribute that is being read, for messages.
	name string

	fields     []Field
	items      []Value
	fieldBlock []Field
	itemBlock  []Value
}

func (p *parser) fail(what string) error {
	if p.name == "" {
		return fault.New(fault.InvalidSyntax, "%s, at byte %d", what, p.at+1)
	}
	return fault.New(fault.InvalidSyntax, "%s, at byte %d, in or after %q", what, p.at+1, brief(p.name))
}

func (p *parser) skipBlank() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// peek is the next byte that is no blank, 0 at the end.
func (p *parser) peek() byte {
	p.skipBlank()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) value() (Value, error) {
	if p.values++; p.values > MaxValues {
		return Value{}, fault.New(fault.TooLarge, "the body holds more than %d JSON values", MaxValues)
	}
	switch c := p.peek(); {
	case c == '"':
		s, err := p.string()
		return Value{kind: String, text: s}, err
	case c == '{' || c == '[':
		if p.depth++; p.depth > MaxDepth {
			return Value{}, p.fail(fmt.Sprintf("the JSON nests deeper than %d levels", MaxDepth))
		}
		v, err := p.nested(c)
		p.depth--
		return v, err
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case c == 0 && p.at == len(p.text):
		return Value{}, p.fail("the body ends where a value is expected")
	}
	return p.word()
}

func (p *parser) nested(open byte) (Value, error) {
	if open == '{' {
		return p.object()
	}
	return p.array()
}

func (p *parser) word() (Value, error) {
	rest := p.text[p.at:]
	for _, w := range [...]struct {
		text  string
		value Value
	}{{"null", Value{}}, {"true", truth(true)}, {"false", truth(false)}} {
		if strings.HasPrefix(rest, w.text) {
			p.at += len(w.text)
			return w.value, nil
		}
	}
	return Value{}, p.fail("a JSON value is expected")
}

func (p *parser) string() (string, error) {
	s, next, wrong := scanText(p.text, p.at)
	p.at = next
	if wrong != "" {
		return "", p.fail(wrong)
	}
	return s, nil
}

func (p *parser) number() (Value, error) {
	n := numberLength(p.text[p.at:])
	if n == 0 {
		return Value{}, p.fail("the number is not written as JSON writes numbers")
	}
	v := Value{kind: Number, text: p.text[p.at : p.at+n]}
	p.at += n
	return v, nil
}

// numberLength is the length of the JSON number at the start of s, 0 if none.
func numberLength(s string) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	zero := i < len(s) && s[i] == '0'
	from := i
	if !digits() || zero && i > from+1 {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

func (p *parser) array() (Value, error) {
	p.at++
	first := len(p.items)
	if p.peek() == ']' {
		p.at++
		return Value{kind: Array}, nil
	}
	for {
		v, err := p.value()
		if err != nil {
			return Value{}, err
		}
		p.items = append(p.items, v)
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return Value{kind: Array, items: p.closeItems(first)}, nil
		default:
			return Value{}, p.fail("a comma or ] is expected")
		}
	}
}

func (p *parser) object() (Value, error) {
	p.at++
	first := len(p.fields)
	if p.peek() == '}' {
		p.at++
		return Value{kind: Object}, nil
	}
	var seen map[string]bool
	for {
		f, err := p.field()
		if err != nil {
			return Value{}, err
		}
		if p.fields = append(p.fields, f); p.twice(first, &seen) {
			p.name = f.Name
			return Value{}, p.fail("the name appears twice in one object")
		}
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return Value{kind: Object, fields: p.closeFields(first)}, nil
		default:
			return Value{}, p.fail("a comma or } is expected")
		}
	}
}

func (p *parser) field() (Field, error) {
	if p.peek() != '"' {
		return Field{}, p.fail("a name in quotes is expected")
	}
	name, err := p.string()
	if err != nil {
		return Field{}, err
	}
	if p.name = name; p.peek() != ':' {
		return Field{}, p.fail("a colon is expected")
	}
	p.at++
	v, err := p.value()
	return Field{Name: name, Value: v}, err
}

// twice tells whether the newest field of the open object has the name of an
// earlier one. Large objects keep their names in a map, so that many names cost
// time in proportion.
func (p *parser) twice(first int, seen *map[string]bool) bool {
	open := p.fields[first:]
	last := len(open) - 1
	if last < 32 {
		for i := range last {
			if equalFold(open[i].Name, open[last].Name) {
				return true
			}
		}
		return false
	}
	if *seen == nil {
		*seen = make(map[string]bool)
		for i := range last {
			(*seen)[foldName(open[i].Name)] = true
		}
	}
	name := foldName(open[last].Name)
	found := (*seen)[name]
	(*seen)[name] = true
	return found
}

// foldName writes ASCII letters small, as equalFold sees them.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

func (p *parser) closeFields(first int) []Field {
	n := len(p.fields) - first
	if cap(p.fieldBlock)-len(p.fieldBlock) < n {
		p.fieldBlock = make([]Field, 0, max(n, 24))
	}
	at := len(p.fieldBlock)
	p.fieldBlock = append(p.fieldBlock, p.fields[first:]...)
	p.fields = p.fields[:first]
	return p.fieldBlock[at : at+n : at+n]
}

func (p *parser) closeItems(first int) []Value {
	n := len(p.items) - first
	if cap(p.itemBlock)-len(p.itemBlock) < n {
		p.itemBlock = make([]Value, 0, max(n, 8))
	}
	at := len(p.itemBlock)
	p.itemBlock = append(p.itemBlock, p.items[first:]...)
	p.items = p.items[:first]
	return p.itemBlock[at : at+n : at+n]
}
