package main

import (
	"crypto/rand"
	"strings"
	"testing"

	"handover/handler/core/credential"
	"handover/handler/core/fault"
)

// TestConnectorSecret keeps a secret with the deployment's keys, and nowhere
// without them.
func TestConnectorSecret(t *testing.T) {
	keys, err := credential.ParseKeyring("a:" + strings.Repeat("0f", 32))
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{options: Options{Random: rand.Reader}, keys: keys}
	hidden, err := p.conceal("acme", "correct-horse")
	if err != nil || strings.Contains(hidden, "correct") {
		t.Fatalf("%q, %v", hidden, err)
	}
	if secret, ok := p.reveal("acme", hidden); !ok || secret != "correct-horse" {
		t.Errorf("%q, %v", secret, ok)
	}
	if _, ok := p.reveal("globex", hidden); ok {
		t.Error("another tenant's secret is revealed")
	}
	keyless := &Program{options: p.options}
	if _, err := keyless.conceal("acme", "x"); !fault.Is(err, fault.SettingsInvalid) {
		t.Errorf("%v", err)
	}
	if _, ok := keyless.reveal("acme", hidden); ok {
		t.Error("revealed without a key")
	}
}
