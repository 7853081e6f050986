package play

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// answerTimeout is after which Entra counts a request as failed, by our
// estimate; its documentation names no number.
const answerTimeout = 60 * time.Second

// endpoint sends requests to one Tenant URL.
type endpoint struct {
	base, query, token string
	client             *http.Client
}

func newEndpoint(target Target, options Options) (*endpoint, error) {
	u, err := url.Parse(target.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fault.New(fault.InvalidValue, "the Tenant URL must be an http or https address, for example https://scim.example.com/scim/acme/v2").WithCause(err)
	}
	transport := options.Transport
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: options.Connections, MaxIdleConnsPerHost: options.Connections}
	}
	e := &endpoint{query: u.RawQuery, token: target.Token, client: &http.Client{
		Transport: transport, Timeout: answerTimeout,
		// A directory does not follow redirects.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if flag := string(FlagDialect); options.Dialect == FlagDialect && !u.Query().Has(flag) {
		e.query = strings.TrimPrefix(e.query+"&"+flag, "&")
	}
	u.RawQuery, u.Fragment = "", ""
	e.base = strings.TrimSuffix(u.String(), "/")
	return e, nil
}

// request is one request of the directory, below the Tenant URL.
type request struct {
	method, path, query string
	body                any
}

func (r request) String() string {
	if r.query == "" {
		return r.method + " " + r.path
	}
	return r.method + " " + r.path + "?" + r.query
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	// body is the body as a JSON object, nil if it is none. Numbers are
	// json.Number.
	body object
}

// send returns an error only when there was no answer.
func (e *endpoint) send(ctx context.Context, r request) (answer, error) {
	sent, err := e.written(ctx, r)
	if err != nil {
		return answer{}, fmt.Errorf("play: %w", err)
	}
	response, err := e.client.Do(sent)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: response.StatusCode, header: response.Header}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&got.body) != nil {
		got.body = nil
	}
	return got, nil
}

// written is the request as it goes over the wire.
func (e *endpoint) written(ctx context.Context, r request) (*http.Request, error) {
	var content io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, e.base+r.path+joined(r.query, e.query), content)
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Authorization", "Bearer "+e.token)
	sent.Header.Set("Accept", "application/scim+json")
	if r.body != nil {
		sent.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	return sent, nil
}

// joined is the query of a request and that of the Tenant URL.
func joined(query, always string) string {
	switch {
	case query == "" && always == "":
		return ""
	case query == "" || always == "":
		return "?" + query + always
	}
	return "?" + query + "&" + always
}

// mediaType is the Content-Type without its parameters.
func (a answer) mediaType() string {
	mediaType, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return a.header.Get("Content-Type")
	}
	return mediaType
}
