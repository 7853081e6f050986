package access_test

import (
	"testing"
	"time"

	"handover/handler/adapter/entra/entratest"
	"handover/handler/core/credential"
	"handover/handler/core/fault"
)

func TestGrantForSecret(t *testing.T) {
	h := newHouse(t)
	id, secret := h.issue(t, "acme", credential.OAuthClient, time.Time{})
	other, otherSecret := h.issue(t, "acme", credential.OAuthClient, time.Time{})
	expiredID, expired := h.issue(t, "acme", credential.OAuthClient, time.Now().Add(-time.Second))
	soonID, soon := h.issue(t, "acme", credential.OAuthClient, time.Now().Add(time.Minute))
	tests := []struct {
		name, tenant, id, secret string
		lifetime                 time.Duration
	}{
		{"the one client", "acme", id, secret, time.Hour},
		{"the other, at the same time", "acme", other, otherSecret, time.Hour},
		{"a secret that soon ends", "acme", soonID, soon, time.Minute},
		{"the secret of the other", "acme", id, otherSecret, 0},
		{"no id", "acme", "", secret, 0},
		{"no secret", "acme", id, "", 0},
		{"a typing error", "acme", id, secret[:len(secret)-1] + "0", 0},
		{"an expired secret", "acme", expiredID, expired, 0},
		{"another tenant's", "globex", id, secret, 0},
		{"a tenant that is not there", "gone", id, secret, 0},
		{"a tenant that cannot be", "~", id, secret, 0},
		{"a secret token in its place", "acme", h.id, h.token, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, err := h.GrantForSecret(t.Context(), test.tenant, test.id, test.secret)
			if test.lifetime == 0 {
				if !fault.Is(err, fault.Unauthorized) || g.Token != "" || fault.Of(err).Message != "the client is unknown, or its secret or assertion is missing, wrong, expired, revoked or another tenant's" {
					t.Errorf("granted %q, %v", g.Token, err)
				}
				return
			}
			if err != nil || g.Credential != test.id || g.Lifetime > test.lifetime || g.Lifetime < test.lifetime-50*time.Second {
				t.Errorf("granted %+v, %v; want %v", g, err, test.lifetime)
			}
		})
	}
}

func TestGrantForAssertion(t *testing.T) {
	h := newHouse(t)
	tests := []struct {
		name, tenant, client, assertion string
		passes                          bool
	}{
		{"without a client id", "acme", "", h.assertion(), true},
		{"the tenant's id", "acme", "acme", h.assertion(), true},
		{"the application's id", "acme", workload, h.assertion(), true},
		{"another client id", "acme", "globex", h.assertion(), false},
		{"an audience with its scope", "acme", "", h.assertion("aud", "api://"+workload+"/.default"), true},
		{"another subject", "acme", "", h.assertion("sub", workload), false},
		{"another audience", "acme", "", h.assertion("aud", "api://"+vendorApp), false},
		{"another directory", "acme", "", h.assertion("tid", globexDirectory), false},
		{"another tenant, whose settings do not suffice", "globex", "", h.assertion("tid", globexDirectory, "iss", "https://login.microsoftonline.com/"+globexDirectory+"/v2.0"), false},
		{"a tenant without settings", "initech", "", h.assertion(), false},
		{"a tenant that is not there", "gone", "", h.assertion(), false},
		{"a tenant that cannot be", "~", "", h.assertion(), false},
		{"a provisioning token", "acme", "", h.entra.Token(entratest.Provisioning(acmeDirectory, time.Now())), false},
		{"no JWT", "acme", "", "x", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, err := h.GrantForAssertion(t.Context(), test.tenant, test.client, test.assertion)
			if (err == nil) != test.passes || err != nil && !fault.Is(err, fault.Unauthorized) || test.passes && g.Lifetime != time.Hour {
				t.Errorf("granted %+v, %v", g, err)
			}
		})
	}
}
