package manageapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// credentialView is a credential on the wire, which never shows its secret.
type credentialView struct {
	ID string `json:"id"`
	// Kind is token, app-key or oauth-client; an answer that shows the secret needs
	// none.
	Kind    string     `json:"kind,omitempty"`
	Label   string     `json:"label"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	// LastUsed is to the minute; Health is unused, in use, quiet or expired, and
	// is shown in lists.
	LastUsed *time.Time `json:"lastUsed,omitempty"`
	Health   string     `json:"health,omitempty"`
}

// credentialList is all credentials of a tenant.
type credentialList struct {
	Credentials []credentialView `json:"credentials"`
}

// issuedToken is a SCIM secret token, shown once, with what else the customer
// pastes into the directory.
type issuedToken struct {
	TenantURL string `json:"tenantUrl"`
	Token     string `json:"token"`
	credentialView
}

// issuedAppKey is an app key, shown once.
type issuedAppKey struct {
	URL string `json:"url"`
	Key string `json:"key"`
	credentialView
}

// issuedOAuthClient is an OAuth client's secret, shown once, with what else the
// customer pastes into the directory. The client id is the credential's id.
type issuedOAuthClient struct {
	TenantURL    string `json:"tenantUrl"`
	TokenURL     string `json:"tokenUrl"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	credentialView
}

func viewOf(c credential.Credential) credentialView {
	return credentialView{ID: c.ID, Label: c.Label, Created: c.Created, Expires: present(c.Expires)}
}

// present is a time for the wire: nil, which leaves it out, for the zero time.
func present(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (a api) issueToken(w http.ResponseWriter, r *http.Request) error {
	c, text, err := a.issue(w, r, credential.ScimToken)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusCreated, issuedToken{
		TenantURL: a.tenantURL(r, r.PathValue("tenant")), Token: text, credentialView: viewOf(c),
	})
}

func (a api) issueAppKey(w http.ResponseWriter, r *http.Request) error {
	c, text, err := a.issue(w, r, credential.AppKey)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusCreated, issuedAppKey{
		URL: a.appURL(r, r.PathValue("tenant")), Key: text, credentialView: viewOf(c),
	})
}

func (a api) issueOAuthClient(w http.ResponseWriter, r *http.Request) error {
	c, text, err := a.issue(w, r, credential.OAuthClient)
	if err != nil {
		return err
	}
	tenant := r.PathValue("tenant")
	return exchange.JSON(w, http.StatusCreated, issuedOAuthClient{
		TenantURL: a.tenantURL(r, tenant), TokenURL: a.tokenURL(r, tenant),
		ClientID: c.ID, ClientSecret: text, credentialView: viewOf(c),
	})
}

func (a api) issue(w http.ResponseWriter, r *http.Request, kind credential.Kind) (credential.Credential, string, error) {
	var label, expires string
	if err := body(w, r,
		exchange.Text("label", &label, "entra"),
		exchange.Text("expires", &expires, "365d"),
	); err != nil {
		return credential.Credential{}, "", err
	}
	life, err := lifetime(expires, a.Exchange.Now())
	if err != nil {
		return credential.Credential{}, "", err
	}
	return a.Admin.IssueCredential(r.Context(), by(r), r.PathValue("tenant"), kind, label, life)
}

// lifetime reads when a credential ends: days as in 365d, a duration of Go as
// in 24h, or a date and time of RFC 3339. Nothing is 0, for no end.
func lifetime(expires string, now time.Time) (time.Duration, error) {
	if expires == "" {
		return 0, nil
	}
	life, ok := span(expires, now)
	if !ok || life <= 0 {
		return 0, fault.New(fault.InvalidValue,
			"expires must be days, hours or a date and time that is yet to come, for example \"365d\", \"24h\" or %q",
			now.UTC().AddDate(1, 0, 0).Format(time.RFC3339))
	}
	return life, nil
}

// maxDays keeps a number of days within a time.Duration, 292 years. The rule
// allows less.
const maxDays = 100_000

func span(text string, now time.Time) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0 && n <= maxDays
	}
	if life, err := time.ParseDuration(text); err == nil {
		return life, true
	}
	at, err := time.Parse(time.RFC3339, text)
	return at.Sub(now), err == nil
}

func (a api) listCredentials(w http.ResponseWriter, r *http.Request) error {
	credentials, err := a.Admin.ListCredentials(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return err
	}
	list := credentialList{make([]credentialView, len(credentials))}
	for i, c := range credentials {
		list.Credentials[i] = viewOf(c)
		list.Credentials[i].Kind, list.Credentials[i].LastUsed = kindOf(c.Kind), present(c.LastUsed)
		list.Credentials[i].Health = healthOfCredential(c, a.Exchange.Now())
	}
	return exchange.JSON(w, http.StatusOK, list)
}

// healthOfCredential says in a word whether a credential still does its work.
func healthOfCredential(c credential.Credential, now time.Time) string {
	switch {
	case c.Expired(now):
		return "expired"
	case c.LastUsed.IsZero():
		return "unused"
	case now.Sub(c.LastUsed) >= directory.QuietAfter:
		return "quiet"
	}
	return "in use"
}

// kindOf names a kind of credential by the route that issues it.
func kindOf(k credential.Kind) string {
	switch k {
	case credential.ScimToken:
		return "token"
	case credential.AppKey:
		return "app-key"
	case credential.OAuthClient:
		return "oauth-client"
	}
	return string(k)
}

func (a api) revokeCredential(w http.ResponseWriter, r *http.Request) error {
	if err := a.Admin.RevokeCredential(r.Context(), by(r), r.PathValue("tenant"), r.PathValue("credential")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
