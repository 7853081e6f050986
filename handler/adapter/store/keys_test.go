package store_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
)

// longestPrefix stands for what surrounds an encoded value in the longest key:
// o-<uid>-closed-<type of 32>-.
var longestPrefix = strings.Repeat("p", len("o-")+36+len("-closed-")+32+len("-"))

func FuzzKey(f *testing.F) {
	for _, seed := range []string{"", "ann@acme.com", "a/b\\c#d?e\x00\x7f", "\xff\xfe", "𝄞€", strings.Repeat("x", 5000), strings.Repeat("é", 96), strings.Repeat("é", 97)} {
		f.Add(seed, seed+"0")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		ka, kb := store.Key(a), store.Key(b)
		if err := table.CheckGet("t", longestPrefix+ka, nil); err != nil {
			t.Fatalf("key of %q: %v", a, err)
		}
		if (a == b) != (ka == kb) {
			t.Fatalf("%q and %q are as different as %q and %q", a, b, ka, kb)
		}
		if short := len(a) <= 192 && len(b) <= 192; short && a != "" && b != "" && strings.Compare(a, b) != strings.Compare(ka, kb) {
			t.Fatalf("%q and %q lose their order", a, b)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"Ann@Acme.com", "Straße", "ΣΊΣΥΦΟΣ", "ａｂｃ", "a b", "\xff", "İ", "ﬁ", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folded := store.Fold(name)
		if !utf8.ValidString(folded) {
			t.Fatalf("%q folds to invalid UTF-8", name)
		}
		if store.Fold(name) != folded {
			t.Fatalf("%q folds differently the second time", name)
		}
	})
}

func TestFold(t *testing.T) {
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"ASCII case", "Ann@ACME.com", "ann@acme.com", true},
		{"umlaut case", "JÖRG", "jörg", true},
		{"composed and decomposed", "jo\u0308rg", "jörg", true},
		{"full width", "ＡＮＮ", "ann", true},
		{"spaces, which PRECIS refuses", "JÖRG MÜLLER", "jörg müller", true},
		{"sharp s is no double s", "Straße", "STRASSE", false},
		{"another letter", "ann", "anne", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := store.Fold(test.a) == store.Fold(test.b); got != test.same {
				t.Errorf("%q and %q: same = %t", store.Fold(test.a), store.Fold(test.b), got)
			}
		})
	}
}

func TestFoldIsSafeForConcurrentUse(t *testing.T) {
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 200 {
				if got := store.Fold("JÖRG"); got != "jörg" {
					t.Fatalf("folds to %q", got)
				}
			}
		})
	}
}

func TestASCIIFoldsAsEverythingElse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringMatching(`[!-~]{1,20}`).Draw(rt, "name")
		if got, want := store.Fold(name+"ö"), store.Fold(name)+"ö"; got != want {
			rt.Fatalf("%q folds to %q beside an umlaut, to %q alone", name, got, want)
		}
	})
}
