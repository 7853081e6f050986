package store

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// foldVersion is kept on the counter row. Whoever changes fold raises it and
// rebuilds the rows n-, e- and d-.
const foldVersion = 1

// fold brings a name into the form in which names are compared: the PRECIS
// profile UsernameCaseMapped, as RFC 7644 §5 asks, and where that refuses
// (spaces, symbols), NFKC, full case folding and NFC. It never fails.
func fold(name string) string {
	if isASCII(name) {
		return strings.ToLower(name)
	}
	if folded, err := precis.UsernameCaseMapped.String(name); err == nil {
		return folded
	}
	name = strings.ToValidUTF8(name, "\uFFFD")
	return norm.NFC.String(cases.Fold().String(norm.NFKC.String(name)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
