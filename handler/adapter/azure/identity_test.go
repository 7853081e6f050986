package azure_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/azure"
	"handover/handler/core/fault"
)

func TestCloudOf(t *testing.T) {
	for _, test := range []struct {
		name, setting, authority, serviceBus string
	}{
		{"none is public", "", "https://login.microsoftonline.com/", ".servicebus.windows.net"},
		{"public", "public", "https://login.microsoftonline.com/", ".servicebus.windows.net"},
		{"US Government", "usgovernment", "https://login.microsoftonline.us/", ".servicebus.usgovcloudapi.net"},
		{"China", "china", "https://login.chinacloudapi.cn/", ".servicebus.chinacloudapi.cn"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cloud, err := azure.CloudOf(test.setting)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{cloud.Configuration.ActiveDirectoryAuthorityHost, cloud.ServiceBusSuffix}
			if diff := cmp.Diff([]string{test.authority, test.serviceBus}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := azure.CloudOf("AzureCloud"); !fault.Is(err, fault.SettingsInvalid) {
		t.Errorf("AzureCloud: %v", err)
	}
}

// asked is what a request to the identity endpoint says.
type asked struct{ Resource, ClientID, Secret string }

// identityEndpoint is the endpoint that App Service gives to the processes of an
// app, and sets the environment as App Service does.
func identityEndpoint(t *testing.T, answer http.HandlerFunc) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	t.Setenv("IDENTITY_ENDPOINT", server.URL)
	t.Setenv("IDENTITY_HEADER", "the-header")
}

func TestCredentialAsksTheIdentityEndpoint(t *testing.T) {
	var calls atomic.Int32
	requests := make(chan asked, 10)
	identityEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		query := r.URL.Query()
		requests <- asked{query.Get("resource"), query.Get("client_id"), r.Header.Get("X-IDENTITY-HEADER")}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"access_token": "a-token", "token_type": "Bearer", "resource": query.Get("resource"),
			"expires_on": strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10),
		})
	})
	for _, test := range []struct{ name, clientID string }{
		{"user-assigned", "11111111-2222-3333-4444-555555555555"},
		{"system-assigned", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cloud, err := azure.CloudOf("china")
			if err != nil {
				t.Fatal(err)
			}
			credential, err := azure.Credential(azure.Identity{ClientID: test.clientID, Cloud: cloud})
			if err != nil {
				t.Fatal(err)
			}
			calls.Store(0)
			for range 2 {
				token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://servicebus.azure.net//.default"}})
				if err != nil || token.Token != "a-token" {
					t.Fatalf("token %q, %v", token.Token, err)
				}
			}
			want := asked{"https://servicebus.azure.net/", test.clientID, "the-header"}
			if diff := cmp.Diff(want, <-requests); diff != "" {
				t.Error(diff)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls for two tokens, want 1", calls.Load())
			}
		})
	}
}

func TestCredentialKeepsTheDeadline(t *testing.T) {
	identityEndpoint(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	credential, err := azure.Credential(azure.Identity{ClientID: "hanging"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://storage.azure.com/.default"}}); err == nil {
		t.Error("a token from an endpoint that never answers")
	}
}
