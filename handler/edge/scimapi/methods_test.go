package scimapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// Every address answers each method, or names in Allow those that it does; what
// GET serves, HEAD serves without the body.
func TestMethods(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	sales := w.group(t, "Sales")
	const base = "/scim/acme/v2"
	tests := []struct{ target, allow string }{
		{base, "GET, HEAD"},
		{base + "/.search", "POST"},
		{base + "/Users", "GET, HEAD, POST"},
		{base + "/Users/.search", "POST"},
		{ann, "DELETE, GET, HEAD, PATCH, PUT"},
		{base + "/Groups", "GET, HEAD, POST"},
		{base + "/Groups/.search", "POST"},
		{sales, "DELETE, GET, HEAD, PATCH, PUT"},
		{base + "/Bulk", "POST"},
		{base + "/Schemas", "GET, HEAD"},
		{base + "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "GET, HEAD"},
		{base + "/ResourceTypes", "GET, HEAD"},
		{base + "/ResourceTypes/User", "GET, HEAD"},
		{base + "/ServiceProviderConfig", "GET, HEAD"},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"} {
				answer := w.do(method, test.target, "")
				served := strings.Contains(test.allow, method)
				if served == (answer.Code == http.StatusMethodNotAllowed) {
					t.Errorf("%s: %d", method, answer.Code)
				}
				if allow := answer.Header().Get("Allow"); !served && allow != test.allow {
					t.Errorf("%s: Allow is %q, want %q", method, allow, test.allow)
				}
			}
			if !strings.Contains(test.allow, "GET") {
				return
			}
			get, head := w.do("GET", test.target, ""), w.do("HEAD", test.target, "")
			if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != get.Header().Get("Content-Length") ||
				head.Header().Get("ETag") != get.Header().Get("ETag") || get.Body.Len() == 0 {
				t.Errorf("HEAD: %d, headers %v; GET: %v", head.Code, head.Header(), get.Header())
			}
		})
	}
}

func TestAccept(t *testing.T) {
	w := newWorld(t)
	for accept, want := range map[string]string{
		"":                              "application/scim+json",
		"application/json":              "application/json",
		"application/json, */*;q=0.1":   "application/scim+json",
		"application/*":                 "application/scim+json",
		"*/*":                           "application/scim+json",
		"text/html, application/json":   "application/json",
		"application/scim+json;q=0":     "",
		"text/html":                     "",
		"*/*;q=0.0":                     "",
		"what is this?":                 "application/scim+json",
		strings.Repeat("a/b,", 100_000): "",
	} {
		answer := w.do("GET", "/scim/acme/v2/Users", "", "Accept", accept)
		status := http.StatusOK
		if want == "" {
			status = http.StatusNotAcceptable
			want = "application/scim+json" // of the error
		}
		if got := answer.Header().Get("Content-Type"); answer.Code != status || got != want {
			t.Errorf("%.40s: %d %s, want %d %s", accept, answer.Code, got, status, want)
		}
	}
}
