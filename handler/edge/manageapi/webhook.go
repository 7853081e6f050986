package manageapi

import (
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/edge/exchange"
)

// webhookView is where a tenant is told what becomes of its leaves, on the wire.
type webhookView struct {
	URL string `json:"url"`
	// PreviousUntil is how long the secret before this one signs, too.
	PreviousUntil *time.Time `json:"previousUntil,omitempty"`
}

// issuedWebhook is the answer to a change: the secret is shown this once.
type issuedWebhook struct {
	webhookView
	Secret string `json:"secret,omitempty"`
}

// webhookOf leaves out what is not there, and a time that has passed.
func webhookOf(w directory.WebhookSetting, now time.Time) *webhookView {
	if w.IsZero() {
		return nil
	}
	view := &webhookView{URL: w.URL}
	if len(w.Signing(now)) > 1 {
		view.PreviousUntil = &w.PreviousUntil
	}
	return view
}

func (a api) setWebhook(w http.ResponseWriter, r *http.Request) error {
	var url string
	var renew bool
	if err := body(w, r,
		exchange.Text("url", &url, "https://crm.example.com/handover-events"),
		exchange.Value("newSecret", &renew, "true or false", "true"),
	); err != nil {
		return err
	}
	changed, secret, err := a.Admin.SetWebhook(r.Context(), by(r), r.PathValue("tenant"), match(r), url, renew)
	if err != nil {
		return err
	}
	version(w, changed)
	return exchange.JSON(w, http.StatusOK, issuedWebhook{*webhookOf(changed.Tenant.Webhook, a.Exchange.Now()), secret})
}

func (a api) removeWebhook(w http.ResponseWriter, r *http.Request) error {
	changed, err := a.Admin.RemoveWebhook(r.Context(), by(r), r.PathValue("tenant"), match(r))
	if err != nil {
		return err
	}
	version(w, changed)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tryWebhook tells an operator whether the application takes an event.
func (a api) tryWebhook(w http.ResponseWriter, r *http.Request) error {
	if err := a.TryWebhook(r.Context(), r.PathValue("tenant")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
