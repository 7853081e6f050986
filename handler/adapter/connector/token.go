package connector

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go/auth/bearer"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// tokenTimeout bounds the fetching of a token.
	tokenTimeout = 10 * time.Second
	// tokenMargin is how long before its end a token is no longer used; of a very
	// short one, half its life.
	tokenMargin = time.Minute
	// maxTokenAnswer bounds the answer of a token endpoint in bytes.
	maxTokenAnswer = 64 << 10
	// maxShelf is how many tenants' tokens a process keeps.
	maxShelf = 4096
)

// tokenShelf keeps a provider of tokens for each tenant, as long as its setting
// stays as it is.
type tokenShelf struct {
	mu        sync.Mutex
	providers map[string]shelved
}

// shelved is a provider and the version of the setting that it was made of.
type shelved struct {
	version string
	bearer.TokenProvider
}

func (s *tokenShelf) get(tenant, version string, make func() bearer.TokenProvider) bearer.TokenProvider {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, ok := s.providers[tenant]; ok && held.version == version {
		return held
	}
	if s.providers == nil || len(s.providers) >= maxShelf {
		s.providers = map[string]shelved{}
	}
	made := shelved{version, make()}
	s.providers[tenant] = made
	return made
}

// forget drops a tenant's tokens, one of which was refused.
func (s *tokenShelf) forget(tenant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.providers, tenant)
}

// provider is what gives the tokens for the calls of a tenant.
func (a application) provider(tenant string) (bearer.TokenProvider, error) {
	if a.setting.Auth == directory.AuthManagedIdentity {
		if a.Identity == nil {
			return nil, refused("this deployment has no managed identity; give the connector another way of authentication")
		}
		return a.Identity(a.setting.Scope), nil
	}
	secret, ok := a.Reveal(tenant, a.setting.Hidden)
	if !ok {
		return nil, refused("the connector's secret was encrypted with a key that the deployment no longer has; set it again")
	}
	if a.setting.Auth == directory.AuthAPIKey {
		return bearer.StaticTokenProvider{Token: bearer.Token{Value: secret}}, nil
	}
	version := strings.Join([]string{a.setting.TokenURL, a.setting.ClientID, a.setting.Scope, a.setting.Hidden}, "\n")
	return a.tokens.get(tenant, version, func() bearer.TokenProvider {
		fetch := clientCredentials{a.Connector, a.setting, secret}
		return bearer.NewTokenCache(fetch, func(o *bearer.TokenCacheOptions) {
			o.RetrieveBearerTokenTimeout = tokenTimeout
			o.DisableAsyncRefresh = true
		})
	}), nil
}

// clientCredentials gets tokens as RFC 6749 §4.4 says, the client known by HTTP
// Basic (§2.3.1).
type clientCredentials struct {
	*Connector
	setting directory.ConnectorSetting
	secret  string
}

// RetrieveBearerToken fetches a new token.
func (c clientCredentials) RetrieveBearerToken(ctx context.Context) (bearer.Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if c.setting.Scope != "" {
		form.Set("scope", c.setting.Scope)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.setting.TokenURL, strings.NewReader(form.Encode()))
	if err != nil || request.URL.Scheme != "https" {
		return bearer.Token{}, refused("the connector's tokenUrl must be an https address; correct it").WithCause(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.SetBasicAuth(url.QueryEscape(c.setting.ClientID), url.QueryEscape(c.secret))
	response, err := c.client.Do(request)
	if err != nil {
		return bearer.Token{}, unreached(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxTokenAnswer))
	if err != nil {
		return bearer.Token{}, unreached(err)
	}
	return c.tokenOf(response, content)
}

// tokenOf reads the answer of a token endpoint (RFC 6749 §5). Its text is kept
// out of logs: it may hold a token.
func (c clientCredentials) tokenOf(response *http.Response, content []byte) (bearer.Token, error) {
	if later(response.StatusCode) {
		return bearer.Token{}, fault.New(fault.Unavailable, "the token endpoint of the business application asks for patience (status %d)", response.StatusCode).
			WithRetryAfter(retryAfter(response.Header.Get("Retry-After"), c.Now()))
	}
	var answer struct {
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	err := json.Unmarshal(content, &answer)
	if response.StatusCode != http.StatusOK || err != nil || answer.AccessToken == "" {
		return bearer.Token{}, refused("the token endpoint of the business application gives no token (status %d); check the connector's tokenUrl, clientId, secret and scope", response.StatusCode)
	}
	life := time.Duration(min(max(answer.ExpiresIn, 0), 86400)) * time.Second
	return bearer.Token{Value: answer.AccessToken, CanExpire: true, Expires: c.Now().Add(life - min(tokenMargin, life/2))}, nil
}

func unreached(err error) error {
	if named(err) {
		return err
	}
	return fault.New(fault.Unavailable, "the token endpoint of the business application did not answer; it is tried again").WithCause(err)
}
