package exchange

import (
	"net/http"
	"strings"
)

// BaseURL makes the function that tells under which address a request reached
// the service, without a path: what is configured, else what the proxy in front
// says in X-Forwarded-Proto and X-Forwarded-Host, else the Host header.
func BaseURL(configured string) func(*http.Request) string {
	if configured = strings.TrimRight(configured, "/"); configured != "" {
		return func(*http.Request) string { return configured }
	}
	return func(r *http.Request) string {
		scheme, host := "http", r.Host
		if r.TLS != nil {
			scheme = "https"
		}
		if proto := first(r.Header.Get("X-Forwarded-Proto")); proto == "https" || proto == "http" {
			scheme = proto
		}
		if forwarded := first(r.Header.Get("X-Forwarded-Host")); isHost(forwarded) {
			host = forwarded
		}
		return scheme + "://" + host
	}
}

// first is the first of the values that a chain of proxies has listed.
func first(list string) string {
	value, _, _ := strings.Cut(list, ",")
	return strings.ToLower(strings.TrimSpace(value))
}

// isHost tells whether s can be a host with or without a port.
func isHost(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == ""
}
