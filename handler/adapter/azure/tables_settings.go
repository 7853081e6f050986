package azure

import (
	"encoding/base64"
	"net"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"handover/handler/core/fault"
)

// The settings that connections to tables come from, named as the Functions
// host names them.
const (
	settingConnection = "TableConnection"
	settingServiceURI = "TableConnection__tableServiceUri"
)

// developmentStorage is what UseDevelopmentStorage=true stands for: Azurite on
// its usual port. The key is the same everywhere and public.
const developmentStorage = "AccountName=devstoreaccount1;" +
	"AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;" +
	"TableEndpoint=http://127.0.0.1:10002/devstoreaccount1"

// address is a table service and what opens it: account and key, a shared
// access signature in the query of the endpoint, or neither.
type address struct {
	endpoint     string
	account, key string
	signed       bool
}

func (a *address) connect(credential azcore.TokenCredential, options *aztables.ClientOptions) (*aztables.ServiceClient, error) {
	switch {
	case a.signed:
		return aztables.NewServiceClientWithNoCredential(a.endpoint, options)
	case a.key == "":
		return aztables.NewServiceClient(a.endpoint, credential, options)
	}
	key, err := aztables.NewSharedKeyCredential(a.account, a.key)
	if err != nil {
		return nil, err
	}
	return aztables.NewServiceClientWithSharedKey(a.endpoint, key, options)
}

func unusable(format string, args ...any) *fault.Fault {
	return fault.New(fault.SettingsInvalid, format, args...)
}

func addressOf(s TableSettings) (*address, error) {
	switch {
	case s.ConnectionString != "" && s.ServiceURI != "":
		return nil, unusable("%s and %s are both set: remove one of them", settingConnection, settingServiceURI)
	case s.ConnectionString != "":
		return parseConnection(s.ConnectionString)
	case s.ServiceURI == "":
		return nil, unusable("%s is not set: it must be the connection string of a storage account; in Azure set %s instead, for example https://ACCOUNT.table.core.windows.net", settingConnection, settingServiceURI)
	case s.Credential == nil:
		return nil, unusable("%s is set without an identity: set TableConnection__credential to managedidentity", settingServiceURI)
	}
	u, err := url.Parse(s.ServiceURI)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return nil, unusable("%s must be the https address of a table service, for example https://ACCOUNT.table.core.windows.net", settingServiceURI)
	}
	return &address{endpoint: s.ServiceURI}, nil
}

// parseConnection reads a connection string. The SDK's own reader knows neither
// UseDevelopmentStorage nor another endpoint beside a shared access signature,
// and its faults name no setting.
func parseConnection(text string) (*address, error) {
	parts, err := connectionParts(text)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(parts["usedevelopmentstorage"], "true") {
		return parseConnection(developmentStorage)
	}
	a := &address{endpoint: parts["tableendpoint"], account: parts["accountname"], key: parts["accountkey"]}
	signature := strings.TrimPrefix(parts["sharedaccesssignature"], "?")
	a.signed = a.key == "" && signature != ""
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.endpoint == "" {
		a.endpoint = defaultTo(parts["defaultendpointsprotocol"], "https") + "://" + a.account + ".table." + defaultTo(parts["endpointsuffix"], "core.windows.net")
	}
	if u, err := url.Parse(a.endpoint); err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Hostname())) {
		return nil, unusable("%s names an endpoint that is no https address; http is for an emulator on this machine or beside it", settingConnection)
	}
	if a.signed {
		a.endpoint += "?" + signature
	}
	return a, nil
}

// connectionParts are the parts of a connection string by their names in lower
// case.
func connectionParts(text string) (map[string]string, error) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok && name != "" {
			return nil, unusable("%s is no connection string: it is a list of Name=Value with semicolons between, as the storage account's page Access keys shows it", settingConnection)
		}
		parts[strings.ToLower(name)] = value
	}
	return parts, nil
}

// check wants what opens the account.
func (a *address) check() error {
	switch {
	case a.signed && (a.account != "" || a.endpoint != ""):
		return nil
	case a.account == "" || a.key == "":
		return unusable("%s lacks a part: it needs AccountName and AccountKey, or SharedAccessSignature and TableEndpoint", settingConnection)
	}
	if _, err := base64.StdEncoding.DecodeString(a.key); err != nil {
		return unusable("%s has an AccountKey that is not Base64: copy it again, whole", settingConnection)
	}
	return nil
}

// isLocal tells whether a host is this machine, or a container beside it.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return ip.IsLoopback() || ip.IsPrivate() || host != "" && !strings.Contains(host, ".") && ip == nil
}

func defaultTo(value, other string) string {
	if value == "" {
		return other
	}
	return value
}
