package access_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/access"
)

// TestUseIsWrittenOnceAMinute shows a token every ten seconds for two minutes.
func TestUseIsWrittenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newTenants()
		c, text := issued(t, credential.ScimToken)
		f.settings["acme"], f.credentials["acme/"+c.ID] = directory.Tenant{ID: "acme"}, c
		gate := access.New(access.Config{Tenants: f, Now: time.Now})
		for range 12 {
			if _, err := gate.Authenticate(t.Context(), "acme", text, credential.ScimToken); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{c.ID, c.ID}, f.used); diff != "" {
			t.Errorf("uses (-want +got):\n%s", diff)
		}
	})
}

func TestAnotherProcessHasWrittenTheUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newTenants()
		c, text := issued(t, credential.AppKey)
		c.LastUsed = time.Now().Add(-59 * time.Second)
		f.settings["acme"], f.credentials["acme/"+c.ID] = directory.Tenant{ID: "acme"}, c
		gate := access.New(access.Config{Tenants: f, Now: time.Now})
		if _, err := gate.Authenticate(t.Context(), "acme", text, credential.AppKey); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(f.used) != 0 {
			t.Errorf("written again: %v", f.used)
		}
	})
}

func TestClosedTenants(t *testing.T) {
	for name, settings := range map[string]directory.Tenant{
		"the tenant acme is suspended; its operator can resume it": {ID: "acme", Suspended: true},
		"the tenant acme is being deleted":                         {ID: "acme", Suspended: true, Deleting: time.Now()},
	} {
		for _, kind := range []credential.Kind{credential.ScimToken, credential.AppKey} {
			f := newTenants()
			c, text := issued(t, kind)
			f.settings["acme"], f.credentials["acme/"+c.ID] = settings, c
			gate := access.New(access.Config{Tenants: f, Now: time.Now})
			_, err := gate.Authenticate(t.Context(), "acme", text, kind)
			if !fault.Is(err, fault.TenantClosed) || fault.Of(err).Message != name {
				t.Errorf("%s: %v, want %s", kind, err, name)
			}
			if _, err := gate.Authenticate(t.Context(), "acme", text+"x", kind); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("%s: a stranger learns of it: %v", kind, err)
			}
		}
	}
}

func issued(t *testing.T, kind credential.Kind) (credential.Credential, string) {
	t.Helper()
	c, text, err := credential.Issue(kind, "", time.Now(), time.Time{}, randomness{})
	if err != nil {
		t.Fatal(err)
	}
	return c, text
}

type randomness struct{}

func (randomness) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
	}
	return len(p), nil
}
