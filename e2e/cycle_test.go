package e2e_test

import (
	"testing"
	"time"

	"handover/e2e/host"
	"handover/handler/play"
)

// TestCycle is the demo behind the Functions host: a directory's whole cycle,
// records, leavers, and where the records went.
func TestCycle(t *testing.T) {
	t.Run("on a file", func(t *testing.T) {
		b, _ := onFile(t)
		playCycle(t, start(t, unhurried(b)))
	})
	t.Run("on tables and a queue", func(t *testing.T) {
		playCycle(t, start(t, unhurried(onAzure(t).base)))
	})
}

func playCycle(t *testing.T, h *host.Host) {
	w := newWorld(t, h)
	// She is there first: whoever is soft deleted in the cycle, and comes back,
	// would have nobody to leave to in between.
	w.ann = w.user("ann")
	cycle, err := play.NewCycle(play.Target{URL: h.URL() + w.scim(""), Token: w.token}, play.Options{
		Users: 30, Groups: 4, Leavers: 3, Seed: 1, Domain: "acme.com", KeepEveryone: true, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for _, part := range []func() error{
		func() error { return cycle.Connect(ctx) }, func() error { return cycle.Initial(ctx) }, func() error { return cycle.Incremental(ctx) },
	} {
		if err := part(); err != nil {
			t.Fatal(err)
		}
	}
	people := cycle.People()
	for n, i := range cycle.Leavers() {
		for r := range 7 {
			w.must(200, "PUT", w.app("/records/quote/"+string(rune('a'+n))+string(rune('0'+r))), w.appKey,
				map[string]any{"owner": people[i].ID, "title": "a quote", "status": "open"})
		}
	}
	if err := cycle.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	for _, p := range cycle.Report().Phases {
		if p.Wrong > 0 {
			t.Errorf("phase %q: %d of %d answers were wrong, first %s", p.Name, p.Wrong, p.Requests, p.Faults[0])
		}
	}
	for _, i := range cycle.Leavers() {
		w.settled(people[i].ID, 7)
	}
	if got := w.owned(w.ann); got != 21 {
		t.Errorf("the Master Admin has %d records, wanted 21", got)
	}
	for _, line := range h.Lines() {
		if line.Severity != host.Information {
			t.Errorf("on a good day the log says %s: %s", line.Severity, line.Text)
		}
	}
}
