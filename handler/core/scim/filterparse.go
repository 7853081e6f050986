package scim

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"handover/handler/core/fault"
)

// ParseFilter reads a filter of RFC 7644 §3.4.2.2 and the shapes outside its
// grammar that directories send. A fault names the position, counted in bytes
// from 1, and what is expected there. ResourceType.ParseFilter checks the
// names and kinds as well.
func ParseFilter(text string) (*Filter, error) { return parseFilter(text, false) }

func parseFilter(text string, strict bool) (*Filter, error) {
	p := filterParser{text: text, code: fault.InvalidFilter, strict: strict}
	switch {
	case len(text) > MaxFilterLength:
		return nil, fault.New(fault.InvalidFilter, "the filter has %d bytes; at most %d are taken", len(text), MaxFilterLength)
	case !utf8.ValidString(text):
		return nil, fault.New(fault.InvalidFilter, "the filter is not valid UTF-8")
	}
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.skipBlank(); p.at < len(text) {
		return nil, p.fail(`"and", "or" or the end of the filter`)
	}
	return f, nil
}

// filterParser is a recursive descent over a filter or a path.
type filterParser struct {
	text   string
	at     int
	depth  int
	code   fault.Code
	strict bool
	// inside says that a bracket is open.
	inside bool
}

func (p *filterParser) fail(expected string) error {
	what := "filter"
	if p.code == fault.InvalidPath {
		what = "path"
	}
	return fault.New(p.code, "at byte %d of the %s, %s is expected", p.at+1, what, expected)
}

func (p *filterParser) skipBlank() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// keyword steps over a word of the grammar, in any letter case, if it is next.
func (p *filterParser) keyword(word string) bool {
	p.skipBlank()
	rest := p.text[p.at:]
	if !hasPrefixFold(rest, word) || len(rest) > len(word) && nameByte(rest[len(word)]) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *filterParser) byte(c byte) bool {
	p.skipBlank()
	if p.at == len(p.text) || p.text[p.at] != c {
		return false
	}
	p.at++
	return true
}

// or reads terms joined by "or", which binds weaker than "and".
func (p *filterParser) or() (*Filter, error) { return p.joined(Or, p.and) }

func (p *filterParser) and() (*Filter, error) { return p.joined(And, p.term) }

func (p *filterParser) joined(op Operator, next func() (*Filter, error)) (*Filter, error) {
	first, err := next()
	if err != nil || !p.keyword(string(op)) {
		return first, err
	}
	terms := []*Filter{first}
	for {
		term, err := next()
		if err != nil {
			return nil, err
		}
		if terms = append(terms, term); !p.keyword(string(op)) {
			return join(op, terms), nil
		}
	}
}

func (p *filterParser) term() (*Filter, error) {
	start := p.at
	if p.keyword("not") {
		if p.skipBlank(); p.at < len(p.text) && p.text[p.at] == '(' {
			inner, err := p.group()
			return &Filter{Operator: Not, Terms: []*Filter{inner}}, err
		}
		p.at = start
	}
	if p.skipBlank(); p.at < len(p.text) && p.text[p.at] == '(' {
		return p.group()
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.text) && p.text[p.at] == '[' {
		return p.within(name)
	}
	return p.comparison(name)
}

func (p *filterParser) deeper() error {
	if p.depth++; p.depth > MaxFilterDepth {
		return fault.New(p.code, "at byte %d, brackets nest deeper than %d levels", p.at+1, MaxFilterDepth)
	}
	return nil
}

func (p *filterParser) group() (*Filter, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	p.at++
	f, err := p.or()
	if err == nil && !p.byte(')') {
		err = p.fail(`"and", "or" or ")"`)
	}
	p.depth--
	return f, err
}

// within reads name[…], and the comparison that some clients put behind it.
func (p *filterParser) within(name Name) (*Filter, error) {
	inner, sub, err := p.brackets(name)
	if err != nil {
		return nil, err
	}
	if sub != "" {
		if p.strict {
			return nil, p.fail(`no sub-attribute behind "]"`)
		}
		compared, err := p.comparison(Name{Attribute: sub})
		if err != nil {
			return nil, err
		}
		inner = entraComparisonBehindBrackets(inner, compared)
	}
	return &Filter{Operator: Within, Name: name, Terms: []*Filter{inner}}, nil
}

// brackets reads […] and the sub-attribute behind it, if there is one.
func (p *filterParser) brackets(name Name) (inner *Filter, sub string, err error) {
	if name.Attribute == "" || name.Sub != "" || p.inside {
		return nil, "", fault.New(p.code, "at byte %d, brackets are not possible: they follow a whole attribute and do not nest", p.at+1)
	}
	if err := p.deeper(); err != nil {
		return nil, "", err
	}
	p.at++
	p.inside = true
	if inner, err = p.or(); err != nil {
		return nil, "", err
	}
	if !p.byte(']') {
		return nil, "", p.fail(`"and", "or" or "]"`)
	}
	p.inside = false
	p.depth--
	sub, err = p.behind()
	return inner, sub, err
}

// behind reads the sub-attribute behind brackets, if there is one.
func (p *filterParser) behind() (string, error) {
	if p.at == len(p.text) || p.text[p.at] != '.' {
		return "", nil
	}
	p.at++
	from := p.at
	for p.at < len(p.text) && nameByte(p.text[p.at]) {
		p.at++
	}
	sub := p.text[from:p.at]
	if !isAttributeName(sub) {
		p.at = from
		return "", p.fail("the name of a sub-attribute")
	}
	return sub, nil
}

// name reads an attribute name with its URN and sub-attribute.
func (p *filterParser) name() (Name, error) {
	p.skipBlank()
	from := p.at
	for p.at < len(p.text) && nameByte(p.text[p.at]) {
		p.at++
	}
	n, ok := splitName(p.text[from:p.at])
	if !ok {
		p.at = from
		return Name{}, p.fail("the name of an attribute")
	}
	return n, nil
}

func nameByte(c byte) bool {
	l := lower(c)
	return 'a' <= l && l <= 'z' || '0' <= c && c <= '9' || c == ':' || c == '.' || c == '-' || c == '_' || c == '$'
}

func (p *filterParser) comparison(name Name) (*Filter, error) {
	op, err := p.operator()
	if err != nil {
		return nil, err
	}
	f := &Filter{Operator: op, Name: name}
	if op != Pr {
		f.Value, err = p.literal()
	}
	return f, err
}

func (p *filterParser) operator() (Operator, error) {
	p.skipBlank()
	for _, op := range [...]Operator{Eq, Ne, Co, Sw, Ew, Pr, Gt, Ge, Lt, Le} {
		if p.keyword(string(op)) {
			return op, nil
		}
	}
	from := p.at
	for p.at < len(p.text) && nameByte(p.text[p.at]) {
		p.at++
	}
	word := p.text[from:p.at]
	p.at = from
	expected := "an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le)"
	if word != "" {
		expected += fmt.Sprintf(" and not %q", brief(word))
	}
	return "", p.fail(expected)
}

// literal reads what is compared with: a JSON string, number, true, false or
// null.
func (p *filterParser) literal() (Value, error) {
	if p.skipBlank(); p.at == len(p.text) {
		return Value{}, p.fail("a value")
	}
	if p.text[p.at] == '"' {
		s, next, wrong := scanText(p.text, p.at)
		if wrong != "" {
			return Value{}, fault.New(p.code, "at byte %d, %s", next+1, wrong)
		}
		p.at = next
		return Text(s), nil
	}
	from := p.at
	for p.at < len(p.text) && strings.IndexByte(` ()[]"`, p.text[p.at]) < 0 {
		p.at++
	}
	word := p.text[from:p.at]
	switch v := wordValue(word); {
	case v.kind != Null || word == "null":
		return v, nil
	case word != "" && !p.strict:
		return entraUnquotedWord(word), nil
	}
	p.at = from
	return Value{}, p.fail("a value: a string in quotes, a number, true, false or null")
}

func wordValue(word string) Value {
	switch word {
	case "true", "false":
		return truth(word == "true")
	}
	if word != "" && numberLength(word) == len(word) {
		return Value{kind: Number, text: word}
	}
	return Value{}
}
