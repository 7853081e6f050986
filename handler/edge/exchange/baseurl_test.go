package exchange_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"handover/handler/edge/exchange"
)

func TestBaseURL(t *testing.T) {
	tests := []struct {
		name, configured, host string
		headers                map[string]string
		tls                    bool
		want                   string
	}{
		{"the Host header", "", "127.0.0.1:8080", nil, false, "http://127.0.0.1:8080"},
		{"with TLS", "", "scim.example.com", nil, true, "https://scim.example.com"},
		{"a proxy in front", "", "127.0.0.1:8080", map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "scim.example.com"}, false, "https://scim.example.com"},
		{"a chain of proxies", "", "127.0.0.1:8080", map[string]string{"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "Scim.example.com:8443, inner"}, false, "https://scim.example.com:8443"},
		{"headers that cannot be", "", "127.0.0.1:8080", map[string]string{"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "evil\"/><"}, false, "http://127.0.0.1:8080"},
		{"a configured address wins", "https://scim.example.com/", "127.0.0.1:8080", map[string]string{"X-Forwarded-Host": "other"}, false, "https://scim.example.com"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/scim/acme/v2/Users", nil)
			r.Host = test.host
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			for name, value := range test.headers {
				r.Header.Set(name, value)
			}
			if got := exchange.BaseURL(test.configured)(r); got != test.want {
				t.Errorf("base URL is %q, want %q", got, test.want)
			}
		})
	}
}
