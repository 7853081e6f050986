package azure

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// maxConnections is how many connections are kept to a storage account, and
// the most that there are. Go keeps 2 by default and the SDK 10: at 128
// requests in flight most of them would dial, at an eighth of the speed.
const maxConnections = 256

// newClient makes the HTTP client of a storage account. Table Storage speaks
// HTTP/1.1 and never redirects.
func newClient() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 5 * time.Second,
			IdleConnTimeout:     90 * time.Second,
			MaxIdleConns:        maxConnections,
			MaxIdleConnsPerHost: maxConnections,
			MaxConnsPerHost:     maxConnections,
		},
	}
}
