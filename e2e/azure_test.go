package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"handover/e2e/host"
	"handover/handler/adapter/azure/azuretest"
)

// azure is a base of Table Storage and Service Bus, or what stands for them.
type azure struct {
	base
	// name is the queue's.
	name   string
	bus    azuretest.Admin
	tables *tablesFront
}

// onAzure gives a test a queue of its own. The tables are shared, with a tenant
// for each test.
func onAzure(t *testing.T) azure {
	t.Helper()
	return onQueue(t, azuretest.Queue{})
}

func onQueue(t *testing.T, queue azuretest.Queue) azure {
	t.Helper()
	queue.Name = azuretest.QueueName(t)
	connection, admin := azuretest.ServiceBus(t, queue)
	front := newTablesFront(t, azuretest.Tables(t))
	return azure{
		base: base{map[string]string{
			"HANDOVER_QUEUE": queue.Name, "TableConnection": front.connection, "ServiceBusConnection": connection,
		}, host.ServiceBus},
		name: queue.Name, bus: admin, tables: front,
	}
}

// tablesFront stands before a table service and makes what Azurite does not:
// a time in which every answer is 503.
type tablesFront struct {
	connection string
	busy       atomic.Bool
	refused    atomic.Int64
}

// busyAnswer is what Table Storage says when a partition is overloaded.
const busyAnswer = `{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"The server is busy."}}}`

func newTablesFront(t *testing.T, connection string) *tablesFront {
	t.Helper()
	_, endpoint, found := strings.Cut(connection, "TableEndpoint=")
	endpoint, _, _ = strings.Cut(endpoint, ";")
	target, err := url.Parse(endpoint)
	if !found || err != nil {
		t.Fatalf("no table endpoint in the connection string: %v", err)
	}
	f := &tablesFront{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			// What is signed is the path, which stays as it is.
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, target.Host
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f.busy.Load() {
			proxy.ServeHTTP(w, r)
			return
		}
		f.refused.Add(1)
		w.Header().Set("Content-Type", "application/json;odata=minimalmetadata")
		w.Header().Set("x-ms-error-code", "ServerBusy")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, busyAnswer)
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near := url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", port), Path: target.Path}
	f.connection = strings.Replace(connection, endpoint, near.String(), 1)
	return f
}
