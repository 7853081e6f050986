package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"handover/handler/core/fault"
)

// Settings is everything that the environment decides. It is read once. The
// tags rule and example make the sentence about a wrong value; the tag by
// names the commands that read it: serve, dev, or those that speak to a running
// Handover, client as an operator and app as the business application.
type Settings struct {
	// Listen is where dev answers.
	Listen string `env:"HANDOVER_LISTEN" envDefault:"127.0.0.1:8080" rule:"be a host and a port" example:"127.0.0.1:8080" by:"dev"`
	// Data is the folder that holds handover.db and, in dev, the operator key.
	Data string `env:"HANDOVER_DATA" envDefault:"./data" rule:"be the path of a folder" example:"./data" by:"serve dev"`
	// OperatorKey opens /manage/v1. In dev one is made where it is not set.
	OperatorKey string `env:"HANDOVER_OPERATOR_KEY" rule:"be a secret of at least 16 characters without blanks" example:"openssl rand -hex 32 makes one" by:"serve dev client"`
	// Keys sign OAuth access tokens and cursors: the first signs, all verify. In
	// dev they are made where they are not set.
	Keys string `env:"HANDOVER_KEYS" rule:"list keys as id:secret with commas between, each secret at least 32 bytes in hex or base64url" example:"2026a:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" by:"serve dev"`
	// OperatorTenant and OperatorAudience let operators in with a token of the
	// vendor's own Entra tenant.
	OperatorTenant   string `env:"HANDOVER_OPERATOR_TENANT" rule:"be the id of an Entra tenant, in lower case" example:"00000000-0000-0000-0000-000000000000" by:"serve dev"`
	OperatorAudience string `env:"HANDOVER_OPERATOR_AUDIENCE" rule:"be the id of an application, in lower case" example:"00000000-0000-0000-0000-000000000000" by:"serve dev"`
	// BaseURL is what callers see in front of the service; empty means that it
	// is taken from each request.
	BaseURL string `env:"HANDOVER_BASE_URL" rule:"be an http or https address without path and query" example:"https://scim.example.com" by:"serve dev"`
	// Countries are those that this deployment serves, ISO 3166-1 alpha-2.
	Countries []string `env:"HANDOVER_COUNTRIES" envDefault:"US,CA" rule:"list countries by two capital letters, with commas between" example:"US,CA" by:"serve dev"`
	// Queue is the name of the queue of leaves.
	Queue string `env:"HANDOVER_QUEUE" envDefault:"handover-leaves" rule:"be 1 to 260 letters, digits, dots, dashes and underscores" example:"handover-leaves" by:"serve dev"`
	// SweepSchedule is when the host calls the sweep, as NCRONTAB; dev sweeps
	// each minute.
	SweepSchedule string `env:"HANDOVER_SWEEP_SCHEDULE" envDefault:"0 * * * * *" rule:"be six fields of NCRONTAB: second, minute, hour, day, month, weekday" example:"0 * * * * *" by:"serve"`
	// BodyLimit is the most bytes that a request's body may have.
	BodyLimit int64 `env:"HANDOVER_BODY_LIMIT" envDefault:"1048576" rule:"be a number of bytes from 1024 to 104857600" example:"1048576" by:"serve dev"`
	// Rate is how many requests a second each process admits from one tenant, 0 for
	// no limit, as in dev where it is not set; Burst is what may come at once.
	Rate  int `env:"HANDOVER_RATE" envDefault:"100" rule:"be a number of requests a second from 25 to 100000" example:"100" by:"serve dev"`
	Burst int `env:"HANDOVER_BURST" envDefault:"200" rule:"be a number of requests from 25 to 100000" example:"200" by:"serve dev"`
	// ConnectorNetworks are the networks that are not public and in which business
	// applications may be called all the same.
	ConnectorNetworks []netip.Prefix `env:"HANDOVER_CONNECTOR_NETWORKS" rule:"list networks with commas between" example:"10.1.0.0/16,fd00:1::/32" by:"serve dev"`
	// LogLevel is the least severity that is written.
	LogLevel slog.Level `env:"HANDOVER_LOG_LEVEL" envDefault:"info" rule:"be debug, info, warn or error" example:"info" by:"serve dev"`
	// Cloud is one of Azure's separate clouds; authority and host names follow.
	Cloud string `env:"AZURE_CLOUD" envDefault:"public" rule:"be public, usgovernment or china" example:"public" by:"serve dev"`
	// TableConnection is a connection string of Table Storage, on a laptop. In
	// Azure the four settings of TableConnection are those of the Functions
	// convention, so that host and handler share them.
	TableConnection string `env:"TableConnection" rule:"be a connection string of Table Storage" example:"UseDevelopmentStorage=true" by:"serve dev"`
	TableServiceURI string `env:"TableConnection__tableServiceUri" rule:"be the https address of a table service" example:"https://handover.table.core.windows.net" by:"serve dev"`
	TableCredential string `env:"TableConnection__credential" rule:"be managedidentity" example:"managedidentity" by:"serve dev"`
	TableClientID   string `env:"TableConnection__clientId" rule:"be the client id of a user-assigned identity" example:"00000000-0000-0000-0000-000000000000" by:"serve dev"`
	// ServiceBusConnection is a connection string of Service Bus, on a laptop.
	ServiceBusConnection string `env:"ServiceBusConnection" rule:"be a connection string of Service Bus" example:"Endpoint=sb://127.0.0.1;SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true" by:"serve dev"`
	ServiceBusNamespace  string `env:"ServiceBusConnection__fullyQualifiedNamespace" rule:"be the host name of a namespace" example:"handover.servicebus.windows.net" by:"serve dev"`
	ServiceBusCredential string `env:"ServiceBusConnection__credential" rule:"be managedidentity" example:"managedidentity" by:"serve dev"`
	ServiceBusClientID   string `env:"ServiceBusConnection__clientId" rule:"be the client id of a user-assigned identity" example:"00000000-0000-0000-0000-000000000000" by:"serve dev"`
	// FunctionTimeout is how long the Functions host lets an invocation run: the
	// app setting by which functionTimeout of host.json is overruled. Leaves are
	// paced by it.
	FunctionTimeout timeSpan `env:"AzureFunctionsJobHost__functionTimeout" envDefault:"00:10:00" rule:"be hours, minutes and seconds from 00:00:10 to 24:00:00" example:"00:10:00" by:"serve"`
	// Port is given by the Functions host to the handler that it starts.
	Port int `env:"FUNCTIONS_CUSTOMHANDLER_PORT" rule:"be a port up to 65535; the Functions host sets it" example:"50010" by:"serve"`
	// URL is the running Handover that the client commands speak to.
	URL string `env:"HANDOVER_URL" envDefault:"http://127.0.0.1:8080" rule:"be an http or https address without path and query" example:"http://127.0.0.1:8080" by:"client app"`
	// AppKey lets the record commands speak as the business application does.
	AppKey string `env:"HANDOVER_APP_KEY" rule:"be an app key, at least 16 characters without blanks" example:"hva_abcdefghijklmnopqrstuvwxyz234567" by:"app"`
}

// readSettings reads what the reader (serve, dev, client or app) needs, and reports
// every fault of its environment at once.
func readSettings(environment []string, reader string) (Settings, error) {
	given := env.ToMap(environment)
	maps.DeleteFunc(given, func(_, value string) bool { return value == "" })
	var s Settings
	faults := unparsed(env.ParseWithOptions(&s, env.Options{Environment: given}))
	faults = append(faults, s.broken()...)
	if _, set := given["HANDOVER_RATE"]; reader == "dev" && !set {
		s.Rate = 0
	}
	var sentences []string
	for _, d := range SettingsList() {
		value, set := given[d.Name]
		switch {
		case !slices.Contains(d.ReadBy, reader):
		case strings.Contains(value, "@Microsoft.KeyVault("):
			sentences = append(sentences, d.Name+" still holds a reference to Key Vault: give the app's identity the right to read that secret and restart the app")
		case !set && s.required(d.Name, reader):
			sentences = append(sentences, fmt.Sprintf("%s is not set: it must %s, for example %s", d.Name, d.Rule, d.Example))
		case slices.Contains(faults, d.Name):
			sentences = append(sentences, fmt.Sprintf("%s must %s, for example %s", d.Name, d.Rule, d.Example))
		}
	}
	if reader == "serve" || reader == "dev" {
		_, chosen := given["HANDOVER_DATA"]
		sentences = append(sentences, s.misconnected(reader == "dev" || chosen)...)
	}
	if len(sentences) > 0 {
		return Settings{}, fault.New(fault.SettingsInvalid, "%s", strings.Join(sentences, "\n"))
	}
	return s, nil
}

// required tells whether the reader cannot do without the variable.
func (s *Settings) required(name, reader string) bool {
	switch name {
	case "FUNCTIONS_CUSTOMHANDLER_PORT", "HANDOVER_APP_KEY":
		return true
	case "HANDOVER_OPERATOR_KEY":
		return reader != "dev"
	case "HANDOVER_KEYS":
		return reader == "serve"
	}
	return false
}

// unparsed names the variables whose text is not of the setting's type.
func unparsed(err error) []string {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return nil
	}
	var names []string
	for _, e := range all.Errors {
		if wrong, ok := errors.AsType[env.ParseError](e); ok {
			field, _ := reflect.TypeFor[Settings]().FieldByName(wrong.Name)
			names = append(names, field.Tag.Get("env"))
		}
	}
	return names
}

// Setting describes one variable, for documentation and for the sentences
// about wrong values.
type Setting struct {
	Name, Default, Rule, Example string
	// ReadBy are the readers: serve, dev, client, app.
	ReadBy []string
}

// SettingsList is every variable that the program reads, in the order of the
// documentation.
func SettingsList() []Setting {
	var list []Setting
	for field := range reflect.TypeFor[Settings]().Fields() {
		tag := field.Tag
		list = append(list, Setting{
			Name: tag.Get("env"), Default: tag.Get("envDefault"), Rule: tag.Get("rule"), Example: tag.Get("example"),
			ReadBy: strings.Fields(tag.Get("by")),
		})
	}
	return list
}
