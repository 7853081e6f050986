package approot_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/functions/approot"
)

// function is what the host reads in a function.json.
type function struct {
	Bindings []struct {
		Type, Direction, Name string
		AuthLevel, Route      string
		Methods               []string
		QueueName, Connection string
		Schedule              string
		UseMonitor            bool
	}
	Retry struct {
		Strategy      string
		MaxRetryCount int
		DelayInterval string
	}
}

func functions(t *testing.T) map[string]function {
	t.Helper()
	names, err := source(repository).Functions()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]function{}
	for _, name := range names {
		var f function
		decode(t, read(t, filepath.Join(repository, "functions", name, "function.json")), &f)
		all[name] = f
	}
	return all
}

// decode wants no field that the host, or we, would pass over.
func decode(t *testing.T, content []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// TestHTTPFunctions wants each to be proxied: one http trigger in, one http
// output, nothing beside; behind a first segment of its own, so that no route
// reaches the path of a trigger; and open to every method, so that the handler
// answers those that it does not know.
func TestHTTPFunctions(t *testing.T) {
	var names []string
	for name, f := range functions(t) {
		if f.Bindings[0].Type != "httpTrigger" {
			continue
		}
		names = append(names, name)
		if len(f.Bindings) != 2 {
			t.Fatalf("%s has %d bindings, so the host would not proxy it", name, len(f.Bindings))
		}
		in, out := f.Bindings[0], f.Bindings[1]
		if in.Direction != "in" || in.AuthLevel != "anonymous" || in.Methods != nil || in.Route != name+"/{*path}" {
			t.Errorf("%s: trigger %+v", name, in)
		}
		if out.Type != "http" || out.Direction != "out" {
			t.Errorf("%s: output %+v", name, out)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"app", "manage", "oauth2", "scim"}, names); diff != "" {
		t.Errorf("HTTP functions (-want +got):\n%s", diff)
	}
}

// TestTriggers wants the names under which edge/trigger answers, and the
// binding names that it reads.
func TestTriggers(t *testing.T) {
	all := functions(t)
	queues := map[string]string{"reassign": "%HANDOVER_QUEUE%", "deadletter": "%HANDOVER_QUEUE%/$DeadLetterQueue"}
	for name, queue := range queues {
		f := all[name]
		if len(f.Bindings) != 1 {
			t.Fatalf("%s has %d bindings", name, len(f.Bindings))
		}
		b := f.Bindings[0]
		if b.Type != "serviceBusTrigger" || b.Direction != "in" || b.Name != "message" || b.QueueName != queue || b.Connection != "ServiceBusConnection" {
			t.Errorf("%s: %+v", name, b)
		}
	}
	sweep := all["sweep"]
	if len(sweep.Bindings) != 1 {
		t.Fatalf("sweep has %d bindings", len(sweep.Bindings))
	}
	b := sweep.Bindings[0]
	if b.Type != "timerTrigger" || b.Direction != "in" || b.Schedule != "%HANDOVER_SWEEP_SCHEDULE%" || !b.UseMonitor {
		t.Errorf("sweep: %+v", b)
	}
	if sweep.Retry.Strategy != "fixedDelay" || sweep.Retry.MaxRetryCount < 1 || sweep.Retry.DelayInterval == "" {
		t.Errorf("sweep is not retried: %+v", sweep.Retry)
	}
}

// TestNamesOfSettings wants every %name% and every connection of the functions
// in the sample of the local settings.
func TestNamesOfSettings(t *testing.T) {
	settings, err := approot.ReadLocalSettings(filepath.Join(repository, "local.settings.sample.json"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := source(repository).Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content := string(read(t, filepath.Join(repository, "functions", name, "function.json")))
		for _, found := range regexp.MustCompile(`%(.*?)%`).FindAllStringSubmatch(content, -1) {
			if settings.Values[found[1]] == "" {
				t.Errorf("%s names the setting %s, which the sample has not", name, found[1])
			}
		}
		for _, b := range functions(t)[name].Bindings {
			if b.Connection != "" && settings.Values[b.Connection] == "" {
				t.Errorf("%s names the connection %s, which the sample has not", name, b.Connection)
			}
		}
	}
}

func TestHostFile(t *testing.T) {
	var host struct {
		Version         string
		FunctionTimeout string
		CustomHandler   struct {
			Description struct {
				DefaultExecutablePath string
				Arguments             []string
			}
			EnableProxyingHTTPRequest bool `json:"enableProxyingHttpRequest"`
		}
		ExtensionBundle struct{ ID, Version string }
		Extensions      struct {
			HTTP       struct{ RoutePrefix *string }
			ServiceBus struct {
				AutoCompleteMessages       bool
				MaxConcurrentCalls         int
				MaxAutoLockRenewalDuration string
				PrefetchCount              int
			}
		}
	}
	decode(t, read(t, filepath.Join(repository, "host.json")), &host)
	handler := host.CustomHandler
	if handler.Description.DefaultExecutablePath != approot.Program || !handler.EnableProxyingHTTPRequest ||
		!slices.Equal(handler.Description.Arguments, []string{"serve"}) {
		t.Errorf("the handler: %+v", handler)
	}
	if prefix := host.Extensions.HTTP.RoutePrefix; prefix == nil || *prefix != "" {
		t.Error("the route prefix is not empty, so that paths begin with /api")
	}
	if host.FunctionTimeout != "00:10:00" || host.Extensions.ServiceBus.MaxAutoLockRenewalDuration != host.FunctionTimeout {
		t.Error("a lock must be renewed as long as an invocation may take")
	}
	if !host.Extensions.ServiceBus.AutoCompleteMessages || host.Version != "2.0" {
		t.Errorf("host.json: %+v", host)
	}
}
