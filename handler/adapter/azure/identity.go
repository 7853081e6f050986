package azure

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"handover/handler/core/fault"
)

// Cloud is one of Azure's separate clouds. The audiences of tokens are the same
// in all of them (https://storage.azure.com and https://servicebus.azure.net);
// authority and host names differ.
type Cloud struct {
	// Name is what AZURE_CLOUD says: public, usgovernment or china.
	Name string
	// Configuration is what the clients of the SDK take; it names the authority.
	Configuration cloud.Configuration
	// ServiceBusSuffix and TableSuffix end the host names of the services.
	ServiceBusSuffix, TableSuffix string
}

// CloudOf returns the cloud with a name; no name is the public one. A name that
// does not exist is fault.SettingsInvalid.
func CloudOf(name string) (Cloud, error) {
	switch name {
	case "", "public":
		return Cloud{"public", cloud.AzurePublic, ".servicebus.windows.net", ".table.core.windows.net"}, nil
	case "usgovernment":
		return Cloud{name, cloud.AzureGovernment, ".servicebus.usgovcloudapi.net", ".table.core.usgovcloudapi.net"}, nil
	case "china":
		return Cloud{name, cloud.AzureChina, ".servicebus.chinacloudapi.cn", ".table.core.chinacloudapi.cn"}, nil
	}
	return Cloud{}, fault.New(fault.SettingsInvalid, "AZURE_CLOUD must be public, usgovernment or china; it is %q", name)
}

// Identity is the managed identity as which the process calls Azure.
type Identity struct {
	// ClientID names a user-assigned identity; empty means the app's own.
	ClientID string
	Cloud    Cloud
}

// Credential returns what gets tokens for an identity. It does no input or
// output yet: an identity that does not exist shows with the first token. The
// SDK keeps tokens until they are about to expire.
func Credential(identity Identity) (azcore.TokenCredential, error) {
	options := &azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: azcore.ClientOptions{Cloud: identity.Cloud.Configuration},
	}
	if identity.ClientID != "" {
		options.ID = azidentity.ClientID(identity.ClientID)
	}
	credential, err := azidentity.NewManagedIdentityCredential(options)
	if err != nil {
		return nil, fault.New(fault.SettingsInvalid, "the managed identity cannot be used here; its client id comes from the setting that ends in __clientId").WithCause(err)
	}
	return hurried{credential}, nil
}

// tokenWithin is how long one token may take. The identity endpoint is on the
// same machine; what takes longer than this does not come.
const tokenWithin = 10 * time.Second

// hurried bounds the calls for tokens: azservicebus makes them without any
// deadline, and the identity's own retries go on for minutes.
type hurried struct {
	azcore.TokenCredential
}

func (h hurried) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenWithin)
	defer cancel()
	return h.TokenCredential.GetToken(ctx, options)
}
