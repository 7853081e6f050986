package access_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/adapter/entra"
	"handover/handler/adapter/entra/entratest"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/access"
)

const (
	acmeDirectory   = "aaaaaaaa-0000-4000-8000-00000000000a"
	globexDirectory = "99999999-0000-4000-8000-000000000009"
	vendorDirectory = "eeeeeeee-0000-4000-8000-00000000000e"
	workload        = "bbbbbbbb-0000-4000-8000-00000000000b"
	syncFabric      = "cccccccc-0000-4000-8000-00000000000c"
	vendorApp       = "dddddddd-0000-4000-8000-00000000000d"
)

// house is a gate with two tenants, acme and globex, an Entra ID and keys.
type house struct {
	*door
	entra *entratest.Provider
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{door: newDoor(t, time.Time{}), entra: entratest.New(t)}
	h.tenants.settings["acme"] = directory.Tenant{ID: "acme", Entra: directory.EntraBinding{
		TenantID: acmeDirectory, AppIDs: []string{workload}, Subject: syncFabric,
	}}
	h.tenants.settings["globex"] = directory.Tenant{ID: "globex", Entra: directory.EntraBinding{TenantID: globexDirectory}}
	h.tenants.settings["initech"] = directory.Tenant{ID: "initech"}
	h.Gate = h.process(t)
	return h
}

// process is the gate of another process in front of the same store.
func (h *house) process(t testing.TB) *access.Gate {
	t.Helper()
	keys, err := credential.ParseKeyring("k1:" + strings.Repeat("ab", 32))
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := entra.CloudOf("public")
	if err != nil {
		t.Fatal(err)
	}
	return access.New(access.Config{
		Tenants: h.tenants, Now: time.Now, OperatorKeys: []string{"key"}, Keys: keys,
		Operators: access.Operators{TenantID: vendorDirectory, AppID: vendorApp},
		Entra:     entra.New(entra.Config{Cloud: cloud, Transport: h.entra, Now: time.Now}),
	})
}

// grant is an access token of acme for a new OAuth client, whose id comes with
// it.
func (h *house) grant(t testing.TB, expires time.Time) (id, token string) {
	t.Helper()
	id, secret := h.issue(t, "acme", credential.OAuthClient, expires)
	g, err := h.GrantForSecret(t.Context(), "acme", id, secret)
	if err != nil {
		t.Fatal(err)
	}
	return id, g.Token
}

func (h *house) assertion(change ...any) string {
	claims := entratest.Assertion(acmeDirectory, workload, syncFabric, time.Now())
	for i := 0; i < len(change); i += 2 {
		claims = claims.With(change[i].(string), change[i+1])
	}
	return h.entra.Token(claims)
}

func TestWhoPassesWithWhat(t *testing.T) {
	h := newHouse(t)
	provisioning := func(of string) entratest.Claims {
		return entratest.Provisioning(of, time.Now()).With("appid", workload).With("sub", syncFabric)
	}
	acmeJWT, globexJWT := h.entra.Token(provisioning(acmeDirectory)), h.entra.Token(provisioning(globexDirectory))
	client, accessToken := h.grant(t, time.Time{})
	_, clientSecret := h.issue(t, "acme", credential.OAuthClient, time.Time{})
	federated, err := h.GrantForAssertion(t.Context(), "acme", "acme", h.assertion())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, tenant, token string
		kind                credential.Kind
		who                 string
	}{
		{"an access token", "acme", accessToken, credential.ScimToken, client},
		{"an access token of another tenant", "globex", accessToken, credential.ScimToken, ""},
		{"an access token at the application's door", "acme", accessToken, credential.AppKey, ""},
		{"a client secret in the place of a token", "acme", clientSecret, credential.ScimToken, ""},
		{"an access token with another end", "acme", accessToken[:len(accessToken)-1] + "_", credential.ScimToken, ""},
		{"a federated access token", "acme", federated.Token, credential.ScimToken, access.EntraCaller},
		{"a federated access token of another tenant", "globex", federated.Token, credential.ScimToken, ""},
		{"Entra's token", "acme", acmeJWT, credential.ScimToken, access.EntraCaller},
		{"Entra's token of a tenant that names its directory alone", "globex", globexJWT, credential.ScimToken, access.EntraCaller},
		{"Entra's token of another directory", "globex", acmeJWT, credential.ScimToken, ""},
		{"Entra's token at a tenant without settings", "initech", acmeJWT, credential.ScimToken, ""},
		{"Entra's token at a tenant that is not there", "gone", acmeJWT, credential.ScimToken, ""},
		{"Entra's token at the application's door", "acme", acmeJWT, credential.AppKey, ""},
		{"Entra's token of another application", "acme", h.entra.Token(provisioning(acmeDirectory).With("appid", vendorApp)), credential.ScimToken, ""},
		{"Entra's token of another subject", "acme", h.entra.Token(provisioning(acmeDirectory).With("sub", vendorApp)), credential.ScimToken, ""},
		{"Entra's token that has expired", "acme", h.entra.Token(provisioning(acmeDirectory).With("exp", 1)), credential.ScimToken, ""},
		{"an assertion in the place of a token", "acme", h.assertion(), credential.ScimToken, ""},
	}
	sentences := map[string]bool{}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			caller, err := h.Authenticate(t.Context(), test.tenant, test.token, test.kind)
			if caller.Credential != test.who || (err == nil) != (test.who != "") {
				t.Errorf("caller %q, %v; want %q", caller.Credential, err, test.who)
			}
			if err != nil && !fault.Is(err, fault.Unauthorized) {
				t.Errorf("error is %v", err)
			}
			if err != nil {
				sentences[fault.Of(err).Message] = true
			}
		})
	}
	if len(sentences) != 1 {
		t.Errorf("refusals differ: %v", sentences)
	}
}

func TestGatesWithoutKeysOrEntra(t *testing.T) {
	h := newHouse(t)
	id, secret := h.issue(t, "acme", credential.OAuthClient, time.Time{})
	_, token := h.grant(t, time.Time{})
	jwt := h.entra.Token(entratest.Provisioning(globexDirectory, time.Now()))
	bare := access.New(access.Config{Tenants: h.tenants, Now: time.Now})
	for name, refused := range map[string]error{
		"access token": second(bare.Authenticate(t.Context(), "acme", token, credential.ScimToken)),
		"JWT":          second(bare.Authenticate(t.Context(), "globex", jwt, credential.ScimToken)),
		"assertion":    second(bare.GrantForAssertion(t.Context(), "acme", "", h.assertion())),
		"operator":     second(bare.Operator(t.Context(), jwt)),
	} {
		if !fault.Is(refused, fault.Unauthorized) {
			t.Errorf("%s: %v", name, refused)
		}
	}
	if _, err := bare.GrantForSecret(t.Context(), "acme", id, secret); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without keys: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAnHourOfAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		_, token := h.grant(t, time.Time{})
		time.Sleep(time.Hour - time.Second)
		if _, err := h.Authenticate(t.Context(), "acme", token, credential.ScimToken); err != nil {
			t.Errorf("within the hour: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := h.Authenticate(t.Context(), "acme", token, credential.ScimToken); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("after the hour: %v", err)
		}
	})
}

// TestWhatStandsBehindATokenEndsIt takes away what a token rests on, and wants
// it to end within five seconds in another process, and at once where Forget was
// called.
func TestWhatStandsBehindATokenEndsIt(t *testing.T) {
	rebind := func(change func(*directory.EntraBinding)) func(*house, string) {
		return func(h *house, _ string) {
			settings := h.tenants.settings["acme"]
			change(&settings.Entra)
			h.tenants.settings["acme"] = settings
		}
	}
	client := func(t *testing.T, h *house) (string, string) { return h.grant(t, time.Time{}) }
	federated := func(t *testing.T, h *house) (string, string) {
		g, err := h.GrantForAssertion(t.Context(), "acme", "", h.assertion())
		if err != nil {
			t.Fatal(err)
		}
		return "", g.Token
	}
	jwt := func(_ *testing.T, h *house) (string, string) {
		return "", h.entra.Token(entratest.Provisioning(acmeDirectory, time.Now()).With("appid", workload).With("sub", syncFabric))
	}
	tests := []struct {
		name string
		got  func(*testing.T, *house) (id, token string)
		end  func(*house, string)
	}{
		{"the client secret is revoked", client, func(h *house, id string) { delete(h.tenants.credentials, "acme/"+id) }},
		{"the client secret is made to end", client, func(h *house, id string) {
			c := h.tenants.credentials["acme/"+id]
			c.Expires = time.Now()
			h.tenants.credentials["acme/"+id] = c
		}},
		{"the tenant is deleted", client, func(h *house, _ string) { delete(h.tenants.settings, "acme") }},
		{"the subject is changed", federated, rebind(func(b *directory.EntraBinding) { b.Subject = vendorApp })},
		{"the application is changed", federated, rebind(func(b *directory.EntraBinding) { b.AppIDs = []string{vendorApp} })},
		{"federation is taken away", federated, rebind(func(b *directory.EntraBinding) { *b = directory.EntraBinding{} })},
		{"the directory is changed", jwt, rebind(func(b *directory.EntraBinding) { b.TenantID = globexDirectory })},
		{"the settings of Entra are taken away", jwt, rebind(func(b *directory.EntraBinding) { *b = directory.EntraBinding{} })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				id, token := test.got(t, h)
				other := h.process(t)
				show := func(g *access.Gate) error {
					return second(g.Authenticate(t.Context(), "acme", token, credential.ScimToken))
				}
				if err := show(h.Gate); err != nil {
					t.Fatal(err)
				}
				if err := show(other); err != nil {
					t.Fatal(err)
				}
				h.tenants.with(func() { test.end(h, id) })
				h.Forget("acme")
				if err := show(h.Gate); !fault.Is(err, fault.Unauthorized) {
					t.Errorf("at once, where it was changed: %v", err)
				}
				time.Sleep(5 * time.Second)
				if err := show(other); !fault.Is(err, fault.Unauthorized) {
					t.Errorf("after five seconds, elsewhere: %v", err)
				}
			})
		})
	}
}

func TestEntraIsAwayAndNobodyIsRefused(t *testing.T) {
	h := newHouse(t)
	h.entra.Down(true)
	jwt := h.entra.Token(entratest.Provisioning(globexDirectory, time.Now()))
	operator := h.entra.Token(entratest.Operator(vendorDirectory, vendorApp, "Handover.Operator", time.Now()))
	for name, err := range map[string]error{
		"SCIM":      second(h.Authenticate(t.Context(), "globex", jwt, credential.ScimToken)),
		"assertion": second(h.GrantForAssertion(t.Context(), "acme", "", h.assertion())),
		"operator":  second(h.Operator(t.Context(), operator)),
	} {
		if !fault.Is(err, fault.Unavailable) || fault.Of(err).RetryAfter <= 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// panicking is a verifier with a defect.
type panicking struct{}

func (panicking) VerifyEntra(context.Context, string, directory.EntraExpectation) (directory.EntraClaims, error) {
	panic("the verifier broke")
}

func TestAVerifierThatPanicsEndsNoProcess(t *testing.T) {
	h := newHouse(t)
	gate := access.New(access.Config{Tenants: h.tenants, Now: time.Now, Entra: panicking{}})
	if _, err := gate.Authenticate(t.Context(), "globex", "eyJ.e30.", credential.ScimToken); !fault.Is(err, fault.Internal) {
		t.Errorf("error is %v", err)
	}
}

func BenchmarkAuthenticateAccessToken(b *testing.B) {
	h := newHouse(b)
	_, token := h.grant(b, time.Time{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Authenticate(b.Context(), "acme", token, credential.ScimToken); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthenticateEntra(b *testing.B) {
	h := newHouse(b)
	token := h.entra.Token(entratest.Provisioning(globexDirectory, time.Now()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Authenticate(b.Context(), "globex", token, credential.ScimToken); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzAuthenticate(f *testing.F) {
	h := newHouse(f)
	_, secret, err := credential.Issue(credential.ScimToken, "", time.Now(), time.Time{}, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(secret)
	f.Add("hvt_k1.AAAA.AAAA")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		if caller, err := h.Authenticate(t.Context(), "acme", token, credential.ScimToken); err == nil && token != h.token {
			t.Errorf("%q passes as %s", token, caller.Credential)
		}
	})
}
