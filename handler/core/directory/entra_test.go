package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	guidA = "aaaaaaaa-0000-4000-8000-00000000000a"
	guidB = "bbbbbbbb-0000-4000-8000-00000000000b"
	guidC = "cccccccc-0000-4000-8000-00000000000c"
)

func TestNewTenantChecksItsBinding(t *testing.T) {
	const example = `for example "72f988bf-86f1-41af-91ab-2d7cd011db47"`
	tests := []struct {
		name           string
		binding, taken directory.EntraBinding
		refused        string
	}{
		{"none", directory.EntraBinding{}, directory.EntraBinding{}, ""},
		{"an empty list", directory.EntraBinding{AppIDs: []string{}}, directory.EntraBinding{}, ""},
		{"a directory alone", directory.EntraBinding{TenantID: guidA}, directory.EntraBinding{TenantID: guidA}, ""},
		{
			"capital letters and an application twice",
			directory.EntraBinding{TenantID: strings.ToUpper(guidA), AppIDs: []string{guidB, strings.ToUpper(guidB)}, Subject: strings.ToUpper(guidC)},
			directory.EntraBinding{TenantID: guidA, AppIDs: []string{guidB}, Subject: guidC},
			"",
		},
		{"no directory", directory.EntraBinding{AppIDs: []string{guidB}}, directory.EntraBinding{}, "entra.tenantId must be the GUID of the customer's directory, " + example},
		{"a name for a directory", directory.EntraBinding{TenantID: "contoso.onmicrosoft.com"}, directory.EntraBinding{}, "entra.tenantId must be the GUID of the customer's directory, " + example},
		{"every directory", directory.EntraBinding{TenantID: "common"}, directory.EntraBinding{}, "entra.tenantId must be the GUID of the customer's directory, " + example},
		{"a URI for an application", directory.EntraBinding{TenantID: guidA, AppIDs: []string{"api://" + guidB}}, directory.EntraBinding{}, "entra.appIds must be the GUIDs of applications, " + example},
		{"a name for the caller", directory.EntraBinding{TenantID: guidA, Subject: "SyncFabric"}, directory.EntraBinding{}, "entra.subject must be the GUID of the object that calls, " + example},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			made, err := directory.NewTenant(directory.Tenant{
				ID: "acme", Name: "Acme", Country: "US", Domains: []string{"*"}, Entra: test.binding,
			}, directory.Unlimited, []string{"US"}, time.Now())
			if diff := cmp.Diff(test.taken, made.Entra); diff != "" {
				t.Errorf("binding (-want +got):\n%s", diff)
			}
			if f := fault.Of(err); (f == nil) != (test.refused == "") || f != nil && f.Message != test.refused {
				t.Errorf("error is %v, want %q", err, test.refused)
			}
		})
	}
}

func TestTooManyApplications(t *testing.T) {
	b := directory.EntraBinding{TenantID: guidA}
	for i := range 17 {
		b.AppIDs = append(b.AppIDs, guidB[:35]+string("0123456789abcdefg"[i]))
	}
	if _, err := b.Checked(); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("17 applications: %v", err)
	}
}

func TestTakesProvisioning(t *testing.T) {
	claims := directory.EntraClaims{Subject: guidC, AppID: guidB}
	tests := []struct {
		name    string
		binding directory.EntraBinding
		want    bool
	}{
		{"no settings", directory.EntraBinding{}, false},
		{"the directory alone", directory.EntraBinding{TenantID: guidA}, true},
		{"application and subject", directory.EntraBinding{TenantID: guidA, AppIDs: []string{guidA, guidB}, Subject: guidC}, true},
		{"another application", directory.EntraBinding{TenantID: guidA, AppIDs: []string{guidA}}, false},
		{"another subject", directory.EntraBinding{TenantID: guidA, Subject: guidA}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.binding.TakesProvisioning(claims); got != test.want {
				t.Errorf("takes it: %v", got)
			}
		})
	}
}

func TestFingerprintsDiffer(t *testing.T) {
	seen := map[string]directory.EntraBinding{}
	for _, b := range []directory.EntraBinding{
		{},
		{TenantID: guidA},
		{TenantID: guidB},
		{TenantID: guidA, Subject: guidB},
		{TenantID: guidA, AppIDs: []string{guidB}},
		{TenantID: guidA, AppIDs: []string{guidB, guidC}},
		{TenantID: guidA, AppIDs: []string{guidC, guidB}},
		{TenantID: guidA, Subject: guidB, AppIDs: []string{guidC}},
	} {
		f := b.Fingerprint()
		if other, twice := seen[f]; twice || len(f) != 16 {
			t.Errorf("%+v and %+v are both %s", b, other, f)
		}
		seen[f] = b
	}
}
