package main

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

const (
	// strongKey is the length in characters that a secret of openssl rand -hex 32
	// has twice over.
	strongKey = 32
	// variedKey is how many different characters a random secret of the least
	// length has at any rate.
	variedKey = 8
)

// readerOf is for which command the environment is made: the Functions host
// always sets its runtime.
func readerOf(environment []string) string {
	if slices.ContainsFunc(environment, func(entry string) bool {
		return strings.HasPrefix(entry, "FUNCTIONS_WORKER_RUNTIME=") || strings.HasPrefix(entry, "TableConnection__tableServiceUri=")
	}) {
		return "serve"
	}
	return "dev"
}

// settled reads the settings as the command would. The port is the host's to
// set, so it is not missed here.
func (d *doctor) settled(environment []string) bool {
	given := append([]string{"FUNCTIONS_CUSTOMHANDLER_PORT=1"}, environment...)
	settings, err := readSettings(given, d.as)
	if err != nil {
		d.failed("settings", err)
		return false
	}
	d.settings = settings
	d.find("settings", fine, "complete for handover %s", d.as)
	d.operatorKey()
	d.keys()
	d.baseURL()
	d.consistency(environment)
	return true
}

func (d *doctor) operatorKey() {
	const check = "operator key"
	key := d.settings.OperatorKey
	different := map[rune]bool{}
	for _, r := range key {
		different[r] = true
	}
	switch {
	case key == "":
		d.find(check, fine, "dev makes one and keeps it in %s", d.settings.Data)
	case len(different) < variedKey:
		d.find(check, wrong, "HANDOVER_OPERATOR_KEY has %d different characters and can be guessed; set what openssl rand -hex 32 prints", len(different))
	case len(key) < strongKey:
		d.find(check, worth, "HANDOVER_OPERATOR_KEY has %d characters; if it was not made at random, set what openssl rand -hex 32 prints", len(key))
	default:
		d.find(check, fine, "%d characters", len(key))
	}
}

// exampleKey begins the secret that the documentation shows.
const exampleKey = "000102030405060708090a0b0c0d0e0f"

func (d *doctor) keys() {
	const check = "keys"
	switch keys := d.settings.Keys; {
	case keys == "":
		d.find(check, fine, "dev makes them and keeps them in %s", d.settings.Data)
	case strings.Contains(strings.ToLower(keys), exampleKey):
		d.find(check, wrong, "HANDOVER_KEYS holds the secret that the documentation shows, so anybody can sign tokens; put a new key in front, for example ID:$(openssl rand -hex 32)")
	default:
		d.find(check, fine, "%d; the first signs", len(strings.Split(keys, ",")))
	}
}

func (d *doctor) baseURL() {
	const check = "base URL"
	base := d.settings.BaseURL
	u, err := url.Parse(base)
	switch {
	case base == "" && d.as == "serve":
		d.find(check, worth, "HANDOVER_BASE_URL is not set, so links in answers follow X-Forwarded-Host of each request; set it to the address that directories use")
	case base == "":
		d.find(check, fine, "taken from each request")
	case err == nil && u.Scheme == "https" || err == nil && isLoopback(u.Hostname()):
		d.find(check, fine, "%s", base)
	default:
		d.find(check, wrong, "HANDOVER_BASE_URL is http, and Entra sends tokens over https alone; set the https address")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// consistency finds settings that are right each by itself and do not go
// together.
func (d *doctor) consistency(environment []string) {
	const check = "consistency"
	has := func(start string) bool {
		return slices.ContainsFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, start) })
	}
	emulated := strings.Contains(d.settings.TableConnection, "UseDevelopmentStorage=true") ||
		strings.Contains(d.settings.ServiceBusConnection, "UseDevelopmentEmulator=true")
	before := len(d.findings)
	if has("WEBSITE_INSTANCE_ID=") && emulated {
		d.find(check, wrong, "this is an app in Azure, and TableConnection or ServiceBusConnection name an emulator; set their __ settings instead")
	}
	if has("WEBSITE_INSTANCE_ID=") && !d.settings.onAzure() {
		d.find(check, wrong, "this is an app in Azure that keeps everything in a local folder, which is gone with its instance; set TableConnection__tableServiceUri and ServiceBusConnection__fullyQualifiedNamespace")
	}
	if d.settings.onAzure() && has("HANDOVER_DATA=") && d.as == "serve" {
		d.find(check, worth, "HANDOVER_DATA is not used beside TableConnection; remove it")
	}
	if has("OTEL_EXPORTER_OTLP_PROTOCOL=grpc") {
		d.find(check, wrong, "OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and Handover exports over http/protobuf alone; remove the variable and name the collector's HTTP port, usually 4318")
	}
	if len(d.findings) == before {
		d.find(check, fine, "the settings go together")
	}
}
