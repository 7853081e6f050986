package azure_test

import (
	"strings"
	"testing"

	"handover/handler/adapter/azure"
	"handover/handler/core/fault"
)

func TestConnections(t *testing.T) {
	const key = "AccountKey=a2V5"
	tests := []struct {
		name     string
		settings azure.TableSettings
		// address is what the requests begin with, or sentence what is wrong.
		address, sentence string
	}{
		{"development", azure.TableSettings{ConnectionString: "UseDevelopmentStorage=true"}, "http://127.0.0.1:10002/devstoreaccount1/", ""},
		{"account", azure.TableSettings{ConnectionString: "DefaultEndpointsProtocol=https;AccountName=acme;" + key + ";EndpointSuffix=core.usgovcloudapi.net"}, "https://acme.table.core.usgovcloudapi.net/", ""},
		{"least", azure.TableSettings{ConnectionString: " AccountName=acme; " + key + "== ;"}, "", "not Base64"},
		{"public cloud", azure.TableSettings{ConnectionString: "accountname=acme;" + key}, "https://acme.table.core.windows.net/", ""},
		{"endpoint", azure.TableSettings{ConnectionString: "AccountName=acme;" + key + ";TableEndpoint=http://azurite:10002/acme"}, "http://azurite:10002/acme/", ""},
		{"signature", azure.TableSettings{ConnectionString: "TableEndpoint=https://acme.table.core.chinacloudapi.cn/;SharedAccessSignature=sv=1&sig=a%2Bb"}, "https://acme.table.core.chinacloudapi.cn/", ""},
		{"identity", azure.TableSettings{ServiceURI: "https://acme.table.core.windows.net", Credential: credential{}}, "https://acme.table.core.windows.net/", ""},

		{"nothing", azure.TableSettings{}, "", "TableConnection is not set"},
		{"both", azure.TableSettings{ConnectionString: "x", ServiceURI: "y"}, "", "both set"},
		{"not a list", azure.TableSettings{ConnectionString: "secret"}, "", "Name=Value"},
		{"no key", azure.TableSettings{ConnectionString: "AccountName=acme"}, "", "AccountKey"},
		{"no account", azure.TableSettings{ConnectionString: key}, "", "AccountName"},
		{"signature of nobody", azure.TableSettings{ConnectionString: "SharedAccessSignature=sig=1"}, "", "TableEndpoint"},
		{"open http", azure.TableSettings{ConnectionString: "AccountName=acme;" + key + ";TableEndpoint=http://acme.table.core.windows.net"}, "", "https"},
		{"no identity", azure.TableSettings{ServiceURI: "https://acme.table.core.windows.net"}, "", "TableConnection__credential"},
		{"address without https", azure.TableSettings{ServiceURI: "http://127.0.0.1:10002", Credential: credential{}}, "", "TableConnection__tableServiceUri must"},
		{"address with a signature", azure.TableSettings{ServiceURI: "https://acme.table.core.windows.net?sig=1", Credential: credential{}}, "", "TableConnection__tableServiceUri must"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			engine := always(200, nil, `{"RowKey":"r"}`)
			test.settings.Transport = engine
			tables, err := azure.OpenTables(test.settings)
			if test.sentence != "" {
				if f := fault.Of(err); f == nil || f.Code != fault.SettingsInvalid || !strings.Contains(f.Message, test.sentence) || strings.Contains(f.Message, "secret") {
					t.Errorf("error is %v, want a sentence with %q", err, test.sentence)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tables.Table("directory").Get(t.Context(), "p", "r", "A"); err != nil {
				t.Fatal(err)
			}
			if got := engine.sent[0].URL.String(); !strings.HasPrefix(got, test.address+"directory(PartitionKey=") {
				t.Errorf("sent to %s", got)
			}
			if signed := engine.sent[0].URL.Query().Get("sig"); test.name == "signature" && signed != "a+b" {
				t.Errorf("signed with %q", signed)
			}
		})
	}
}
