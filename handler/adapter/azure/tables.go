package azure

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"golang.org/x/sync/errgroup"

	"handover/handler/adapter/table"
)

// TableSettings says where the tables are: either a connection string, or the
// address of the table service and a credential.
type TableSettings struct {
	// ConnectionString is the setting TableConnection: that of a storage
	// account or of Azurite, or UseDevelopmentStorage=true.
	ConnectionString string
	// ServiceURI is the setting TableConnection__tableServiceUri, for example
	// https://acme.table.core.windows.net. No key is needed with it.
	ServiceURI string
	// Credential gives the access tokens for ServiceURI. The audience of Table
	// Storage is the same in every cloud; the authority is the credential's.
	Credential azcore.TokenCredential
	// Transport carries the requests; nil is one of 256 connections.
	Transport policy.Transporter
}

// Tables is the table service of one storage account.
type Tables struct {
	service *aztables.ServiceClient
}

const (
	// tryTimeout bounds one try. Table Storage answers a query within 5 s and
	// anything within 30 s.
	tryTimeout = 10 * time.Second
	// readRetries is how often a read goes again.
	readRetries = 2
	// firstDelay is waited before the first retry, three times as long before
	// the second. Whoever is asked to wait longer than maxDelay passes that on.
	firstDelay = 100 * time.Millisecond
	maxDelay   = 2 * time.Second
)

// OpenTables makes the client; nothing is sent yet. A fault is SettingsInvalid
// and names the variable.
func OpenTables(s TableSettings) (*Tables, error) {
	address, err := addressOf(s)
	if err != nil {
		return nil, err
	}
	options := aztables.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport:        s.Transport,
		Telemetry:        policy.TelemetryOptions{ApplicationID: "handover"},
		Retry:            policy.RetryOptions{MaxRetries: readRetries, TryTimeout: tryTimeout, RetryDelay: firstDelay, MaxRetryDelay: maxDelay},
		PerCallPolicies:  []policy.Policy{takeAnswer{}},
		PerRetryPolicies: []policy.Policy{noteSending{}},
	}}
	if options.Transport == nil {
		options.Transport = newClient()
	}
	service, err := address.connect(s.Credential, &options)
	if err != nil {
		return nil, unusable("the table service").WithCause(err)
	}
	return &Tables{service: service}, nil
}

// Table returns a table of the account.
func (t *Tables) Table(name string) table.Table {
	return &rows{name: name, client: t.service.NewClient(name)}
}

// EnsureTables makes the tables that are not there yet.
func (t *Tables) EnsureTables(ctx context.Context, names ...string) error {
	creations, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		creations.Go(func() error { return t.ensure(ctx, name) })
	}
	return creations.Wait()
}

func (t *Tables) ensure(ctx context.Context, name string) error {
	c := call{table: name, success: http.StatusCreated}
	_, err := t.service.CreateTable(c.in(ctx), name, nil)
	if err := c.failure(ctx, err); err != nil {
		return err
	}
	if c.answer.status == http.StatusConflict && c.answer.refusal().code == "TableAlreadyExists" {
		return nil
	}
	return c.check()
}
