package credential_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/core/credential"
	"handover/handler/core/fault"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	oldKey = "old:" + strings.Repeat("0a", 32)
	newKey = "new:" + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("n", 33)))
)

func ring(t testing.TB, keys ...string) *credential.Keyring {
	t.Helper()
	r, err := credential.ParseKeyring(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseKeyringRefuses(t *testing.T) {
	const secret = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	tests := []struct{ name, list, want string }{
		{"nothing", "", "key 1 of the list of keys cannot be used: it must be written as id:secret, with commas between keys"},
		{"a secret alone", secret, "key 1 of the list of keys cannot be used: it must be written as id:secret, with commas between keys"},
		{"a comma too many", "a:" + secret + ",", "key 2 of the list of keys cannot be used: it must be written as id:secret, with commas between keys"},
		{"no id", ":" + secret, `key 1 of the list of keys cannot be used: its id must be 1 to 32 letters, digits, "-" and "_"`},
		{"an id with a dot", "a.b:" + secret, `key 1 of the list of keys cannot be used: its id must be 1 to 32 letters, digits, "-" and "_"`},
		{"an id twice", "a:" + secret + ",a:" + secret, `key 2 of the list of keys cannot be used: the id "a" is given twice`},
		{"no secret", "a:", "key 1 of the list of keys cannot be used: its secret has 0 bytes and must have at least 32; openssl rand -hex 32 makes one"},
		{"a short secret", "a:" + secret[2:], "key 1 of the list of keys cannot be used: its secret has 31 bytes and must have at least 32; openssl rand -hex 32 makes one"},
		{"a secret that is neither", "a:" + secret + "!", "key 1 of the list of keys cannot be used: its secret must be hex or base64url; openssl rand -hex 32 makes one"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := credential.ParseKeyring(test.list)
			if !fault.Is(err, fault.SettingsInvalid) || fault.Of(err).Message != test.want {
				t.Errorf("error is %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), secret[:16]) {
				t.Errorf("the sentence tells the secret: %v", err)
			}
		})
	}
}

// TestRotation is the procedure of docs/security-tokens.md: a key is added
// behind, moved to the front, and the old one taken away.
func TestRotation(t *testing.T) {
	before, added := ring(t, oldKey), ring(t, oldKey, newKey)
	moved, after := ring(t, newKey, oldKey), ring(t, newKey)
	tests := []struct {
		name            string
		signs, verifies *credential.Keyring
		want            bool
	}{
		{"a process that has the new key takes what one without it signs", before, added, true},
		{"a process without the new key takes what one with it signs", added, before, true},
		{"the new key signs, one that has not moved it yet verifies", moved, added, true},
		{"the old key has signed, the new one signs now", added, moved, true},
		{"the old key is gone", added, after, false},
		{"the new key stays", moved, after, true},
		{"moved to the front too early", moved, before, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			token, err := test.signs.SignAccess("acme", credential.Access{Behind: "0011223344556677", Issued: noon}, noon.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := test.verifies.VerifyAccess("acme", token, noon); ok != test.want {
				t.Errorf("accepted %v, want %v", ok, test.want)
			}
		})
	}
}

func TestAccessToken(t *testing.T) {
	r := ring(t, newKey, oldKey)
	for _, want := range []credential.Access{
		{Behind: "0011223344556677", Issued: noon},
		{Behind: "ffeeddccbbaa9988", Issued: noon, Federated: true},
	} {
		token, err := r.SignAccess("acme", want, noon.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if !credential.LooksLikeAccess(token) || strings.Trim(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") != "" {
			t.Errorf("%q is not recognisable, or not made of unreserved characters", token)
		}
		got, ok := r.VerifyAccess("acme", token, noon.Add(time.Hour-time.Second))
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("accepted %v (-want +got):\n%s", ok, diff)
		}
		if _, ok := r.VerifyAccess("acme", token, noon.Add(time.Hour)); ok {
			t.Error("the token outlives its hour")
		}
	}
	for _, behind := range []string{"", "xyz", "00112233445566", "001122334455667788"} {
		if _, err := r.SignAccess("acme", credential.Access{Behind: behind}, noon); err == nil {
			t.Errorf("a token for %q was signed", behind)
		}
	}
}

func TestForgeries(t *testing.T) {
	r := ring(t, newKey, oldKey)
	token, err := r.SignAccess("acme", credential.Access{Behind: "0011223344556677", Issued: noon}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(purpose credential.Purpose, payload string) string {
		text, err := r.Seal(purpose, "acme", []byte(payload), noon.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return "hvt_" + text
	}
	parts := strings.Split(strings.TrimPrefix(token, "hvt_"), ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	body[len(body)-9] ^= 1
	another := base64.RawURLEncoding.EncodeToString(body)
	tests := []struct{ name, tenant, token string }{
		{"another tenant's", "globex", token},
		{"nothing", "acme", ""},
		{"the prefix alone", "acme", "hvt_"},
		{"without its prefix", "acme", strings.TrimPrefix(token, "hvt_")},
		{"a cursor as a token", "acme", sealed(credential.ForCursors, strings.Repeat("\x00", 17))},
		{"a payload that is too short", "acme", sealed(credential.ForAccessTokens, strings.Repeat("\x00", 16))},
		{"a payload that is too long", "acme", sealed(credential.ForAccessTokens, strings.Repeat("\x00", 18))},
		{"a way of getting it that there is not", "acme", sealed(credential.ForAccessTokens, "\x02"+strings.Repeat("\x00", 16))},
		{"another credential", "acme", "hvt_" + parts[0] + "." + another + "." + parts[2]},
		{"no signature", "acme", "hvt_" + parts[0] + "." + parts[1] + "."},
		{"no signature and no dot", "acme", "hvt_" + parts[0] + "." + parts[1]},
		{"half a signature", "acme", token[:len(token)-22]},
		{"a line break in the signature", "acme", token[:len(token)-4] + "\n" + token[len(token)-4:]},
		{"another key's id", "acme", "hvt_old." + parts[1] + "." + parts[2]},
		{"a key that is not ours", "acme", "hvt_x." + parts[1] + "." + parts[2]},
		{"no key", "acme", "hvt_." + parts[1] + "." + parts[2]},
		{"a JWT without signature", "acme", "hvt_eyJhbGciOiJub25lIn0.e30."},
		{"very long", "acme", token + strings.Repeat("A", 1<<20)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, ok := r.VerifyAccess(test.tenant, test.token, noon); ok {
				t.Error("accepted")
			}
		})
	}
}

func TestEveryChangedCharacterIsFound(t *testing.T) {
	r := ring(t, newKey)
	token, err := r.SignAccess("acme", credential.Access{Behind: "0011223344556677", Issued: noon}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(token) {
		for _, with := range []byte("AB.") {
			if forged := token[:i] + string(with) + token[i+1:]; forged != token {
				if _, ok := r.VerifyAccess("acme", forged, noon); ok {
					t.Errorf("%q at %d passes", with, i)
				}
			}
		}
	}
}

func TestSealedOpens(t *testing.T) {
	r := ring(t, newKey, oldKey)
	rapid.Check(t, func(t *rapid.T) {
		purpose := rapid.SampledFrom([]credential.Purpose{credential.ForCursors, credential.ForCookies, credential.ForWebhooks}).Draw(t, "purpose")
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		text, err := r.Seal(purpose, "acme", payload, noon)
		if err != nil {
			t.Fatal(err)
		}
		got, verdict := r.Open(purpose, "acme", text, noon.Add(-time.Second))
		if verdict != credential.Intact || hex.EncodeToString(got) != hex.EncodeToString(payload) {
			t.Fatalf("sealed %x, opened %x, %v", payload, got, verdict)
		}
		if got, verdict := r.Open(purpose, "acme", text, noon); verdict != credential.Expired || got != nil {
			t.Fatalf("after its time: %x, %v", got, verdict)
		}
		for _, other := range []struct {
			purpose credential.Purpose
			tenant  string
		}{{credential.ForAccessTokens, "acme"}, {purpose, "globex"}, {purpose + "/acme", ""}} {
			if got, verdict := r.Open(other.purpose, other.tenant, text, noon.Add(-time.Second)); verdict != credential.Forged || got != nil {
				t.Fatalf("opened for %v: %x, %v", other, got, verdict)
			}
		}
	})
}

func FuzzVerifyAccess(f *testing.F) {
	r := ring(f, newKey, oldKey)
	want := credential.Access{Behind: "0011223344556677", Issued: noon}
	token, err := r.SignAccess("acme", want, noon.Add(time.Hour))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("hvt_new.AAAA.AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := r.VerifyAccess("acme", text, noon); ok && (text != token || got != want) {
			t.Errorf("%q passes as %+v", text, got)
		}
	})
}

func FuzzParseKeyring(f *testing.F) {
	f.Add(oldKey + "," + newKey)
	f.Add("a:b,")
	f.Fuzz(func(t *testing.T, list string) {
		r, err := credential.ParseKeyring(list)
		if err != nil {
			if !fault.Is(err, fault.SettingsInvalid) {
				t.Errorf("error is %v", err)
			}
			return
		}
		token, err := r.SignAccess("acme", credential.Access{Behind: "0011223344556677"}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := r.VerifyAccess("acme", token, noon.Add(-time.Second)); !ok {
			t.Errorf("%q signs what it does not verify", list)
		}
	})
}

func BenchmarkVerifyAccess(b *testing.B) {
	r := ring(b, newKey)
	token, err := r.SignAccess("acme", credential.Access{Behind: "0011223344556677", Issued: noon}, noon.Add(time.Hour))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.VerifyAccess("acme", token, noon); !ok {
			b.Fatal("refused")
		}
	}
}
