package azure_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/azure/azuretest"
	"handover/handler/core/fault"
)

func TestOpenBusRefuses(t *testing.T) {
	const connection = "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0"
	china, err := azure.CloudOf("china")
	if err != nil {
		t.Fatal(err)
	}
	credential, err := azure.Credential(azure.Identity{Cloud: china})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		settings azure.BusSettings
		names    string
	}{
		{"nothing", azure.BusSettings{}, "ServiceBusConnection is not set"},
		{"both", azure.BusSettings{ConnectionString: connection, Namespace: "acme.servicebus.windows.net"}, "are both set"},
		{"no connection string", azure.BusSettings{ConnectionString: "c2VjcmV0"}, "needs Endpoint"},
		{"no identity", azure.BusSettings{Namespace: "acme.servicebus.windows.net"}, "ServiceBusConnection__credential"},
		{"another cloud", azure.BusSettings{Namespace: "acme.servicebus.windows.net", Credential: credential, Cloud: china}, ".servicebus.chinacloudapi.cn"},
		{"an address", azure.BusSettings{Namespace: "https://acme.servicebus.chinacloudapi.cn", Credential: credential, Cloud: china}, "host name alone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := azure.OpenBus(test.settings)
			if !fault.Is(err, fault.SettingsInvalid) || !strings.Contains(err.Error(), test.names) {
				t.Errorf("error %v, want one that says %q", err, test.names)
			}
			if err != nil && strings.Contains(err.Error(), "c2VjcmV0") {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
	if _, err := azure.OpenBus(azure.BusSettings{ConnectionString: connection}); err != nil {
		t.Errorf("a connection string: %v", err)
	}
}

func TestSendIsAsTheHostPassesItOn(t *testing.T) {
	t.Parallel()
	queue := azuretest.QueueName(t)
	connection, _ := azuretest.ServiceBus(t, azuretest.Queue{Name: queue})
	if err := newSender(t, connectBus(t, azure.BusSettings{ConnectionString: connection}), queue).Send(t.Context(), message(3)); err != nil {
		t.Fatal(err)
	}
	client, err := azservicebus.NewClientFromConnectionString(connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := client.NewReceiverForQueue(queue, nil)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := receiver.ReceiveMessages(t.Context(), 1, nil)
	if err != nil || len(messages) != 1 {
		t.Fatalf("received %v, %v", messages, err)
	}
	m := messages[0]
	want := []string{message(3).ID(), "application/json", `{"tenant":"acme","leave":"0190d2c1-0000-7000-8000-000000000001","attempt":3}`}
	if diff := cmp.Diff(want, []string{m.MessageID, *m.ContentType, string(m.Body)}); diff != "" {
		t.Error(diff)
	}
	if err := receiver.CompleteMessage(t.Context(), m, nil); err != nil {
		t.Error(err)
	}
}

func TestSendTwiceDeliversOnce(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	w.send(1)
	w.send(1)
	w.send(2)
	w.eventually(azuretest.Counts{Active: 2})
}

// TestSendOverALostAnswer has the queue store the message and break off.
func TestSendOverALostAnswer(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	w.send(1)
	w.admin.LoseAnswer(w.queue)
	w.send(2)
	w.eventually(azuretest.Counts{Active: 2})
}

func TestSendAfterACut(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	w.send(1)
	w.admin.Cut(w.queue)
	w.send(2)
	w.eventually(azuretest.Counts{Active: 2})
}

// TestSendThatHangs gives up at its deadline, also when another call holds the
// link. The sender's own limit, which must not be what ends it, is 10 s.
func TestSendThatHangs(t *testing.T) {
	for _, warm := range []bool{true, false} {
		t.Run("warm "+strconv.FormatBool(warm), func(t *testing.T) {
			w := openBus(t, azuretest.Queue{})
			if warm {
				w.send(1)
			}
			w.admin.Pause(w.queue)
			t.Cleanup(func() { w.admin.Resume(w.queue) })
			go func() { _ = w.sender.Warm(t.Context()) }()
			time.Sleep(50 * time.Millisecond)
			var group sync.WaitGroup
			for attempt := range 5 {
				group.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
					defer cancel()
					began := time.Now()
					err := w.sender.Send(ctx, message(10+attempt))
					if passed := time.Since(began); !fault.Is(err, fault.Unavailable) || passed > 8*time.Second {
						t.Errorf("after %v: %v", passed, err)
					}
				})
			}
			group.Wait()
		})
	}
}

func TestSendFaults(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	connection, _ := azuretest.ServiceBus(t)
	for _, test := range []struct{ name, connection, queue, says string }{
		{"no such queue", connection, w.queue + "-not", "there is no queue"},
		{"wrong key", strings.Replace(connection, "SharedAccessKey=", "SharedAccessKey=x", 1), w.queue, "does not let this app use the queue"},
		{"nobody there", "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=k;UseDevelopmentEmulator=true", w.queue, "cannot be reached"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sender := newSender(t, connectBus(t, azure.BusSettings{ConnectionString: test.connection}), test.queue)
			for what, err := range map[string]error{"Send": sender.Send(t.Context(), message(1)), "Warm": sender.Warm(t.Context())} {
				if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Of(err).Message, test.says) {
					t.Errorf("%s: %v, want Unavailable that says %q", what, err, test.says)
				}
				if fault.Of(err).Cause == nil {
					t.Errorf("%s: no cause for the log", what)
				}
			}
		})
	}
}

func TestWarmSpendsTheRoundTrips(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	if err := w.sender.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.eventually(azuretest.Counts{})
	w.send(1)
}

// TestSendWithAnIdentity goes the way of a deployed app: a token of the identity
// endpoint instead of a key. The emulator speaks no TLS, so the connection is
// made here.
func TestSendWithAnIdentity(t *testing.T) {
	queue := azuretest.QueueName(t)
	connection, admin := azuretest.ServiceBus(t, azuretest.Queue{Name: queue})
	endpoint, _, _ := strings.Cut(strings.TrimPrefix(connection, "Endpoint=sb://"), ";")
	resources := make(chan string, 10)
	identityEndpoint(t, func(rw http.ResponseWriter, r *http.Request) {
		resources <- r.URL.Query().Get("resource")
		_ = json.NewEncoder(rw).Encode(map[string]string{
			"access_token": "a-token", "expires_on": strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10),
		})
	})
	cloud, err := azure.CloudOf("usgovernment")
	if err != nil {
		t.Fatal(err)
	}
	credential, err := azure.Credential(azure.Identity{ClientID: "id-of-" + queue, Cloud: cloud})
	if err != nil {
		t.Fatal(err)
	}
	bus := connectBus(t, azure.BusSettings{
		Namespace: "acme.servicebus.usgovcloudapi.net", Credential: credential, Cloud: cloud,
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", endpoint)
		},
	})
	if err := newSender(t, bus, queue).Send(t.Context(), message(1)); err != nil {
		t.Fatal(err)
	}
	if got := admin.Counts(queue).Active; got != 1 {
		t.Errorf("%d messages", got)
	}
	if got := await(t, resources, "the call for a token"); got != "https://servicebus.azure.net/" || len(resources) != 0 {
		t.Errorf("%d calls for a token, of the resource %q; want one", len(resources)+1, got)
	}
}
