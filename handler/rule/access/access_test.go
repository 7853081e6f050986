package access_test

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/access"
)

// door is a gate with one tenant, acme, and one token that opens it.
type door struct {
	*access.Gate
	tenants *tenants
	token   string
	id      string
}

func newDoor(t testing.TB, expires time.Time) *door {
	t.Helper()
	d := &door{tenants: newTenants()}
	d.tenants.settings["acme"] = directory.Tenant{ID: "acme"}
	d.id, d.token = d.issue(t, "acme", credential.ScimToken, expires)
	d.Gate = access.New(access.Config{Tenants: d.tenants, Now: time.Now, OperatorKeys: []string{"first key", "", "second key"}})
	return d
}

func (d *door) issue(t testing.TB, tenant string, kind credential.Kind, expires time.Time) (id, token string) {
	t.Helper()
	c, token, err := credential.Issue(kind, "test", time.Now(), expires, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d.tenants.with(func() { d.tenants.credentials[tenant+"/"+c.ID] = c })
	return c.ID, token
}

func (d *door) revoke() {
	d.tenants.with(func() { delete(d.tenants.credentials, "acme/"+d.id) })
}

func TestAuthenticate(t *testing.T) { synctest.Test(t, authenticateCounted) }

// authenticateCounted counts reads, so the clock stands still meanwhile.
func authenticateCounted(t *testing.T) {
	d := newDoor(t, time.Time{})
	d.tenants.settings["globex"] = directory.Tenant{ID: "globex"}
	d.tenants.settings["off"] = directory.Tenant{ID: "off", ScimOff: true}
	_, expired := d.issue(t, "acme", credential.ScimToken, time.Now().Add(-time.Second))
	_, appKey := d.issue(t, "acme", credential.AppKey, time.Time{})
	_, off := d.issue(t, "off", credential.ScimToken, time.Time{})
	_, offApp := d.issue(t, "off", credential.AppKey, time.Time{})
	_, orphan := d.issue(t, "gone", credential.ScimToken, time.Time{})
	_, revoked, err := credential.Issue(credential.ScimToken, "", time.Now(), time.Time{}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, tenant, token string
		kind                credential.Kind
		want                fault.Code
		reads               int
	}{
		{"the tenant's own token", "acme", d.token, credential.ScimToken, "", 2},
		{"an app key at the app API", "acme", appKey, credential.AppKey, "", 1},
		{"no token", "acme", "", credential.ScimToken, fault.Unauthorized, 0},
		{"a typing error", "acme", d.token[:len(d.token)-1] + "0", credential.ScimToken, fault.Unauthorized, 0},
		{"not a token of ours", "acme", "Bearer abc.def.ghi", credential.ScimToken, fault.Unauthorized, 0},
		{"another kind of credential", "acme", appKey, credential.ScimToken, fault.Unauthorized, 0},
		{"a tenant id that cannot be", "Acme/../x", d.token, credential.ScimToken, fault.Unauthorized, 0},
		{"expired", "acme", expired, credential.ScimToken, fault.Unauthorized, 1},
		{"revoked", "acme", revoked, credential.ScimToken, fault.Unauthorized, 1},
		{"another tenant's", "globex", d.token, credential.ScimToken, fault.Unauthorized, 2},
		{"of a tenant that is gone", "gone", orphan, credential.ScimToken, fault.Unauthorized, 2},
		{"SCIM is off", "off", off, credential.ScimToken, fault.ScimSwitchedOff, 2},
		{"SCIM is off, a stranger learns nothing", "off", d.token, credential.ScimToken, fault.Unauthorized, 1},
		{"SCIM is off, the application goes on", "off", offApp, credential.AppKey, "", 1},
	}
	sentences := map[string]bool{}
	d.tenants.took()
	for _, test := range tests {
		caller, err := d.Authenticate(t.Context(), test.tenant, test.token, test.kind)
		if f := fault.Of(err); (f == nil) != (test.want == "") || (f != nil && f.Code != test.want) {
			t.Errorf("%s: error is %v, want code %q", test.name, err, test.want)
		}
		if fault.Is(err, fault.Unauthorized) {
			sentences[err.Error()] = true
		}
		if err == nil && (caller.Tenant.ID != test.tenant || caller.Credential == "") {
			t.Errorf("%s: caller is %+v", test.name, caller)
		}
		if reads := d.tenants.took(); reads != test.reads {
			t.Errorf("%s: %d reads, want %d", test.name, reads, test.reads)
		}
	}
	if len(sentences) != 1 {
		t.Errorf("refusals differ: %v", sentences)
	}
}

func TestSnapshotIsAtMostFiveSecondsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		authenticate := func() error {
			_, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken)
			return err
		}
		if err := authenticate(); err != nil {
			t.Fatal(err)
		}
		d.tenants.took()
		d.revoke()
		time.Sleep(5*time.Second - time.Millisecond)
		if err := authenticate(); err != nil || d.tenants.took() != 0 {
			t.Errorf("within five seconds: %v", err)
		}
		time.Sleep(time.Millisecond)
		if err := authenticate(); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("after five seconds a revoked token gives %v", err)
		}
	})
}

func TestForgetWorksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); err != nil {
			t.Fatal(err)
		}
		d.tenants.with(func() { d.tenants.settings["acme"] = directory.Tenant{ID: "acme", ScimOff: true} })
		d.Forget("acme")
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); !fault.Is(err, fault.ScimSwitchedOff) {
			t.Errorf("after Forget: %v", err)
		}
	})
}

func TestForgetDuringARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		d.tenants.delay = time.Second
		var reader sync.WaitGroup
		reader.Go(func() { _, _ = d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken) })
		time.Sleep(time.Second / 2)
		d.revoke()
		d.Forget("acme")
		reader.Wait()
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("a read that began before Forget was kept: %v", err)
		}
	})
}

func TestExpiryIsCheckedOnEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Now().Add(time.Second))
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("an expired token in a fresh snapshot gives %v", err)
		}
	})
}

func TestOneReadForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		d.tenants.delay = 20 * time.Millisecond
		var waiters sync.WaitGroup
		for range 50 {
			waiters.Go(func() {
				if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); err != nil {
					t.Error(err)
				}
			})
		}
		waiters.Wait()
		if reads := d.tenants.took(); reads != 2 {
			t.Errorf("%d reads for 50 callers at once, want 2", reads)
		}
	})
}

// TestStorageThatDoesNotAnswer wants the caller to be told to come again, rather
// than that something broke.
func TestStorageThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		d.tenants.delay = time.Hour
		_, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken)
		if fault.Of(err).Code != fault.Unavailable {
			t.Errorf("said %v", err)
		}
	})
}

func TestUnknownIsRememberedBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		d.revoke()
		for range 10 {
			_, _ = d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken)
		}
		if reads := d.tenants.took(); reads != 2 {
			t.Errorf("%d reads, want 2", reads)
		}
		_, d.token = d.issue(t, "acme", credential.ScimToken, time.Time{})
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); err != nil {
			t.Errorf("a new token: %v", err)
		}
	})
}

func TestAdmitReadsBesideTheRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		admit := func() access.Admission {
			a, err := d.Admit(t.Context(), "acme", d.token, credential.ScimToken)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if !admit().Settled() {
			t.Error("the first admission is not settled: there was nothing to let anybody in on")
		}
		time.Sleep(time.Minute)
		d.revoke()
		d.tenants.delay = time.Second
		began := time.Now()
		a := admit()
		if a.Settled() || time.Since(began) != 0 {
			t.Errorf("an old snapshot was settled %v after %v", a.Settled(), time.Since(began))
		}
		if _, err := a.Confirm(t.Context()); !fault.Is(err, fault.Unauthorized) || time.Since(began) != time.Second {
			t.Errorf("Confirm says %v after %v", err, time.Since(began))
		}
	})
}

func TestStoreTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		d.tenants.failure = fault.New(fault.StorageBusy, "busy")
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); !fault.Is(err, fault.StorageBusy) {
			t.Errorf("busy storage gives %v", err)
		}
		d.tenants.failure, d.tenants.panics = nil, true
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); !fault.Is(err, fault.Internal) {
			t.Errorf("a panic gives %v", err)
		}
		d.tenants.panics = false
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); err != nil {
			t.Errorf("trouble was remembered: %v", err)
		}
		d.Forget("acme")
		d.tenants.delay = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.Authenticate(ctx, "acme", d.token, credential.ScimToken); err == nil || !strings.Contains(err.Error(), "deadline") {
			t.Errorf("a caller whose time is up gets %v", err)
		}
		time.Sleep(time.Hour)
	})
}

func TestStrangersCannotPushOutWhoIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, time.Time{})
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); err != nil {
			t.Fatal(err)
		}
		for range 10_000 {
			_, stranger, _ := credential.Issue(credential.ScimToken, "", time.Now(), time.Time{}, rand.Reader)
			_, _ = d.Authenticate(t.Context(), "acme", stranger, credential.ScimToken)
		}
		d.tenants.took()
		if _, err := d.Authenticate(t.Context(), "acme", d.token, credential.ScimToken); err != nil || d.tenants.took() != 0 {
			t.Errorf("10,000 unknown tokens pushed a known one out: %v", err)
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	d := newDoor(b, time.Time{})
	if _, err := d.Authenticate(b.Context(), "acme", d.token, credential.ScimToken); err != nil {
		b.Fatal(err)
	}
	d.tenants.took()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Authenticate(b.Context(), "acme", d.token, credential.ScimToken); err != nil {
			b.Fatal(err)
		}
	}
}
