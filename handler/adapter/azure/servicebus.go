package azure

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// The settings that connections to Service Bus come from, named as the
// Functions host names them.
const (
	busConnection = "ServiceBusConnection"
	busNamespace  = "ServiceBusConnection__fullyQualifiedNamespace"
)

// BusSettings says where the queues are: either a connection string, or the
// namespace and a credential.
type BusSettings struct {
	// ConnectionString is the setting ServiceBusConnection: that of a namespace
	// or of an emulator.
	ConnectionString string
	// Namespace is the setting ServiceBusConnection__fullyQualifiedNamespace,
	// for example acme.servicebus.windows.net. No key is needed with it.
	Namespace string
	// Credential gives the access tokens for Namespace.
	Credential azcore.TokenCredential
	// Cloud is where Namespace must be; the zero Cloud does not check it.
	Cloud Cloud
	// Dial makes the connection to a host; nil is TLS to its port 5671.
	Dial func(ctx context.Context, host string) (net.Conn, error)
}

// Bus is one Service Bus namespace. A process has one: each costs about 20
// round trips before its first message.
type Bus struct {
	client *azservicebus.Client
}

// OpenBus makes the client; nothing is sent yet, so a wrong name or a missing
// right shows at the first use. A fault is SettingsInvalid and names the
// variable.
func OpenBus(s BusSettings) (*Bus, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	client, err := s.connect()
	if err != nil {
		return nil, unusable("%s is no connection string of Service Bus: it needs Endpoint, SharedAccessKeyName and SharedAccessKey, as the namespace's page Shared access policies shows it", busConnection).WithCause(err)
	}
	return &Bus{client: client}, nil
}

func (s *BusSettings) check() error {
	switch {
	case s.ConnectionString != "" && s.Namespace != "":
		return unusable("%s and %s are both set: remove one of them", busConnection, busNamespace)
	case s.ConnectionString != "":
		return nil
	case s.Namespace == "":
		return unusable("%s is not set: it must be the connection string of a Service Bus namespace; in Azure set %s instead, for example NAMESPACE.servicebus.windows.net", busConnection, busNamespace)
	case s.Credential == nil:
		return unusable("%s is set without an identity: set ServiceBusConnection__credential to managedidentity", busNamespace)
	case strings.ContainsAny(s.Namespace, "/:; ") || !strings.HasSuffix(strings.ToLower(s.Namespace), s.Cloud.ServiceBusSuffix):
		return unusable("%s must be a host name alone that ends in %s, where AZURE_CLOUD is; it is %q", busNamespace, s.Cloud.ServiceBusSuffix, s.Namespace)
	}
	return nil
}

func (s *BusSettings) connect() (*azservicebus.Client, error) {
	options := &azservicebus.ClientOptions{ApplicationID: "handover", RetryOptions: retries()}
	if s.Dial != nil {
		options.NewWebSocketConn = func(ctx context.Context, args azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
			return s.Dial(ctx, args.Host)
		}
	}
	if s.ConnectionString != "" {
		return azservicebus.NewClientFromConnectionString(s.ConnectionString, options)
	}
	return azservicebus.NewClient(s.Namespace, s.Credential, options)
}

// retries are short: what takes longer than this, the sweep sends again. The
// SDK's own would go on for 45 s.
func retries() azservicebus.RetryOptions {
	return azservicebus.RetryOptions{MaxRetries: 3, RetryDelay: 100 * time.Millisecond, MaxRetryDelay: 2 * time.Second}
}

// Close says farewell to the namespace, as far as the context lets it.
func (b *Bus) Close(ctx context.Context) error { return b.client.Close(ctx) }
