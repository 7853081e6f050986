package exchange_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"handover/handler/edge/exchange"
)

func TestAddress(t *testing.T) {
	tests := []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"the connection's other end", "203.0.113.7:4711", nil, "203.0.113.7"},
		{"behind the host", "127.0.0.1:4711", []string{"203.0.113.7"}, "203.0.113.7"},
		{"with a port, as Azure's front end writes it", "127.0.0.1:4711", []string{"203.0.113.7:50123"}, "203.0.113.7"},
		{"what the caller wrote comes first", "127.0.0.1:4711", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"what the caller wrote in a line of its own", "[::1]:4711", []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		{"a stranger who claims to be a proxy", "203.0.113.7:4711", []string{"198.51.100.1"}, "203.0.113.7"},
		{"IPv6 counts by network", "127.0.0.1:4711", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"},
		{"IPv6 with a port", "127.0.0.1:4711", []string{"[2001:db8:1:2:3:4:5:6]:443"}, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.7]:4711", nil, "203.0.113.7"},
		{"no address in the header", "127.0.0.1:4711", []string{"unknown"}, ""},
		{"an empty header", "127.0.0.1:4711", []string{""}, ""},
		{"no address at all", "", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = test.remote
			if test.forwarded != nil {
				r.Header["X-Forwarded-For"] = test.forwarded
			}
			if got := exchange.Address(r); got != test.want {
				t.Errorf("address is %q, want %q", got, test.want)
			}
		})
	}
}
