package connector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// webhookTimeout is how long an application has to take an event: it should note
// it down and answer, and do its own work after that.
const webhookTimeout = 15 * time.Second

// maxThanks is how much of its answer is read, in bytes.
const maxThanks = 4 << 10

// Webhook posts events to the addresses that tenants have set, signed as Standard
// Webhooks 1.0 has it; docs/webhooks.md describes them for the application's
// developer. It is safe for concurrent use.
type Webhook struct {
	client *http.Client
	reveal func(tenant, hidden string) (secret string, ok bool)
	now    func() time.Time
}

// NewWebhook makes a Webhook: transport carries the events, reveal decrypts the
// secret of a tenant's setting.
func NewWebhook(transport http.RoundTripper, reveal func(tenant, hidden string) (string, bool), now func() time.Time) *Webhook {
	return &Webhook{client: followingNobody(transport), reveal: reveal, now: now}
}

// Post sends one event once. Any status from 200 to 299 says that the application
// has taken it.
func (w *Webhook) Post(ctx context.Context, setting directory.WebhookSetting, event directory.Event) error {
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	request, err := w.request(ctx, setting, &event)
	if err != nil {
		return err
	}
	response, err := w.client.Do(request)
	if err != nil {
		return unposted(err)
	}
	defer response.Body.Close()
	// What it says is kept nowhere: it may repeat the names in the event. It is
	// read so that the connection can be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxThanks))
	if ctx.Err() != nil {
		// A server that notices our hanging up may still send an empty answer.
		return unposted(ctx.Err())
	}
	return w.verdict(response)
}

func (w *Webhook) request(ctx context.Context, setting directory.WebhookSetting, event *directory.Event) (*http.Request, error) {
	now := w.now()
	id, body, err := render(event, now)
	if err != nil {
		return nil, fmt.Errorf("connector: render event: %w", err)
	}
	signatures, err := w.signatures(setting, event.Tenant, id, now, body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, setting.URL, bytes.NewReader(body))
	if err != nil {
		return nil, untaken("the webhook's url cannot be read; correct it").WithCause(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Handover")
	request.Header.Set("Webhook-Id", id)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("Webhook-Signature", signatures)
	return request, nil
}

// signatures are one for each secret that is in use, with blanks between them.
func (w *Webhook) signatures(setting directory.WebhookSetting, tenant, id string, now time.Time, body []byte) (string, error) {
	var all []string
	for _, hidden := range setting.Signing(now) {
		secret, revealed := w.reveal(tenant, hidden)
		if signature, ok := credential.SignWebhook(secret, id, now, body); revealed && ok {
			all = append(all, signature)
		}
	}
	if len(all) == 0 {
		return "", untaken("the webhook's secret cannot be decrypted with the keys of this deployment; issue a new one")
	}
	return strings.Join(all, " "), nil
}

// verdict is what the application's answer means.
func (w *Webhook) verdict(response *http.Response) error {
	status := response.StatusCode
	var f *fault.Fault
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		f = untaken("the webhook answers with a redirect (status %d), which is not followed; correct its url", status)
	default:
		f = untaken("the webhook answers with the status %d in place of one from 200 to 299", status)
	}
	return f.WithRetryAfter(retryAfter(response.Header.Get("Retry-After"), w.now()))
}

// unposted is an error of the transport, which may have refused the address.
func unposted(err error) error {
	if refusal, ok := errors.AsType[*fault.Fault](err); ok {
		return untaken("%s", refusal.Message).WithCause(err)
	}
	return untaken("the webhook was not reached, or did not answer within %v", webhookTimeout).WithCause(err)
}

func untaken(format string, args ...any) *fault.Fault {
	return fault.New(fault.WebhookRefused, format, args...)
}
