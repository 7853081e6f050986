package entra_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/adapter/entra"
	"handover/handler/adapter/entra/entratest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// door is a verifier at the clock of a bubble, and the Entra behind it.
type door struct {
	*entratest.Provider
	verifier *entra.Verifier
}

func newDoor(t *testing.T) *door {
	p := entratest.New(t)
	return &door{p, verifier(t, p, "public", time.Now)}
}

// show is the fault code of a token signed with a key; empty if it passes.
func (d *door) show(t *testing.T, key string) fault.Code {
	t.Helper()
	_, err := d.verifier.VerifyEntra(t.Context(), d.TokenBy(key, entratest.Provisioning(acme, time.Now())), provisioning)
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func (d *door) want(t *testing.T, key string, code fault.Code, fetches int) {
	t.Helper()
	if got := d.show(t, key); got != code {
		t.Errorf("key %s: %q, want %q", key, got, code)
	}
	synctest.Wait()
	if fetched := d.Fetched(); len(fetched) != fetches {
		t.Errorf("key %s: %d fetches, want %d", key, len(fetched), fetches)
	}
}

func TestAnUnknownKeyRefetchesOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.want(t, "first", "", 1)
		d.want(t, "first", "", 0)
		d.AddKey("second")
		d.want(t, "second", fault.Unauthorized, 0)
		time.Sleep(time.Minute - time.Second)
		d.want(t, "second", fault.Unauthorized, 0)
		time.Sleep(time.Second)
		d.want(t, "second", "", 1)
		d.want(t, "first", "", 0)
		d.AddKey("unlisted")
		d.List("first", "second")
		for range 5 {
			time.Sleep(time.Minute)
			d.want(t, "unlisted", fault.Unauthorized, 1)
			d.want(t, "unlisted", fault.Unauthorized, 0)
		}
	})
}

func TestOneFetchForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.Delay(time.Second)
		var waiters sync.WaitGroup
		for range 20 {
			waiters.Go(func() {
				if code := d.show(t, "first"); code != "" {
					t.Errorf("refused: %s", code)
				}
			})
		}
		waiters.Wait()
		if fetched := d.Fetched(); len(fetched) != 1 {
			t.Errorf("%d fetches", len(fetched))
		}
	})
}

func TestKeysOutliveAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.want(t, "first", "", 1)
		d.Down(true)
		time.Sleep(100 * time.Hour)
		d.want(t, "first", "", 1)
		d.want(t, "first", "", 0)
		d.AddKey("second")
		d.want(t, "second", fault.Unavailable, 0)
		time.Sleep(time.Minute)
		d.want(t, "second", fault.Unavailable, 1)
		d.Down(false)
		time.Sleep(time.Minute)
		d.want(t, "second", "", 1)
		d.want(t, "first", "", 0)
	})
}

func TestAWithdrawnKeyGoesWithinADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.want(t, "first", "", 1)
		d.AddKey("second")
		d.List("second")
		time.Sleep(24*time.Hour - time.Second)
		d.want(t, "first", "", 0)
		time.Sleep(time.Second)
		d.want(t, "first", "", 1) // nobody waits for the fetch that finds it gone
		d.want(t, "first", fault.Unauthorized, 0)
		d.want(t, "second", "", 0)
	})
}

func TestAnAnswerThatIsNoKeySetChangesNothing(t *testing.T) {
	modulus := strings.Repeat("A", 341) + "B"
	tests := []struct{ name, content string }{
		{"a page", "<html>sign in</html>"},
		{"no keys", `{"keys":[]}`},
		{"nothing", ``},
		{"null", `null`},
		{"a key of another kind", `{"keys":[{"kty":"EC","kid":"first","crv":"P-256","x":"AA","y":"AA"}]}`},
		{"a key to encrypt", `{"keys":[{"kty":"RSA","use":"enc","kid":"first","n":"` + modulus + `","e":"AQAB"}]}`},
		{"a key without id", `{"keys":[{"kty":"RSA","n":"` + modulus + `","e":"AQAB"}]}`},
		{"a short key", `{"keys":[{"kty":"RSA","kid":"first","n":"AQAB","e":"AQAB"}]}`},
		{"an exponent of one", `{"keys":[{"kty":"RSA","kid":"first","n":"` + modulus + `","e":"AQ"}]}`},
		{"too much", `{"keys":[` + strings.Repeat(" ", 256<<10) + `]}`},
	}
	p := entratest.New(t)
	p.AddKey("second")
	p.List("first")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p.Answer(nil)
				d := &door{p, verifier(t, p, "public", time.Now)}
				d.want(t, "first", "", 1)
				d.Answer([]byte(test.content))
				time.Sleep(time.Minute)
				d.want(t, "second", fault.Unavailable, 1)
				d.want(t, "first", "", 0)
			})
		})
	}
}

func TestASlowEntraIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		d.Delay(time.Hour)
		began := time.Now()
		if code := d.show(t, "first"); code != fault.Unavailable {
			t.Errorf("code is %q", code)
		}
		if waited := time.Since(began); waited > 6*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestKeysOfManyDirectoriesAreBounded(t *testing.T) {
	const directories = 4200
	p := entratest.New(t)
	v := verifier(t, p, "public", atNoon)
	show := func() (fetches int) {
		for i := range directories {
			expect := directory.EntraExpectation{Use: directory.ForProvisioning, TenantID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)}
			claims := marshal(t, entratest.Provisioning(expect.TenantID, noon))
			if _, err := v.VerifyEntra(t.Context(), encode(`{"alg":"RS256","kid":"unknown"}`)+"."+encode(claims)+".AA", expect); !fault.Is(err, fault.Unauthorized) {
				t.Fatal(err)
			}
		}
		return len(p.Fetched())
	}
	if first := show(); first != directories {
		t.Errorf("%d fetches for %d directories", first, directories)
	}
	if again := show(); again == 0 {
		t.Errorf("the keys of all %d directories were kept", directories)
	}
}
