package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
)

func TestDefaults(t *testing.T) {
	got, err := readSettings([]string{"PATH=/bin", "HANDOVER_LISTEN="}, "dev")
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Listen: "127.0.0.1:8080", Data: "./data", Countries: []string{"US", "CA"}, Queue: "handover-leaves",
		SweepSchedule: "0 * * * * *", BodyLimit: 1 << 20, Burst: 200, LogLevel: slog.LevelInfo, Cloud: "public", URL: "http://127.0.0.1:8080",
		FunctionTimeout: timeSpan(10 * time.Minute),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestEachRule(t *testing.T) {
	tests := []struct {
		name         string
		right, wrong []string
	}{
		{"HANDOVER_LISTEN", []string{"127.0.0.1:0", "[::1]:8081", ":80"}, []string{"8080", "localhost", "127.0.0.1:65536", "127.0.0.1:http"}},
		{"HANDOVER_DATA", []string{"/var/lib/handover", "x"}, []string{"a\x00b"}},
		{"HANDOVER_OPERATOR_KEY", []string{"0123456789abcdef"}, []string{"0123456789abcde", "0123456789 abcdef", "0123456789abcdef\n"}},
		{"HANDOVER_KEYS", []string{"a:" + strings.Repeat("0f", 32), "b:" + strings.Repeat("0f", 32) + ",a:" + strings.Repeat("f0", 40)}, []string{"secret", "a:short", "a b:" + strings.Repeat("0f", 32)}},
		{"HANDOVER_OPERATOR_TENANT", []string{"7f3c1a52-0d1e-4a57-9b0c-2f7f0e3a9b11"}, []string{"contoso.onmicrosoft.com"}},
		{"HANDOVER_OPERATOR_AUDIENCE", []string{"7f3c1a52-0d1e-4a57-9b0c-2f7f0e3a9b11"}, []string{"api://handover"}},
		{"HANDOVER_BASE_URL", []string{"https://scim.example.com", "http://127.0.0.1:7071/"}, []string{"scim.example.com", "ftp://x", "https://x/y", "https://x?y", "https://u:p@x", "https://x#y"}},
		{"HANDOVER_COUNTRIES", []string{"US", "US,CA,MX"}, []string{"us", "USA", "US, CA", "US,"}},
		{"HANDOVER_QUEUE", []string{"q", "leaves.v2_a-b"}, []string{"a b", "-q", strings.Repeat("q", 261)}},
		{"HANDOVER_SWEEP_SCHEDULE", []string{"0 */5 * * * *", "0 0 9-17 * * Mon-Fri"}, []string{"* * * * *", "every minute", "0 * * * * ?!"}},
		{"HANDOVER_BODY_LIMIT", []string{"1024", "104857600"}, []string{"1023", "104857601", "1 MiB", "-1"}},
		{"HANDOVER_RATE", []string{"25", "100000"}, []string{"24", "0", "100001", "fast"}},
		{"HANDOVER_BURST", []string{"25", "100000"}, []string{"24", "100001"}},
		{"HANDOVER_CONNECTOR_NETWORKS", []string{"10.1.0.0/16", "127.0.0.0/8,::1/128"}, []string{"10.1.0.0", "10.1.0.0/33", "intranet"}},
		{"HANDOVER_LOG_LEVEL", []string{"debug", "WARN", "error"}, []string{"loud", "2"}},
		{"AZURE_CLOUD", []string{"public", "usgovernment", "china"}, []string{"germany", "Public"}},
		{"TableConnection", []string{"UseDevelopmentStorage=true"}, nil},
		{"TableConnection__tableServiceUri", []string{"https://x.table.core.windows.net/"}, []string{"x.table.core.windows.net", "http://x.table.core.windows.net"}},
		{"TableConnection__credential", []string{"managedidentity"}, []string{"key"}},
		{"TableConnection__clientId", []string{"7f3c1a52-0d1e-4a57-9b0c-2f7f0e3a9b11"}, []string{"handover", "7f3c1a52"}},
		{"ServiceBusConnection", []string{"Endpoint=sb://127.0.0.1;SharedAccessKeyName=a;SharedAccessKey=b"}, nil},
		{"ServiceBusConnection__fullyQualifiedNamespace", []string{"x.servicebus.windows.net"}, []string{"x", "sb://x.servicebus.windows.net"}},
		{"ServiceBusConnection__credential", []string{"managedidentity"}, []string{"key"}},
		{"ServiceBusConnection__clientId", []string{"7f3c1a52-0d1e-4a57-9b0c-2f7f0e3a9b11"}, []string{"handover"}},
		{"AzureFunctionsJobHost__functionTimeout", []string{"00:00:10", "01:30:00", "24:00:00"}, []string{"00:00:09", "24:00:01", "10:00", "10m", "-1", "-00:10:00", "00:10:00x"}},
		{"FUNCTIONS_CUSTOMHANDLER_PORT", []string{"50010"}, []string{"65536", "-1", "port"}},
		{"HANDOVER_URL", []string{"https://scim.example.com"}, []string{"127.0.0.1:8080", "https://x/manage"}},
		{"HANDOVER_APP_KEY", []string{"hva_0123456789ab"}, []string{"hva_0123456789a", "hva_0123456789 ab"}},
	}
	var names []string
	for _, test := range tests {
		names = append(names, test.name)
		t.Run(test.name, func(t *testing.T) {
			at := slices.IndexFunc(SettingsList(), func(s Setting) bool { return s.Name == test.name })
			s := SettingsList()[at]
			for _, value := range test.right {
				if _, err := readSettings(complete(test.name+"="+value), s.ReadBy[0]); err != nil {
					t.Errorf("%q was refused: %v", value, err)
				}
			}
			for _, value := range test.wrong {
				_, err := readSettings(complete(test.name+"="+value), s.ReadBy[0])
				want := test.name + " must " + s.Rule + ", for example " + s.Example
				if f := fault.Of(err); f == nil || f.Message != want {
					t.Errorf("%q: said %v, wanted %q", value, err, want)
				}
			}
		})
	}
	if diff := cmp.Diff(namesOf(SettingsList()), names); diff != "" {
		t.Errorf("settings without a test (-want +got):\n%s", diff)
	}
}

// someKeys is a keyring that serve does not go without.
var someKeys = "HANDOVER_KEYS=a:" + strings.Repeat("0f", 32)

// complete is an environment with what is required, overruled by one variable
// and completed with what that one does not go without.
func complete(variable string) []string {
	environment := []string{"HANDOVER_OPERATOR_KEY=0123456789abcdef", "FUNCTIONS_CUSTOMHANDLER_PORT=50010", "HANDOVER_DATA=./data", someKeys}
	name, _, _ := strings.Cut(variable, "=")
	switch name {
	case "HANDOVER_OPERATOR_TENANT":
		environment = append(environment, "HANDOVER_OPERATOR_AUDIENCE=7f3c1a52-0d1e-4a57-9b0c-2f7f0e3a9b11")
	case "HANDOVER_OPERATOR_AUDIENCE":
		environment = append(environment, "HANDOVER_OPERATOR_TENANT=7f3c1a52-0d1e-4a57-9b0c-2f7f0e3a9b11")
	case "TableConnection":
		environment = append(environment, "ServiceBusConnection=x")
	case "TableConnection__tableServiceUri":
		environment = append(environment, "ServiceBusConnection=x", "TableConnection__credential=managedidentity")
	case "ServiceBusConnection":
		environment = append(environment, "TableConnection=x")
	case "ServiceBusConnection__fullyQualifiedNamespace":
		environment = append(environment, "TableConnection=x", "ServiceBusConnection__credential=managedidentity")
	}
	return append(environment, variable)
}

func TestConnectionsGoTogether(t *testing.T) {
	const tables, bus = "TableConnection=x", "ServiceBusConnection=x"
	const uri, namespace = "TableConnection__tableServiceUri=https://x.table.core.windows.net", "ServiceBusConnection__fullyQualifiedNamespace=x.servicebus.windows.net"
	const identified = "TableConnection__credential=managedidentity ServiceBusConnection__credential=managedidentity"
	tests := []struct{ name, reader, given, said string }{
		{"dev needs none", "dev", "", ""},
		{"serve does not choose a file by itself", "serve", "", "are not set: set both, or HANDOVER_DATA"},
		{"serve on a file that was named", "serve", "HANDOVER_DATA=./data", ""},
		{"strings, on a laptop", "serve", tables + " " + bus, ""},
		{"identity, in Azure", "serve", uri + " " + namespace + " " + identified, ""},
		{"tables alone", "dev", tables, "go together"},
		{"bus alone", "dev", bus, "go together"},
		{"two tables", "dev", tables + " " + uri + " " + bus + " " + identified, "exclude each other"},
		{"two buses", "dev", tables + " " + bus + " " + namespace + " " + identified, "exclude each other"},
		{"tables without an identity", "dev", uri + " " + bus, "TableConnection__credential is not set"},
		{"a bus without an identity", "dev", tables + " " + namespace, "ServiceBusConnection__credential is not set"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			environment := append([]string{"HANDOVER_OPERATOR_KEY=0123456789abcdef", "FUNCTIONS_CUSTOMHANDLER_PORT=50010", someKeys}, strings.Fields(test.given)...)
			_, err := readSettings(environment, test.reader)
			if (err == nil) != (test.said == "") || err != nil && !strings.Contains(err.Error(), test.said) {
				t.Errorf("said %v, wanted %q", err, test.said)
			}
		})
	}
}

// TestRateIsForServe wants no limit in dev unless somebody asks for one.
func TestRateIsForServe(t *testing.T) {
	for _, test := range []struct {
		reader, set string
		want        int
	}{{"dev", "", 0}, {"dev", "HANDOVER_RATE=50", 50}, {"serve", "", 100}, {"serve", "HANDOVER_RATE=50", 50}} {
		got, err := readSettings(complete(test.set), test.reader)
		if err != nil || got.Rate != test.want {
			t.Errorf("%s with %q: a rate of %d, %v; want %d", test.reader, test.set, got.Rate, err, test.want)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := readSettings([]string{
		"HANDOVER_BODY_LIMIT=much", "HANDOVER_COUNTRIES=Canada", "HANDOVER_QUEUE=@Microsoft.KeyVault(SecretUri=https://v/secrets/q)",
		"HANDOVER_LISTEN=not read by serve",
	}, "serve")
	var first []string
	for line := range strings.Lines(fault.Of(err).Message) {
		first = append(first, strings.Join(strings.Fields(line)[:3], " "))
	}
	want := []string{
		"HANDOVER_OPERATOR_KEY is not", "HANDOVER_KEYS is not", "HANDOVER_COUNTRIES must list", "HANDOVER_QUEUE still holds",
		"HANDOVER_BODY_LIMIT must be", "FUNCTIONS_CUSTOMHANDLER_PORT is not", "TableConnection and ServiceBusConnection",
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestNoFaultRepeatsASecret(t *testing.T) {
	for _, secret := range []string{"hunter2", "with a blank in it 123", "@Microsoft.KeyVault(SecretUri=x)"} {
		_, err := readSettings([]string{"HANDOVER_OPERATOR_KEY=" + secret}, "client")
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("said %v", err)
		}
	}
}

// TestExamplesPass holds each example against its own rule; the key's is a
// command rather than a value.
func TestExamplesPass(t *testing.T) {
	for _, s := range SettingsList() {
		if _, err := readSettings(complete(s.Name+"="+s.Example), s.ReadBy[0]); err != nil && s.Name != "HANDOVER_OPERATOR_KEY" {
			t.Errorf("%s: the example %q is refused", s.Name, s.Example)
		}
	}
}

// TestSampleNamesTheSettings wants what serve reads in the sample, each with
// its default, but for the port, which only the host can set, and for the
// connections, which are those of the emulators.
func TestSampleNamesTheSettings(t *testing.T) {
	text, err := os.ReadFile("../local.settings.sample.json")
	if err != nil {
		t.Fatal(err)
	}
	var sample struct{ Values map[string]string }
	if err := json.Unmarshal(text, &sample); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"AzureWebJobsStorage": "UseDevelopmentStorage=true", "FUNCTIONS_WORKER_RUNTIME": "custom"}
	for _, s := range SettingsList() {
		if slices.Contains(s.ReadBy, "serve") && strings.HasPrefix(s.Name, "HANDOVER_") {
			want[s.Name] = s.Default
		}
	}
	want["AZURE_CLOUD"], want["TableConnection"] = "public", "UseDevelopmentStorage=true"
	want["ServiceBusConnection"] = "Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true"
	if diff := cmp.Diff(want, sample.Values); diff != "" {
		t.Errorf("local.settings.sample.json (-want +got):\n%s", diff)
	}
}

// TestReadmeNamesTheSettings wants one row a setting in the section Settings of
// the README, in order, with its default.
func TestReadmeNamesTheSettings(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Settings\n")
	section, _, _ = strings.Cut(section, "\n## ")
	row := regexp.MustCompile("(?m)^\\| `([A-Za-z_]+)` \\| (?:`(.*?)`)? *\\|")
	var names []string
	defaults := map[string]string{}
	for _, found := range row.FindAllStringSubmatch(section, -1) {
		names = append(names, found[1])
		defaults[found[1]] = found[2]
	}
	if diff := cmp.Diff(namesOf(SettingsList()), names); diff != "" {
		t.Errorf("README (-want +got):\n%s", diff)
	}
	for _, s := range SettingsList() {
		if defaults[s.Name] != s.Default {
			t.Errorf("README gives %s the default %q, it is %q", s.Name, defaults[s.Name], s.Default)
		}
	}
}

func namesOf(list []Setting) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	return names
}
