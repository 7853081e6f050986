package credential_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"handover/handler/core/credential"
)

func TestConceal(t *testing.T) {
	before, added, moved := ring(t, oldKey), ring(t, newKey, oldKey), ring(t, newKey)
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.String().Draw(t, "secret")
		hidden, err := before.Conceal(credential.ForConnectors, "acme", secret, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if len(secret) > 3 && strings.Contains(hidden, secret) {
			t.Fatalf("%q tells the secret", hidden)
		}
		if got, ok := added.Reveal(credential.ForConnectors, "acme", hidden); !ok || got != secret {
			t.Fatalf("revealed %q, %v", got, ok)
		}
		place := rapid.IntRange(len("old."), len(hidden)-2).Draw(t, "place")
		forged := hidden[:place] + string(hidden[place]^1) + hidden[place+1:]
		for name, ok := range map[string]bool{
			"another tenant":  reveals(added, credential.ForConnectors, "globex", hidden),
			"another purpose": reveals(added, credential.ForWebhooks, "acme", hidden),
			"a key gone":      reveals(moved, credential.ForConnectors, "acme", hidden),
			"a changed text":  reveals(added, credential.ForConnectors, "acme", forged),
			"a cut text":      reveals(added, credential.ForConnectors, "acme", hidden[:len("old.")+4]),
			"another key":     reveals(added, credential.ForConnectors, "acme", "new"+hidden[3:]),
		} {
			if ok {
				t.Fatalf("%s: revealed", name)
			}
		}
	})
	first, _ := before.Conceal(credential.ForConnectors, "acme", "same", rand.Reader)
	second, _ := before.Conceal(credential.ForConnectors, "acme", "same", rand.Reader)
	if first == second {
		t.Error("the same secret looks the same twice")
	}
}

func reveals(r *credential.Keyring, purpose credential.Purpose, tenant, text string) bool {
	_, ok := r.Reveal(purpose, tenant, text)
	return ok
}
