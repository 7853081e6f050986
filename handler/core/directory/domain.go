package directory

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"handover/handler/core/fault"
)

// VerifiedDomains brings a tenant's list of domains into the form in which
// they are compared: lower case, after IDNA, each once. It wants at least one;
// AnyDomain must stand alone.
func VerifiedDomains(domains []string) ([]string, error) {
	if len(domains) == 0 {
		return nil, fault.New(fault.InvalidValue, "domains must name at least one verified domain, for example \"acme.com\", or \"*\" for no check")
	}
	if slices.Contains(domains, AnyDomain) {
		if len(domains) > 1 {
			return nil, fault.New(fault.InvalidValue, "domains must hold \"*\" alone, or domains without it")
		}
		return []string{AnyDomain}, nil
	}
	verified := make([]string, 0, len(domains))
	for _, d := range domains {
		prefix, name := "", d
		if rest, ok := strings.CutPrefix(d, "*."); ok {
			prefix, name = "*.", rest
		}
		ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(name, "."))
		if err != nil || !strings.Contains(ascii, ".") || strings.ContainsAny(ascii, " @") {
			return nil, fault.New(fault.InvalidValue, "domains: %q is not a domain name; write it as in \"acme.com\" or \"*.acme.com\"", d).WithCause(err)
		}
		if name := prefix + strings.ToLower(ascii); !slices.Contains(verified, name) {
			verified = append(verified, name)
		}
	}
	return verified, nil
}

// CheckDomains refuses a user whose userName (when it has an @) or one of whose
// e-mail addresses is outside the tenant's verified domains.
func (t *Tenant) CheckDomains(userName string, emails []string) error {
	if slices.Contains(t.Domains, AnyDomain) {
		return nil
	}
	if strings.Contains(userName, "@") {
		if err := t.checkAddress("userName", userName); err != nil {
			return err
		}
	}
	for _, e := range emails {
		if err := t.checkAddress("emails", e); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tenant) checkAddress(attribute, address string) error {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return fault.New(fault.DomainNotVerified, "%s must be an address with a domain; verified domains: %s", attribute, strings.Join(t.Domains, ", ")).
			WithAttribute(attribute)
	}
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(address[at+1:], "."))
	if err != nil {
		domain = address[at+1:]
	}
	domain = strings.ToLower(domain)
	if err == nil && t.verified(domain) {
		return nil
	}
	return fault.New(fault.DomainNotVerified, "%s: the domain %q is not verified for this tenant; verified domains: %s", attribute, domain, strings.Join(t.Domains, ", ")).
		WithAttribute(attribute)
}

func (t *Tenant) verified(domain string) bool {
	for _, d := range t.Domains {
		if d == domain {
			return true
		}
		if suffix, ok := strings.CutPrefix(d, "*"); ok && strings.HasSuffix(domain, suffix) && len(domain) > len(suffix) {
			return true
		}
	}
	return false
}
