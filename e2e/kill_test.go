package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"handover/e2e/host"
)

// TestKilledInTheMiddle kills the program while a leave is being carried out.
func TestKilledInTheMiddle(t *testing.T) {
	t.Run("on a file", func(t *testing.T) {
		b, _ := onFile(t)
		killInTheMiddle(t, start(t, b), 3000)
	})
	t.Run("on tables and a queue", func(t *testing.T) {
		killInTheMiddle(t, start(t, onAzure(t).base), 300)
	})
}

func killInTheMiddle(t *testing.T, h *host.Host, records int) {
	w := newWorld(t, h)
	// A busy machine may show the first move late, when all is done.
	for i := range 10 {
		eve := w.leaver(fmt.Sprint("eve", i), records)
		w.disable(eve)
		var moved int
		w.until("the first records move", func() bool { moved = len(journalled(w.leave(eve))); return moved > 0 }, func() any { return w.leave(eve) })
		h.Kill()
		if err := h.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.settled(eve, records)
		if moved < records {
			return
		}
	}
	t.Error("everything had moved before each of the kills: give the leavers more records")
}

// TestKilledAtAnyTime kills the program again and again while a directory
// creates users. Each request is answered by some process in the end; one whose
// first answer was lost finds its own user there.
func TestKilledAtAnyTime(t *testing.T) {
	t.Run("on a file", func(t *testing.T) {
		b, _ := onFile(t)
		killAtAnyTime(t, start(t, b))
	})
	t.Run("on tables and a queue", func(t *testing.T) {
		killAtAnyTime(t, start(t, onAzure(t).base))
	})
}

func killAtAnyTime(t *testing.T, h *host.Host) {
	w := newWorld(t, h)
	const users, kills = 60, 5
	done := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for i := range kills {
			time.Sleep(time.Duration(100+37*i) * time.Millisecond)
			for len(h.Exits()) == i { // between two programs there is none to kill
				h.Kill()
			}
		}
		close(done)
	})
	created := 0
	for i := 0; ; i++ {
		body := map[string]any{"userName": fmt.Sprintf("user-%d@acme.com", i), "active": true}
		status, answer, err := w.try("POST", w.scim("/Users"), w.token, body)
		if err != nil || status != http.StatusCreated && status != http.StatusConflict {
			t.Fatalf("user %d: %d %v %v", i, status, answer, err)
		}
		created++
		select {
		case <-done:
		default:
			continue
		}
		if created >= users {
			break
		}
	}
	killer.Wait()
	listed := w.must(200, "GET", w.scim("/Users?count=1"), w.token, nil)
	if total := listed["totalResults"]; total != float64(created) {
		t.Errorf("%v users are there, %d were answered", total, created)
	}
	if n := len(h.Exits()); n != kills {
		t.Errorf("%d processes ended, wanted %d", n, kills)
	}
}

// TestExitIsNeverZero ends the program in the polite ways, too.
func TestExitIsNeverZero(t *testing.T) {
	b, _ := onFile(t)
	t.Run("asked to stop", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Log("Windows has no signal to ask with")
			return
		}
		h := start(t, b)
		if err := h.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := h.Await(t.Context()); err != nil {
			t.Error(err)
		}
		if exits := h.Exits(); len(exits) != 1 || exits[0] <= 0 {
			t.Errorf("the program ended with %v", exits)
		}
	})
	t.Run("settings are wrong", func(t *testing.T) {
		root, err := appRoot()
		if err != nil {
			t.Fatal(err)
		}
		b.settings["FUNCTIONS_WORKER_RUNTIME"], b.settings["HANDOVER_OPERATOR_KEY"] = "custom", "short"
		if h, err := host.Start(t.Context(), host.Options{Root: root, Settings: b.settings}); err == nil {
			t.Error("the program starts with a key that is too short", h.Close())
		}
	})
}
