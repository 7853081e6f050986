package azure

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"handover/handler/adapter/table"
)

// errMalformed says that an answer is not what Table Storage writes.
var errMalformed = errors.New("the answer is not the JSON of Table Storage")

// scanner reads JSON (RFC 8259) in one pass. The strings that it returns are
// cut from the text where nothing is escaped.
type scanner struct {
	text string
	at   int
	// scratch holds a string while it is unescaped.
	scratch []byte
}

// next skips white space and tells the byte that follows, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	if s.next() != c {
		return errMalformed
	}
	s.at++
	return nil
}

// end expects that nothing follows but white space.
func (s *scanner) end() error {
	if s.next(); s.at < len(s.text) {
		return errMalformed
	}
	return nil
}

// members reads an object and calls visit behind each name's colon.
func (s *scanner) members(visit func(name string) error) error {
	return s.list('{', '}', func() error {
		s.next()
		name, err := s.str()
		if err == nil {
			err = s.expect(':')
		}
		if err != nil {
			return err
		}
		return visit(name)
	})
}

// list reads what stands between two brackets, separated by commas.
func (s *scanner) list(open, close byte, item func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.next() == close {
		s.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		c := s.next()
		s.at++
		switch c {
		case close:
			return nil
		case ',':
		default:
			return errMalformed
		}
	}
}

// value reads a value as JSON alone tells its kind: a number is a float, null
// is no value. Entities are flat, so anything nested is malformed.
func (s *scanner) value() (table.Value, error) {
	switch c := s.next(); c {
	case '"':
		text, err := s.str()
		return table.String(text), err
	case 't':
		return table.Bool(true), s.word("true")
	case 'f':
		return table.Bool(false), s.word("false")
	case 'n':
		return table.Value{}, s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) word(word string) error {
	if !strings.HasPrefix(s.text[s.at:], word) {
		return errMalformed
	}
	s.at += len(word)
	return nil
}

// number accepts what the grammar of RFC 8259 §6 does, and no more.
func (s *scanner) number() (table.Value, error) {
	start := s.at
	s.skip('-')
	whole := s.at
	ok := s.digits()
	if s.text[whole:s.at] != "0" && strings.HasPrefix(s.text[whole:], "0") {
		return table.Value{}, errMalformed
	}
	if s.skip('.') {
		ok = s.digits() && ok
	}
	if s.skip('e') || s.skip('E') {
		_ = s.skip('+') || s.skip('-')
		ok = s.digits() && ok
	}
	f, err := strconv.ParseFloat(s.text[start:s.at], 64)
	if !ok || err != nil {
		return table.Value{}, errMalformed
	}
	return table.Float(f), nil
}

func (s *scanner) skip(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

// str reads a string at the quote where the scanner stands.
func (s *scanner) str() (string, error) {
	if !s.skip('"') {
		return "", errMalformed
	}
	start := s.at
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			return s.text[start:i], nil
		case c == '\\':
			s.scratch = append(s.scratch[:0], s.text[start:i]...)
			s.at = i
			return s.escaped()
		case c < ' ':
			return "", errMalformed
		}
	}
	return "", errMalformed
}

// escaped reads the rest of a string from its first backslash on.
func (s *scanner) escaped() (string, error) {
	for {
		start := s.at
		for s.at < len(s.text) && s.text[s.at] != '"' && s.text[s.at] != '\\' && s.text[s.at] >= ' ' {
			s.at++
		}
		s.scratch = append(s.scratch, s.text[start:s.at]...)
		switch {
		case s.skip('"'):
			return string(s.scratch), nil
		case s.at == len(s.text) || s.text[s.at] < ' ':
			return "", errMalformed
		}
		if err := s.escape(); err != nil {
			return "", err
		}
	}
}

// short are the escapes of two characters and what they stand for.
const (
	short      = `"\/bfnrt`
	shortMeans = "\"\\/\b\f\n\r\t"
)

// escape reads one escape. A surrogate without its other half becomes U+FFFD,
// as encoding/json has it.
func (s *scanner) escape() error {
	if s.at+1 >= len(s.text) {
		return errMalformed
	}
	if i := strings.IndexByte(short, s.text[s.at+1]); i >= 0 {
		s.scratch = append(s.scratch, shortMeans[i])
		s.at += 2
		return nil
	}
	r, err := s.unit()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		here := s.at
		low, err := s.unit()
		if r = utf16.DecodeRune(r, low); err != nil || r == utf8.RuneError {
			r, s.at = utf8.RuneError, here
		}
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	return nil
}

// unit reads \uXXXX.
func (s *scanner) unit() (rune, error) {
	const length = len(`\u0000`)
	if len(s.text)-s.at < length || s.text[s.at:s.at+2] != `\u` {
		return 0, errMalformed
	}
	n, err := strconv.ParseUint(s.text[s.at+2:s.at+length], 16, 16)
	if err != nil {
		return 0, errMalformed
	}
	s.at += length
	return rune(n), nil
}
