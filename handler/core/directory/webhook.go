package directory

import (
	"context"
	"time"

	"handover/handler/core/fault"
)

// WebhookSetting is the address at which a tenant wants to be told what becomes
// of its leaves. The zero value is nowhere.
type WebhookSetting struct {
	// URL is that of the application, https.
	URL string `json:"url"`
	// Hidden is the secret that signs, encrypted for this tenant.
	Hidden string `json:"hidden,omitempty"`
	// Previous is the one before it, which signs beside it until PreviousUntil, so
	// that the application can change from one to the other in its own time.
	Previous      string    `json:"previous,omitempty"`
	PreviousUntil time.Time `json:"previousUntil,omitzero"`
}

// secretOverlap is how long a secret still signs after a new one was issued.
const secretOverlap = 24 * time.Hour

// IsZero tells whether there is no webhook.
func (w WebhookSetting) IsZero() bool { return w.URL == "" }

// Renewed is the setting with a new secret; the one before signs for another day.
func (w WebhookSetting) Renewed(hidden string, now time.Time) WebhookSetting {
	if w.Hidden != "" {
		w.Previous, w.PreviousUntil = w.Hidden, now.Add(secretOverlap)
	}
	w.Hidden = hidden
	return w
}

// Signing lists the secrets that sign at a time, encrypted, the newest first.
func (w WebhookSetting) Signing(now time.Time) []string {
	if w.Previous != "" && now.Before(w.PreviousUntil) {
		return []string{w.Hidden, w.Previous}
	}
	return []string{w.Hidden}
}

// CheckWebhookURL refuses an address to which no event is sent.
func CheckWebhookURL(url string) error {
	if !secureAddress(url) {
		return fault.New(fault.InvalidValue, "url must be an https address of at most %d bytes without query, for example \"https://crm.example.com/handover-events\"", maxConnectorURL)
	}
	return nil
}

func checkWebhook(s *Settings, _ []string) error {
	if s.Webhook.IsZero() {
		s.Webhook = WebhookSetting{}
		return nil
	}
	return CheckWebhookURL(s.Webhook.URL)
}

// Event is what a webhook is told.
type Event struct {
	Tenant string
	// Notice is what happened; the zero Notice is a test.
	Notice Notice
	// Leave is the leave as it is now.
	Leave Leave
	// Moved counts the records that the leave has taken from its user, by type.
	Moved map[string]int
}

// Webhook tells a tenant's application what happened. An error is
// fault.WebhookRefused, with the time for which the application wants to be left
// alone where it says one.
type Webhook interface {
	Post(ctx context.Context, setting WebhookSetting, event Event) error
}
