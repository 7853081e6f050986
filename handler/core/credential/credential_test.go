package credential_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"handover/handler/core/credential"
)

func TestIssuedOpensItself(t *testing.T) {
	now := time.Now()
	kept, text, err := credential.Issue(credential.ScimToken, "entra", now, now.Add(time.Hour), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "hvs_") || len(text) != 75 {
		t.Errorf("the token has %d characters and begins with %q", len(text), text[:4])
	}
	shown, ok := credential.Parse(text)
	if !ok || shown.ID != kept.ID {
		t.Fatalf("parse: %v, id %s, wanted %s", ok, shown.ID, kept.ID)
	}
	other, _, err := credential.Issue(credential.ScimToken, "", now, time.Time{}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sameID := other
	sameID.ID = kept.ID
	wrongKind := kept
	wrongKind.Kind = credential.AppKey
	tests := []struct {
		name string
		kept credential.Credential
		now  time.Time
		want bool
	}{
		{"itself", kept, now, true},
		{"expired", kept, now.Add(time.Hour), false},
		{"another", other, now, false},
		{"another secret under the id", sameID, now, false},
		{"another kind", wrongKind, now, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := shown.Opens(test.kept, test.now); got != test.want {
				t.Errorf("Opens = %v", got)
			}
		})
	}
}

func TestEveryTypingErrorIsFound(t *testing.T) {
	_, text, err := credential.Issue(credential.AppKey, "", time.Now(), time.Time{}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(text) - 1 {
		typo := []byte(text)
		if typo[i] == 'a' {
			typo[i] = 'b'
		} else {
			typo[i] = 'a'
		}
		if _, ok := credential.Parse(string(typo)); ok {
			t.Errorf("a typing error at %d passes", i)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("hvs_")
	f.Add("hva_" + strings.Repeat("a", 71))
	f.Fuzz(func(t *testing.T, text string) {
		if p, ok := credential.Parse(text); ok && (len(text) > 90 || p.ID == "") {
			t.Errorf("%q passes", text)
		}
	})
}

func BenchmarkParseAndOpen(b *testing.B) {
	now := time.Now()
	kept, text, err := credential.Issue(credential.ScimToken, "", now, time.Time{}, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		shown, ok := credential.Parse(text)
		if !ok || !shown.Opens(kept, now) {
			b.Fatal("refused")
		}
	}
}
