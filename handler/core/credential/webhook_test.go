package credential_test

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handover/handler/core/credential"
)

// TestSignWebhook holds the signature against the example that every library of
// the specification is tested with.
func TestSignWebhook(t *testing.T) {
	const secret, want = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	got, ok := credential.SignWebhook(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if !ok || got != want {
		t.Errorf("%q, %v; wanted %q", got, ok, want)
	}
	for _, none := range []string{"", "whsec_%"} {
		if _, ok := credential.SignWebhook(none, "id", time.Now(), nil); ok {
			t.Errorf("%q is taken for a secret", none)
		}
	}
}

// TestIssueWebhookSecret has an application check what a new secret has signed.
func TestIssueWebhookSecret(t *testing.T) {
	secret, err := credential.IssueWebhookSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if raw, found := strings.CutPrefix(secret, "whsec_"); !found || len(raw) != 44 {
		t.Errorf("%d characters after the prefix, %v", len(raw), found)
	}
	application, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	now, body := time.Now(), []byte(`{"type":"webhook.test"}`)
	signature, ok := credential.SignWebhook(secret, "1", now, body)
	if !ok {
		t.Fatal("not signed")
	}
	header := http.Header{}
	for name, value := range map[string]string{"webhook-id": "1", "webhook-timestamp": now.Format("20060102"), "webhook-signature": signature} {
		header.Set(name, value)
	}
	if application.Verify(body, header) == nil {
		t.Error("a timestamp that was not signed is taken")
	}
	header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	if err := application.Verify(body, header); err != nil {
		t.Error(err)
	}
	if application.Verify([]byte(`{}`), header) == nil {
		t.Error("another body is taken")
	}
	if _, err := credential.IssueWebhookSecret(bytes.NewReader(nil)); err == nil {
		t.Error("a secret without randomness")
	}
}
