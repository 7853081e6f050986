package scim

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanText reads the JSON string whose opening quote is at text[at]. It returns
// the content and the position after the closing quote. A string without
// escapes is a part of text and costs no memory. On failure next is where it
// went wrong and wrong says what, else wrong is empty.
func scanText(text string, at int) (content string, next int, wrong string) {
	start := at + 1
	for i := start; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return text[start:i], i + 1, ""
		case c == '\\':
			return scanEscaped(text, start, i)
		case c < 0x20:
			return "", i, "a control character inside a string must be escaped"
		}
	}
	return "", len(text), "the string has no closing quote"
}

func scanEscaped(text string, start, i int) (content string, next int, wrong string) {
	out := append(make([]byte, 0, i-start+32), text[start:i]...)
	for i < len(text) {
		switch c := text[i]; {
		case c == '"':
			return string(out), i + 1, ""
		case c == '\\':
			r, n := scanEscape(text[i:])
			if n == 0 {
				return "", i, "the escape is none of JSON's"
			}
			out = utf8.AppendRune(out, r)
			i += n
		case c < 0x20:
			return "", i, "a control character inside a string must be escaped"
		default:
			out = append(out, c)
			i++
		}
	}
	return "", len(text), "the string has no closing quote"
}

// scanEscape reads one escape at the start of s. n is 0 when there is none, or
// when it is half of a surrogate pair.
func scanEscape(s string) (r rune, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return scanUnicode(s)
	}
	return 0, 0
}

func scanUnicode(s string) (r rune, n int) {
	r, ok := hex4(s, 2)
	switch {
	case !ok:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	}
	if len(s) < 8 || s[6] != '\\' || s[7] != 'u' {
		return 0, 0
	}
	second, ok := hex4(s, 8)
	if r = utf16.DecodeRune(r, second); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func hex4(s string, at int) (rune, bool) {
	if len(s) < at+4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+4], 16, 16)
	return rune(n), err == nil
}

// appendText writes a JSON string. What is no UTF-8 becomes U+FFFD.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c < 0x20 || c == '"' || c == '\\' {
			dst = appendEscape(append(dst, s[start:i]...), c)
			start = i + 1
		}
		i++
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}

// Append writes the value as JSON.
func (v Value) Append(dst []byte) []byte { return v.append(dst) }

func (v *Value) append(dst []byte) []byte {
	switch v.kind {
	case Bool:
		return strconv.AppendBool(dst, v.truth)
	case Number:
		return append(dst, v.text...)
	case String:
		return appendText(dst, v.text)
	case Array:
		dst = append(dst, '[')
		for i := range v.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = v.items[i].append(dst)
		}
		return append(dst, ']')
	case Object:
		return append(v.appendFields(append(dst, '{'), false), '}')
	}
	return append(dst, "null"...)
}

// appendFields writes the fields of an object without its brackets; comma says
// that something stands before them.
func (v *Value) appendFields(dst []byte, comma bool) []byte {
	for i := range v.fields {
		if comma || i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, v.fields[i].Name)
		dst = append(dst, ':')
		dst = v.fields[i].Value.append(dst)
	}
	return dst
}
