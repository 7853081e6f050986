package access_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/fault"
	"handover/handler/rule/access"
)

// fail shows wrong tokens until it is told to wait, and returns how many were
// looked at before and for how long to wait.
func fail(d *door, ctx context.Context, tenant string) (looked int, wait time.Duration) {
	for ; looked < 1000; looked++ {
		_, err := d.Authenticate(ctx, tenant, "wrong", credential.ScimToken)
		if fault.Is(err, fault.RateLimited) {
			return looked, fault.Of(err).RetryAfter
		}
	}
	return looked, 0
}

func TestFailuresAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		stranger, entra := access.From(t.Context(), "203.0.113.7"), access.From(t.Context(), "198.51.100.1")
		if looked, wait := fail(d, stranger, "acme"); looked != 30 || wait != time.Second {
			t.Errorf("%d failures were looked at, then a wait of %v; want 30 and 1s", looked, wait)
		}
		for name, ctx := range map[string]context.Context{"from the same address": stranger, "from another": entra} {
			if _, err := d.Authenticate(ctx, "acme", d.token, credential.ScimToken); err != nil {
				t.Errorf("a correct token %s: %v", name, err)
			}
		}
		for name, err := range map[string]error{
			"another address": second(d.Authenticate(entra, "acme", "wrong", credential.ScimToken)),
			"another tenant":  second(d.Authenticate(stranger, "globex", "wrong", credential.ScimToken)),
			"an operator":     second(d.Operator(stranger, "wrong")),
		} {
			if !fault.Is(err, fault.Unauthorized) {
				t.Errorf("%s: %v", name, err)
			}
		}
		time.Sleep(time.Second)
		if looked, _ := fail(d, stranger, "acme"); looked != 1 {
			t.Errorf("%d failures were looked at after a second, want 1", looked)
		}
	})
}

func TestEveryWayToFailCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		_, stranger, err := credential.Issue(credential.OAuthClient, "", time.Now(), time.Time{}, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		shown, _ := credential.Parse(stranger)
		ways := map[string]func(context.Context) error{
			"a well-formed token": func(ctx context.Context) error {
				return second(h.Authenticate(ctx, "globex", h.token, credential.ScimToken))
			},
			"an unknown client": func(ctx context.Context) error {
				return second(h.GrantForSecret(ctx, "acme", shown.ID, stranger))
			},
			"no client": func(ctx context.Context) error { return second(h.GrantForSecret(ctx, "acme", "", "")) },
			"a wrong assertion": func(ctx context.Context) error {
				return second(h.GrantForAssertion(ctx, "acme", "", "eyJ.e30."))
			},
			"a wrong operator key":   func(ctx context.Context) error { return second(h.Operator(ctx, "wrong")) },
			"a wrong operator token": func(ctx context.Context) error { return second(h.Operator(ctx, "eyJ.e30.")) },
		}
		for name, try := range ways {
			ctx, limited := access.From(t.Context(), name), false
			for range 31 {
				limited = fault.Is(try(ctx), fault.RateLimited)
			}
			if !limited {
				t.Errorf("%s: 31 failures are not too many", name)
			}
		}
	})
}

// TestWhoFailsMostIsRemembered has more addresses fail once than are remembered:
// none of them may push out the one that fails without end.
func TestWhoFailsMostIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		worst := access.From(t.Context(), "203.0.113.7")
		fail(d, worst, "acme")
		for i := range 20_000 {
			_, _ = d.Authenticate(access.From(t.Context(), fmt.Sprint(i)), "acme", "wrong", credential.ScimToken)
		}
		if looked, _ := fail(d, worst, "acme"); looked != 0 {
			t.Errorf("it was forgotten: %d more failures were looked at", looked)
		}
	})
}
