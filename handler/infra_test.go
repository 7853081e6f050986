package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInfraIsBicep(t *testing.T) {
	for name, file := range parseInfra(t) {
		for _, wrong := range file.Wrong {
			t.Errorf("infra/%s, %s", name, wrong)
		}
	}
}

// hostSettings are those that the Functions host reads, not the handler.
var hostSettings = []string{
	"AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId",
	"AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
	"APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}

// notInAzure are settings of serve that a deployment does not make: those of a
// laptop, and the port, which only the host can give.
var notInAzure = []string{"HANDOVER_DATA", "TableConnection", "ServiceBusConnection", "FUNCTIONS_CUSTOMHANDLER_PORT"}

func TestInfraSetsTheSettings(t *testing.T) {
	variables := parseInfra(t)["modules/functionapp.bicep"].declarations("variable")
	settings := variables["settings"].value()
	set := map[string]bool{}
	for _, p := range settings.Children {
		set[p.Children[0].Text] = true
	}
	want := map[string]bool{}
	for _, s := range SettingsList() {
		if slices.Contains(s.ReadBy, "serve") && !slices.Contains(notInAzure, s.Name) {
			want[s.Name] = true
		}
	}
	for _, name := range hostSettings {
		want[name] = true
	}
	if diff := cmp.Diff(want, set); diff != "" {
		t.Errorf("app settings (-code +Bicep):\n%s", diff)
	}
	for _, secret := range []string{"HANDOVER_OPERATOR_KEY", "HANDOVER_KEYS"} {
		if value := settings.property(secret).plain(); !strings.HasPrefix(value, "@Microsoft.KeyVault(SecretUri=$") {
			t.Errorf("%s is %s and not a reference to Key Vault", secret, value)
		}
	}
	dedicated := variables["dedicatedSettings"].value()
	if got := len(dedicated.Children); got != 3 || dedicated.property("FUNCTIONS_WORKER_RUNTIME").plain() != "custom" {
		t.Errorf("the dedicated plan has %d settings of its own: %s", got, dedicated.Text)
	}
}

// TestInfraDefaults holds the defaults of main.bicep against the program's, and
// the time of host.json against both.
func TestInfraDefaults(t *testing.T) {
	parameters := parseInfra(t)["main.bicep"].declarations("parameter")
	named := map[string]string{
		"HANDOVER_QUEUE": "queueName", "HANDOVER_SWEEP_SCHEDULE": "sweepSchedule", "AzureFunctionsJobHost__functionTimeout": "functionTimeout",
		"HANDOVER_COUNTRIES": "countries", "HANDOVER_BODY_LIMIT": "bodyLimit", "HANDOVER_RATE": "rate", "HANDOVER_BURST": "burst", "HANDOVER_LOG_LEVEL": "logLevel",
		"HANDOVER_BASE_URL": "baseUrl", "HANDOVER_OPERATOR_TENANT": "operatorTenant", "HANDOVER_OPERATOR_AUDIENCE": "operatorAudience",
	}
	for _, s := range SettingsList() {
		parameter, ok := named[s.Name]
		if !ok {
			continue
		}
		got := strings.NewReplacer("'", "", "[", "", "]", "", ", ", ",").Replace(parameters[parameter].value().Text)
		if got != s.Default {
			t.Errorf("%s: the default is %q, in Bicep %q", s.Name, s.Default, got)
		}
	}
	host, err := os.ReadFile("../host.json")
	if err != nil || !strings.Contains(string(host), `"functionTimeout": `+`"`+parameters["functionTimeout"].value().plain()+`"`) {
		t.Errorf("host.json has another functionTimeout: %v", err)
	}
}

func TestInfraNamesTablesAndQueue(t *testing.T) {
	files := parseInfra(t)
	var tables []string
	files["modules/storage.bicep"].Root.walk(func(n bicepNode) {
		if n.Type == "resource_declaration" && n.Children[1].plain() == "tables" {
			tables = append(tables, n.value().property("name").plain())
		}
	})
	if diff := cmp.Diff([]string{directoryTable, recordsTable}, tables); diff != "" {
		t.Errorf("tables (-code +Bicep):\n%s", diff)
	}
	settings := files["modules/functionapp.bicep"].declarations("variable")["settings"].value()
	if name := settings.property("HANDOVER_QUEUE").Text; name != "queueName" {
		t.Errorf("HANDOVER_QUEUE is %s", name)
	}
	for _, function := range []string{"reassign", "deadletter", "sweep"} {
		binding, err := os.ReadFile("../functions/" + function + "/function.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, percent := range regexp.MustCompile(`%(\w+)%`).FindAllStringSubmatch(string(binding), -1) {
			if settings.property(percent[1]).Text == "" {
				t.Errorf("function %s reads %s, which Bicep does not set", function, percent[1])
			}
		}
		if connection := regexp.MustCompile(`"connection": "(\w+)"`).FindStringSubmatch(string(binding)); connection != nil && settings.property(connection[1]+"__fullyQualifiedNamespace").Text != "serviceBusHost" {
			t.Errorf("function %s connects by %s, which Bicep does not set", function, connection[1])
		}
	}
	queries := files["modules/monitoring.bicep"].Root.Text
	for _, named := range regexp.MustCompile(`line\.function == "(\w+)"`).FindAllStringSubmatch(queries, -1) {
		if _, err := os.Stat("../functions/" + named[1]); err != nil {
			t.Errorf("an alert watches the function %s: %v", named[1], err)
		}
	}
}

// TestInfraGivesTheRoles compares what the app's identity may do with what the
// code does: containers and package of the host, rows of two tables, messages of
// one queue, two secrets of one vault, telemetry.
func TestInfraGivesTheRoles(t *testing.T) {
	want := map[string]string{
		"storageBlobDataOwner account":               "Microsoft.Storage/storageAccounts",
		"storageTableDataContributor directoryTable": "Microsoft.Storage/storageAccounts/tableServices/tables",
		"storageTableDataContributor recordsTable":   "Microsoft.Storage/storageAccounts/tableServices/tables",
		"serviceBusDataSender queue":                 "Microsoft.ServiceBus/namespaces/queues",
		"serviceBusDataReceiver queue":               "Microsoft.ServiceBus/namespaces/queues",
		"keyVaultSecretsUser vault":                  "Microsoft.KeyVault/vaults",
		"monitoringMetricsPublisher insights":        "Microsoft.Insights/components",
	}
	got := map[string]string{}
	for name, file := range parseInfra(t) {
		resources := file.declarations("resource")
		for _, r := range resources {
			if !strings.HasPrefix(r.Children[1].plain(), "Microsoft.Authorization/roleAssignments@") {
				continue
			}
			if name != "modules/roles.bicep" {
				t.Errorf("infra/%s gives a role; modules/roles.bicep is the place", name)
			}
			body := r.value()
			scope := body.property("scope").Text
			id := regexp.MustCompile(`roleIds\.(\w+)`).FindStringSubmatch(body.property("properties").property("roleDefinitionId").Text)
			if id == nil || body.property("properties").property("principalType").plain() != "ServicePrincipal" || !strings.Contains(body.property("name").Text, id[1]) {
				t.Errorf("the assignment %s is not of a role in roleIds to a service principal", r.Children[0].Text)
				continue
			}
			kind, _, _ := strings.Cut(resources[scope].Children[1].plain(), "@")
			got[id[1]+" "+scope] = kind
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-needed +given):\n%s", diff)
	}
}

// TestInfraOpensNoOtherDoor wants keys and public blobs switched off where the
// resources have such switches.
func TestInfraOpensNoOtherDoor(t *testing.T) {
	files := parseInfra(t)
	for file, switches := range map[string][]string{
		"modules/storage.bicep":     {"allowSharedKeyAccess: false", "allowBlobPublicAccess: false", "minimumTlsVersion: 'TLS1_2'", "supportsHttpsTrafficOnly: true"},
		"modules/servicebus.bicep":  {"disableLocalAuth: true", "minimumTlsVersion: '1.2'", "requiresDuplicateDetection: true", "lockDuration: 'PT5M'", "maxDeliveryCount: 10", "deadLetteringOnMessageExpiration: true"},
		"modules/keyvault.bicep":    {"enableRbacAuthorization: true", "enablePurgeProtection: true"},
		"modules/monitoring.bicep":  {"DisableLocalAuth: true"},
		"modules/functionapp.bicep": {"httpsOnly: true", "minTlsVersion: '1.2'", "ftpsState: 'Disabled'", "properties: { allow: false }", "type: 'UserAssignedIdentity'"},
	} {
		for _, s := range switches {
			if !strings.Contains(files[file].Root.Text, s) {
				t.Errorf("infra/%s lacks %s", file, s)
			}
		}
	}
}

// TestInfraBoundsItsParameters wants a sentence and a bound on each parameter.
func TestInfraBoundsItsParameters(t *testing.T) {
	for name, p := range parseInfra(t)["main.bicep"].declarations("parameter") {
		if !strings.Contains(p.decorators, "@description('") {
			t.Errorf("%s has no description", name)
		}
		var bounded bool
		switch kind := p.Children[1].Text; kind {
		case "int":
			bounded = strings.Contains(p.decorators, "@minValue(") && strings.Contains(p.decorators, "@maxValue(")
		case "string", "array", "string[]":
			bounded = strings.Contains(p.decorators, "@maxLength(") || strings.Contains(p.decorators, "@secure()") || name == "location"
		default:
			bounded = kind == "bool" || kind == "object"
		}
		if !bounded && !strings.Contains(p.decorators, "@allowed([") {
			t.Errorf("%s takes anything", name)
		}
	}
}

// TestParameterFiles wants one file a cloud, each with parameters that there are,
// and no host name of any cloud anywhere.
func TestParameterFiles(t *testing.T) {
	files := parseInfra(t)
	parameters := files["main.bicep"].declarations("parameter")
	var clouds []string
	for name, file := range files {
		if suffix := regexp.MustCompile(`[a-z]\.(windows\.net|azure\.net|azure\.cn|usgovcloudapi\.net|chinacloudapi\.cn|azurewebsites\.\w+|chinacloudsites\.cn)`).FindString(file.Root.Text); suffix != "" {
			t.Errorf("infra/%s names %s, which is of one cloud", name, suffix)
		}
		cloud, isParameters := strings.CutSuffix(name, ".bicepparam")
		if !isParameters {
			continue
		}
		clouds = append(clouds, cloud)
		for given := range file.declarations("variable") {
			if _, ok := parameters[given]; !ok {
				t.Errorf("infra/%s gives %s, which main.bicep does not take", name, given)
			}
		}
	}
	known := strings.Fields(strings.NewReplacer("be ", "", ",", "", " or", "").Replace(ruleOf("AZURE_CLOUD")))
	if diff := cmp.Diff(slices.Sorted(slices.Values(known)), slices.Sorted(slices.Values(clouds))); diff != "" {
		t.Errorf("clouds (-AZURE_CLOUD +parameter files):\n%s", diff)
	}
	mapped := files["main.bicep"].declarations("variable")["clouds"].value()
	var values []string
	for _, p := range mapped.Children {
		values = append(values, p.value().plain())
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(known)), slices.Sorted(slices.Values(values))); diff != "" {
		t.Errorf("clouds of main.bicep:\n%s", diff)
	}
}

func ruleOf(setting string) string {
	for _, s := range SettingsList() {
		if s.Name == setting {
			return s.Rule
		}
	}
	return ""
}

// TestModulesGetTheirParameters compares what main.bicep gives each module with
// what the module takes.
func TestModulesGetTheirParameters(t *testing.T) {
	files := parseInfra(t)
	for name, module := range files["main.bicep"].declarations("module") {
		file := module.Children[1].plain()
		body := module.value()
		for body.Type != "object" {
			body = body.value()
		}
		given := map[string]bool{}
		for _, p := range body.property("params").Children {
			given[p.Children[0].Text] = true
		}
		taken := map[string]bool{}
		for parameter := range maps.Keys(files[file].declarations("parameter")) {
			taken[parameter] = true
		}
		if diff := cmp.Diff(taken, given); diff != "" {
			t.Errorf("module %s (-takes +gets):\n%s", name, diff)
		}
	}
}

// TestOperationsListsTheAlerts compares the alerts of monitoring.bicep with the
// document, and wants the runbook to have the section that each names.
func TestOperationsListsTheAlerts(t *testing.T) {
	operations, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile("../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(operations), "| alert | when |")
	var documented, made []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)`").FindAllStringSubmatch(table, -1) {
		documented = append(documented, row[1])
	}
	for _, alert := range parseInfra(t)["modules/monitoring.bicep"].declarations("variable")["alerts"].value().Children {
		made = append(made, alert.property("name").plain())
		_, section, named := strings.Cut(alert.property("description").plain(), "docs/runbook.md, ")
		if section = strings.TrimSuffix(section, "."); named && !strings.Contains(strings.ReplaceAll(string(runbook), "*", ""), "\n## "+section) {
			t.Errorf("an alert names the section %q of the runbook, which is not there", section)
		}
	}
	if diff := cmp.Diff(made, documented); diff != "" || len(made) == 0 {
		t.Errorf("alerts (-Bicep +document):\n%s", diff)
	}
}
