package history_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/rule/history"
)

// book takes what is written.
type book struct {
	mu    sync.Mutex
	lines map[string][]directory.Activity
	// slow is how long each line takes; err is what becomes of it.
	slow time.Duration
	err  error
}

func (b *book) note(_ context.Context, tenant string, line directory.Activity) error {
	b.mu.Lock()
	slow := b.slow
	b.mu.Unlock()
	time.Sleep(slow)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lines == nil {
		b.lines = map[string][]directory.Activity{}
	}
	b.lines[tenant] = append(b.lines[tenant], line)
	return b.err
}

// told is how many lines a tenant has, and how many they say were left out.
func (b *book) told(tenant string) (lines, leftOut int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines[tenant] {
		leftOut += l.LeftOut
	}
	return len(b.lines[tenant]), leftOut
}

func inBubble(t *testing.T, b *book, test func(t *testing.T, r *history.Refusals)) (failures int64) {
	t.Helper()
	var told atomic.Int64 // by several at once
	synctest.Test(t, func(t *testing.T) {
		r := history.NewRefusals(b.note, time.Now, func(error) { told.Add(1) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		test(t, r)
		stop()
		<-ended
	})
	return told.Load()
}

func refuse(r *history.Refusals, tenant string, n int) {
	for range n {
		r.Refused(tenant, directory.Activity{Kind: directory.UserRefused})
	}
}

// TestStormIsCounted wants at most ten lines a second of a tenant, and not one
// refusal that is neither written nor counted.
func TestStormIsCounted(t *testing.T) {
	b := &book{}
	inBubble(t, b, func(t *testing.T, r *history.Refusals) {
		refuse(r, "acme", 500)
		refuse(r, "globex", 3)
		synctest.Wait()
		if lines, _ := b.told("acme"); lines != 10 {
			t.Errorf("%d lines at once, want 10", lines)
		}
		if lines, left := b.told("globex"); lines != 3 || left != 0 {
			t.Errorf("the other tenant has %d lines and %d left out, want 3 and 0", lines, left)
		}
		time.Sleep(1500 * time.Millisecond)
		if lines, left := b.told("acme"); lines != 11 || left != 489 {
			t.Errorf("a second after the storm: %d lines, %d left out; want 11 and 489", lines, left)
		}
	})
}

// TestBacklogIsBounded lets the storage hang: nobody waits, and what finds no
// place is counted and told of once it works again.
func TestBacklogIsBounded(t *testing.T) {
	b := &book{slow: time.Hour}
	inBubble(t, b, func(t *testing.T, r *history.Refusals) {
		began := time.Now()
		tenants := make([]string, 0, 200)
		for i := range cap(tenants) {
			tenants = append(tenants, "t-"+string(rune('a'+i%26))+string(rune('a'+i/26)))
			refuse(r, tenants[i], 10)
		}
		if time.Since(began) != 0 {
			t.Error("a request waited")
		}
		synctest.Wait()
		b.mu.Lock()
		b.slow = 0
		b.mu.Unlock()
		time.Sleep(3 * time.Hour)
		whole := 0
		for _, tenant := range tenants {
			lines, left := b.told(tenant)
			whole += lines + left
		}
		if whole != 2000 {
			t.Errorf("%d refusals are written or counted, want all 2000", whole)
		}
	})
}

func TestFailuresAreTold(t *testing.T) {
	b := &book{err: errors.New("away")}
	if failures := inBubble(t, b, func(_ *testing.T, r *history.Refusals) {
		refuse(r, "acme", 2)
		synctest.Wait()
	}); failures != 2 {
		t.Errorf("%d failures were told, want 2", failures)
	}
	if diff := cmp.Diff(2, len(b.lines["acme"])); diff != "" {
		t.Error(diff)
	}
}
