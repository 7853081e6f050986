package access_test

import (
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/access"
)

// admitted is how many of 60 requests pass at once.
func admitted(t *testing.T, gate *access.Gate, tenant, token string) (n int) {
	t.Helper()
	for range 60 {
		switch _, err := gate.Admit(t.Context(), tenant, token, credential.ScimToken); {
		case err == nil:
			n++
		case fault.Is(err, fault.Unauthorized):
		case !fault.Is(err, fault.RateLimited):
			t.Fatal(err)
		case fault.Of(err).RetryAfter <= 0 || fault.Of(err).RetryAfter > time.Second:
			t.Errorf("wait %v", fault.Of(err).RetryAfter)
		}
	}
	return n
}

// TestThrottle lets a tenant's directory have its burst and then its rate, and
// wants nobody else to gain or lose by it.
func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		d.tenants.settings["globex"] = directory.Tenant{ID: "globex"}
		_, other := d.issue(t, "globex", credential.ScimToken, time.Time{})
		gate := access.New(access.Config{Tenants: d.tenants, Now: time.Now, Rate: access.Rate{PerSecond: 25, Burst: 30}})
		for _, step := range []struct {
			name, tenant, token string
			after               time.Duration
			want                int
		}{
			{"a stranger", "acme", other, 0, 0},
			{"the burst, which the stranger left whole", "acme", d.token, 0, 30},
			{"nothing more at once", "acme", d.token, 0, 0},
			{"another tenant", "globex", other, 0, 30},
			{"a second later", "acme", d.token, time.Second, 25},
			{"after a pause", "acme", d.token, time.Hour, 30},
		} {
			time.Sleep(step.after)
			if got := admitted(t, gate, step.tenant, step.token); got != step.want {
				t.Errorf("%s: %d admitted, want %d", step.name, got, step.want)
			}
		}
		if got := admitted(t, d.Gate, "acme", d.token); got != 60 {
			t.Errorf("without a rate %d were admitted, want all 60", got)
		}
	})
}
