package credential

import (
	"encoding/base64"
	"io"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handover/handler/core/fault"
)

// webhookPrefix is how the secret of a webhook begins, as Standard Webhooks 1.0
// has it, so that every library of that specification takes it as it is.
const webhookPrefix = "whsec_"

// IssueWebhookSecret makes the secret with which the events for a webhook are
// signed: whsec_ and 256 random bits in base64.
func IssueWebhookSecret(random io.Reader) (string, error) {
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fault.New(fault.Internal, "no randomness for a new secret").WithCause(err)
	}
	return webhookPrefix + base64.StdEncoding.EncodeToString(raw), nil
}

// SignWebhook is the signature of a body that is sent under an id at a time, as
// Standard Webhooks 1.0 has it: "v1," and the base64 of an HMAC-SHA256. ok is false
// for what is no secret.
func SignWebhook(secret, id string, at time.Time, body []byte) (signature string, ok bool) {
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil || secret == "" {
		return "", false
	}
	signature, err = signer.Sign(id, at, body)
	return signature, err == nil
}
