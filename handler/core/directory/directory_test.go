package directory_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func TestIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, "at"))
		later := at.Add(time.Duration(rapid.Int64Range(1000, 1<<50).Draw(t, "after")))
		sort := rapid.SampledFrom([]directory.Sort{directory.SortUser, directory.SortGroup}).Draw(t, "sort")
		id, err := directory.NewID(sort, at, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		next, err := directory.NewID(sort, later, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if id.Sort() != sort || !id.Created().Equal(at.Truncate(time.Millisecond)) {
			t.Fatalf("%s is of sort %d, made %v", id, id.Sort(), id.Created())
		}
		if next.String() < id.String() {
			t.Fatalf("%s was made after %s and sorts before it", next, id)
		}
		if parsed, ok := directory.ParseID(strings.ToUpper(id.String())); !ok || parsed != id {
			t.Fatalf("%s parses to %s", id, parsed)
		}
	})
}

func TestWhatIsNoID(t *testing.T) {
	for _, text := range []string{"", "x", "ABC-42", "01938f0000000000700080000000000000001", "01938f00-0000-7000-8000-00000000000g", "01938f00_0000_7000_8000_000000000001"} {
		if id, ok := directory.ParseID(text); ok {
			t.Errorf("%q parses to %s", text, id)
		}
	}
}

func TestCheckDomains(t *testing.T) {
	domains, err := directory.VerifiedDomains([]string{"Acme.com", "*.acme.org", "bücher.example", "acme.com"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"acme.com", "*.acme.org", "xn--bcher-kva.example"}, domains); diff != "" {
		t.Fatal(diff)
	}
	tenant := directory.Tenant{Domains: domains}
	tests := []struct {
		name, userName string
		emails         []string
		refused        string
	}{
		{"the domain itself", "ann@acme.com", nil, ""},
		{"in another case", "ann@ACME.com", nil, ""},
		{"without an @", "ann", nil, ""},
		{"foreign", "eve@evil.example", nil, "userName"},
		{"a sub-domain that is not named", "ann@mail.acme.com", nil, "userName"},
		{"a sub-domain by wildcard", "ann@mail.acme.org", nil, ""},
		{"the wildcard's own domain", "ann@acme.org", nil, "userName"},
		{"a longer name that ends alike", "ann@notacme.com", nil, "userName"},
		{"written in unicode", "ann@bücher.example", nil, ""},
		{"written in punycode", "ann@xn--bcher-kva.example", nil, ""},
		{"one of several addresses", "ann@acme.com", []string{"a@acme.com", "a@evil.example"}, "emails"},
		{"an address without a domain", "ann@acme.com", []string{"nobody"}, "emails"},
		{"a guest", "ann_evil.example#EXT#@acme.onmicrosoft.com", nil, "userName"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := tenant.CheckDomains(test.userName, test.emails)
			if test.refused == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !fault.Is(err, fault.DomainNotVerified) || !strings.HasPrefix(fault.Of(err).Message, test.refused) {
				t.Errorf("%v, wanted a refusal of %s", err, test.refused)
			}
		})
	}
	if err := (&directory.Tenant{Domains: []string{"*"}}).CheckDomains("eve@evil.example", nil); err != nil {
		t.Error(err)
	}
}

func TestNewTenantRefusals(t *testing.T) {
	good := directory.Tenant{ID: "acme", Name: "Acme", Country: "US", Domains: []string{"acme.com"}}
	tests := []struct {
		name, field string
		spoil       func(*directory.Tenant)
	}{
		{"id with a slash", "id", func(t *directory.Tenant) { t.ID = "a/b" }},
		{"no name", "name", func(t *directory.Tenant) { t.Name = " " }},
		{"a country that is not served", "country", func(t *directory.Tenant) { t.Country = "DE" }},
		{"no domain", "domains", func(t *directory.Tenant) { t.Domains = nil }},
		{"a word for a domain", "domains", func(t *directory.Tenant) { t.Domains = []string{"acme"} }},
		{"an address for a domain", "domains", func(t *directory.Tenant) { t.Domains = []string{"a@acme.com"} }},
		{"any domain beside another", "domains", func(t *directory.Tenant) { t.Domains = []string{"*", "acme.com"} }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tenant := good
			test.spoil(&tenant)
			_, err := directory.NewTenant(tenant, directory.Unlimited, []string{"US", "CA"}, time.Now())
			if !fault.Is(err, fault.InvalidValue) || !strings.HasPrefix(fault.Of(err).Message, test.field) {
				t.Errorf("%v, wanted a refusal of %s", err, test.field)
			}
		})
	}
	if _, err := directory.NewTenant(good, directory.Unlimited, []string{"US", "CA"}, time.Now()); err != nil {
		t.Error(err)
	}
}
