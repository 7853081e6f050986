package entra_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/entra"
	"handover/handler/adapter/entra/entratest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	acme    = "aaaaaaaa-0000-4000-8000-00000000000a"
	globex  = "99999999-0000-4000-8000-000000000009"
	app     = "bbbbbbbb-0000-4000-8000-00000000000b"
	subject = "cccccccc-0000-4000-8000-00000000000c"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func verifier(t testing.TB, p *entratest.Provider, cloud string, now func() time.Time) *entra.Verifier {
	t.Helper()
	c, err := entra.CloudOf(cloud)
	if err != nil {
		t.Fatal(err)
	}
	return entra.New(entra.Config{Cloud: c, Transport: p, Now: now})
}

func atNoon() time.Time { return noon }

var (
	provisioning = directory.EntraExpectation{Use: directory.ForProvisioning, TenantID: acme}
	federation   = directory.EntraExpectation{Use: directory.ForFederation, TenantID: acme, AppIDs: []string{globex, app}}
	operation    = directory.EntraExpectation{Use: directory.ForOperation, TenantID: acme, AppIDs: []string{app}}
)

func TestWhatEntraSigns(t *testing.T) {
	p := entratest.New(t)
	assertion := entratest.Assertion(acme, app, subject, noon)
	operator := entratest.Operator(acme, app, "Handover.Operator", noon)
	tests := []struct {
		name, cloud string
		claims      entratest.Claims
		expect      directory.EntraExpectation
		want        directory.EntraClaims
		keys        string
	}{
		{
			"provisioning", "public", entratest.Provisioning(acme, noon), provisioning,
			directory.EntraClaims{Subject: "5e5e5e5e-0000-4000-8000-00000000005e", ObjectID: "5e5e5e5e-0000-4000-8000-00000000005e", AppID: "00000014-0000-0000-c000-000000000000"},
			"https://login.microsoftonline.com/" + acme + "/discovery/keys",
		},
		{
			"provisioning for the US Government", "usgovernment",
			entratest.Provisioning(acme, noon).With("aud", "4602d0b4-76bb-404b-bca9-2652e1a39c6d"), provisioning,
			directory.EntraClaims{Subject: "5e5e5e5e-0000-4000-8000-00000000005e", ObjectID: "5e5e5e5e-0000-4000-8000-00000000005e", AppID: "00000014-0000-0000-c000-000000000000"},
			"https://login.microsoftonline.us/" + acme + "/discovery/keys",
		},
		{
			"provisioning in China", "china",
			entratest.Provisioning(acme, noon).With("aud", "5a532e38-1581-4918-9658-008dc27c1d68").With("iss", "https://sts.chinacloudapi.cn/"+acme+"/"), provisioning,
			directory.EntraClaims{Subject: "5e5e5e5e-0000-4000-8000-00000000005e", ObjectID: "5e5e5e5e-0000-4000-8000-00000000005e", AppID: "00000014-0000-0000-c000-000000000000"},
			"https://login.chinacloudapi.cn/" + acme + "/discovery/keys",
		},
		{
			"an assertion", "public", assertion, federation,
			directory.EntraClaims{Subject: subject, ObjectID: "d2f8ee76-c549-45b8-a143-f5b640669704", AppID: app},
			"https://login.microsoftonline.com/" + acme + "/discovery/v2.0/keys",
		},
		{
			"an operator", "public", operator, operation,
			directory.EntraClaims{Subject: "pairwise", ObjectID: "0b0b0b0b-0000-4000-8000-00000000000b", AppID: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", Roles: []string{"Handover.Operator"}},
			"https://login.microsoftonline.com/" + acme + "/discovery/v2.0/keys",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p.Fetched()
			got, err := verifier(t, p, test.cloud, atNoon).VerifyEntra(t.Context(), p.Token(test.claims), test.expect)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{test.keys}, p.Fetched()); diff != "" {
				t.Errorf("keys come from (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVariantsThatAreTolerated(t *testing.T) {
	p := entratest.New(t)
	v := verifier(t, p, "", atNoon)
	assertion := entratest.Assertion(acme, app, subject, noon)
	operator := entratest.Operator(acme, app, "Handover.Reader", noon)
	const base = "https://login.microsoftonline.com/" + acme
	tests := []struct {
		name   string
		claims entratest.Claims
		expect directory.EntraExpectation
	}{
		{"an audience with the default scope", assertion.With("aud", "api://"+app+"/.default"), federation},
		{"an audience that is the plain id", assertion.With("aud", app), federation},
		{"an audience in a list", assertion.With("aud", []string{"api://" + app}), federation},
		{"the other of two applications", assertion.With("aud", globex), federation},
		{"an issuer without the version", assertion.With("iss", base), federation},
		{"an issuer without the version, with a slash", assertion.With("iss", base+"/"), federation},
		{"an operator's version 1.0 token", operator.With("iss", "https://sts.windows.net/"+acme+"/").With("aud", "api://"+app), operation},
		{"a clock that is five minutes behind", assertion.With("nbf", noon.Add(5*time.Minute).Unix()), federation},
		{"no time to begin", assertion.With("nbf", nil), federation},
		{"claims that nobody knows", assertion.With("uti", "x").With("rh", []string{"y"}).With("xms_tcdt", 1), federation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := v.VerifyEntra(t.Context(), p.Token(test.claims), test.expect); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestClaimsThatAreRefused(t *testing.T) {
	p := entratest.New(t)
	v := verifier(t, p, "public", atNoon)
	good := entratest.Provisioning(acme, noon)
	assertion := entratest.Assertion(acme, app, subject, noon)
	tests := []struct {
		name   string
		claims entratest.Claims
		expect directory.EntraExpectation
	}{
		{"another directory's", entratest.Provisioning(globex, noon), provisioning},
		{"another directory's issuer", good.With("iss", "https://sts.windows.net/"+globex+"/"), provisioning},
		{"another directory's id under our issuer", good.With("tid", globex), provisioning},
		{"no directory", good.With("tid", nil), provisioning},
		{"no issuer", good.With("iss", nil), provisioning},
		{"an issuer without its slash", good.With("iss", "https://sts.windows.net/"+acme), provisioning},
		{"an issuer with more behind it", good.With("iss", "https://sts.windows.net/"+acme+"/x"), provisioning},
		{"a number for an issuer", good.With("iss", 1), provisioning},
		{"an issuer of another kind", good.With("iss", "https://login.microsoftonline.com/"+acme+"/v2.0"), provisioning},
		{"the audience of another cloud", good.With("aud", "4602d0b4-76bb-404b-bca9-2652e1a39c6d"), provisioning},
		{"the audience of another service", good.With("aud", "https://graph.microsoft.com"), provisioning},
		{"no audience", good.With("aud", nil), provisioning},
		{"an empty list of audiences", good.With("aud", []string{}), provisioning},
		{"a number for an audience", good.With("aud", 1), provisioning},
		{"expired", good.With("exp", noon.Add(-time.Second).Unix()), provisioning},
		{"no end", good.With("exp", nil), provisioning},
		{"an end that is null", good.With("exp", json.RawMessage("null")), provisioning},
		{"an end in words", good.With("exp", "never"), provisioning},
		{"not yet", good.With("nbf", noon.Add(6*time.Minute).Unix()), provisioning},
		{"a subject that is a list", good.With("sub", []string{"x"}), provisioning},
		{"roles that are no list", good.With("roles", "Handover.Operator"), provisioning},
		{"an assertion in the place of a provisioning token", assertion, provisioning},
		{"a provisioning token in the place of an assertion", good, federation},
		{"an assertion for another application", assertion.With("aud", "api://"+subject), federation},
		{"an audience with another scope", assertion.With("aud", "api://"+app+"/admin"), federation},
		{"an assertion where none is expected", assertion, directory.EntraExpectation{Use: directory.ForFederation, TenantID: acme}},
		{"a template token for operators", entratest.Provisioning(acme, noon), operation},
		{"no expectation at all", good.With("iss", "https://sts.windows.net//").With("tid", ""), directory.EntraExpectation{}},
		{"an expectation that is no GUID", good.With("iss", "https://sts.windows.net/common/").With("tid", "common"), directory.EntraExpectation{TenantID: "common"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := v.VerifyEntra(t.Context(), p.Token(test.claims), test.expect); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// TestForgeries are tokens that say what they should and were not signed as they
// should.
func TestForgeries(t *testing.T) {
	p, thief := entratest.New(t), entratest.New(t)
	v := verifier(t, p, "public", atNoon)
	claims := marshal(t, entratest.Provisioning(acme, noon))
	good := p.Token(entratest.Provisioning(acme, noon))
	if _, err := v.VerifyEntra(t.Context(), good, provisioning); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	own := marshal(t, jwk(thief))
	const header = `{"alg":"RS256","kid":"first"}`
	signed := func(header, claims string) string { return p.Sign(entratest.FirstKey, header, claims) }
	stolen := func(header string) string { return thief.Sign(entratest.FirstKey, header, claims) }
	tests := []struct{ name, token string }{
		{"nothing", ""},
		{"two dots", ".."},
		{"no signature", parts[0] + "." + parts[1] + "."},
		{"no third part", parts[0] + "." + parts[1]},
		{"a fourth part", good + "." + parts[2]},
		{"algorithm none", encode(`{"alg":"none","kid":"first"}`) + "." + parts[1] + "."},
		{"algorithm None, with a signature", encode(`{"alg":"None","kid":"first"}`) + "." + parts[1] + "." + parts[2]},
		{"HS256 with the public key in PEM", hs256(t, p, claims, true)},
		{"HS256 with the public key in DER", hs256(t, p, claims, false)},
		{"no algorithm", signed(`{"kid":"first"}`, claims)},
		{"the algorithm in small letters", signed(`{"alg":"rs256","kid":"first"}`, claims)},
		{"algorithm RS512", signed(`{"alg":"RS512","kid":"first"}`, claims)},
		{"algorithm PS256", signed(`{"alg":"PS256","kid":"first"}`, claims)},
		{"an algorithm that is a list", signed(`{"alg":["RS256"],"kid":"first"}`, claims)},
		{"two algorithms", signed(`{"alg":"none","alg":"RS256","kid":"first"}`, claims)},
		{"critical extensions", signed(`{"alg":"RS256","kid":"first","crit":["exp"],"exp":1}`, claims)},
		{"no key id", signed(`{"alg":"RS256"}`, claims)},
		{"an empty key id", signed(`{"alg":"RS256","kid":""}`, claims)},
		{"a key id that is a number", signed(`{"alg":"RS256","kid":1}`, claims)},
		{"a key id that is a path", signed(`{"alg":"RS256","kid":"../../first"}`, claims)},
		{"somebody else's key under our key's id", stolen(header)},
		{"somebody else's key in jwk", stolen(`{"alg":"RS256","kid":"first","jwk":` + own + `}`)},
		{"somebody else's key behind jku", stolen(`{"alg":"RS256","kid":"first","jku":"https://thief.example/keys"}`)},
		{"somebody else's key behind x5u", stolen(`{"alg":"RS256","kid":"first","x5u":"https://thief.example/cert"}`)},
		{"somebody else's key id and jwk", stolen(`{"alg":"RS256","kid":"thief","jwk":` + own + `}`)},
		{"other claims under the signature", parts[0] + "." + encode(strings.Replace(claims, "sub", "bus", 1)) + "." + parts[2]},
		{"another header over the signature", encode(header) + "." + parts[1] + "." + parts[2]},
		{"half a signature", good[:len(good)-100]},
		{"a claim twice", signed(header, strings.Replace(claims, `{`, `{"tid":"`+globex+`",`, 1))},
		{"a claim twice in another letter case", signed(header, strings.Replace(claims, `{`, `{"ISS":"x",`, 1))},
		{"a claim twice with a long s", signed(header, strings.Replace(claims, `{`, `{"iſs":"x",`, 1))},
		{"claims that are a list", signed(header, `[`+claims+`]`)},
		{"claims that are null", signed(header, `null`)},
		{"two objects of claims", signed(header, claims+claims)},
		{"claims that are cut off", signed(header, claims[:len(claims)-1])},
		{"padding", parts[0] + "=." + parts[1] + "." + parts[2]},
		{"a line break", parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2]},
		{"a line break in the signature", good[:len(good)-4] + "\n" + good[len(good)-4:]},
		{"spare bits in the signature", good[:len(good)-1] + spare(good[len(good)-1])},
		{"a blank in front", " " + good},
		{"JSON serialization", `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`},
		{"very long", signed(header, strings.Replace(claims, `{`, `{"x":"`+strings.Repeat("x", 16<<10)+`",`, 1))},
	}
	thief.Fetched()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := v.VerifyEntra(t.Context(), test.token, provisioning); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("error is %v", err)
			}
		})
	}
	for _, address := range append(p.Fetched(), thief.Fetched()...) {
		if !strings.HasPrefix(address, "https://login.microsoftonline.com/"+acme+"/") {
			t.Errorf("a token made us ask %s", address)
		}
	}
	if _, err := v.VerifyEntra(t.Context(), p.Sign(entratest.FirstKey, strings.Replace(header, "{", `{"jwk":`+own+`,`, 1), claims), provisioning); err != nil {
		t.Errorf("a key in the header is not ignored: %v", err)
	}
}

func TestAWrongCloudIsNamed(t *testing.T) {
	if _, err := entra.CloudOf("germany"); !fault.Is(err, fault.SettingsInvalid) {
		t.Errorf("error is %v", err)
	}
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func jwk(p *entratest.Provider) map[string]string {
	public := p.Public(entratest.FirstKey)
	return map[string]string{"kty": "RSA", "kid": "first", "n": encode(string(public.N.Bytes())), "e": "AQAB"}
}

// spare is the base64url character that means the same where two or four of its
// bits are not used.
func spare(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)^1])
}

// hs256 is the oldest trick: an HMAC whose secret is the public key.
func hs256(t *testing.T, p *entratest.Provider, claims string, armoured bool) string {
	t.Helper()
	secret, err := x509.MarshalPKIXPublicKey(p.Public(entratest.FirstKey))
	if err != nil {
		t.Fatal(err)
	}
	if armoured {
		secret = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: secret})
	}
	signed := encode(`{"alg":"HS256","kid":"first"}`) + "." + encode(claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + encode(string(mac.Sum(nil)))
}

func FuzzVerifyEntra(f *testing.F) {
	p := entratest.New(f)
	v := verifier(f, p, "public", atNoon)
	good := p.Token(entratest.Provisioning(acme, noon))
	f.Add(good)
	f.Add(encode(`{"alg":"RS256","kid":"first"}`) + "." + encode(`{"iss":1}`) + ".AA")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := v.VerifyEntra(t.Context(), token, provisioning); err == nil && token != good {
			t.Errorf("%q passes", token)
		}
	})
}

func BenchmarkVerifyEntra(b *testing.B) {
	p := entratest.New(b)
	v := verifier(b, p, "public", atNoon)
	token := p.Token(entratest.Provisioning(acme, noon))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.VerifyEntra(b.Context(), token, provisioning); err != nil {
			b.Fatal(err)
		}
	}
}
