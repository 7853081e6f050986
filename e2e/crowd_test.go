package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"handover/e2e/host"
)

const (
	crowd        = 40
	crowdRecords = 5
	// crowdPatience is what two processes may take on a machine that has much else
	// to do; a few seconds are usual.
	crowdPatience = 3 * time.Minute
)

// TestCrowdLeavesAtOnce lets many people leave at once on two apps that share
// tables and queue, as two instances in Azure do. Each leave is finished by one
// message, and each record moves once. bench/thousand is the same in large.
func TestCrowdLeavesAtOnce(t *testing.T) {
	base := onAzure(t).base
	// The times of a deployment: no claim runs out because the machine is slow.
	base.settings["AzureFunctionsJobHost__functionTimeout"] = "00:10:00"
	first, second := start(t, base), start(t, base)
	w := newWorld(t, first)
	var leavers []string
	for i := range crowd {
		leavers = append(leavers, w.leaver(fmt.Sprint("leaver", i), crowdRecords))
	}
	w.depart(leavers, []*host.Host{first, second})
	done := w.allDone(crowd)
	for _, leave := range done {
		w.checkMovedOnce(leave)
	}
	for _, id := range leavers {
		if left := w.owned(id); left != 0 {
			t.Errorf("%d records are left with %s", left, id)
		}
	}
	if got := w.owned(w.ann); got != crowd*crowdRecords {
		t.Errorf("the Master Admin has %d records, wanted %d", got, crowd*crowdRecords)
	}
	one, other := 0, 0
	w.until("each message is settled", func() bool {
		one, other = worked(t, first), worked(t, second)
		return one+other >= crowd
	}, func() any { return fmt.Sprintf("%d and %d", one, other) })
	if one == 0 || other == 0 {
		t.Errorf("the apps worked on %d and %d messages; both should have", one, other)
	}
}

// depart disables everybody, half of them on each host, all at once.
func (w *world) depart(leavers []string, hosts []*host.Host) {
	w.t.Helper()
	var requests errgroup.Group
	for i, id := range leavers {
		there := *w
		there.host = hosts[i%len(hosts)]
		requests.Go(func() error {
			status, answer, err := there.try("PATCH", there.scim("/Users/"+id), there.token, disabling)
			if err == nil && status != 200 {
				err = fmt.Errorf("PATCH: %d %v", status, answer)
			}
			return err
		})
	}
	if err := requests.Wait(); err != nil {
		w.t.Fatal(err)
	}
}

// allDone waits until as many leaves are done, and returns them.
func (w *world) allDone(leaves int) (done []map[string]any) {
	w.t.Helper()
	for deadline := time.Now().Add(crowdPatience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		_, listed, _ := w.try("GET", w.manage("/leaves?limit=500"), operator, nil)
		done = nil
		all, _ := listed["leaves"].([]any)
		for _, l := range all {
			if leave := l.(map[string]any); leave["state"] == "done" {
				done = append(done, leave)
			}
		}
		if len(done) == leaves && len(all) == leaves {
			return done
		}
	}
	w.t.Fatalf("%d of %d leaves are done after %v", len(done), leaves, crowdPatience)
	return nil
}

// checkMovedOnce wants a leave to have moved its leaver's records, each once.
func (w *world) checkMovedOnce(leave map[string]any) {
	w.t.Helper()
	shown := w.must(200, "GET", w.manage("/leaves/"+leave["id"].(string)), operator, nil)
	moved := journalled(shown)
	if len(moved) != crowdRecords {
		w.t.Errorf("the journal of %v has %d records, wanted %d", leave["user"], len(moved), crowdRecords)
	}
	for record, times := range moved {
		if times != 1 {
			w.t.Errorf("the journal has %s %d times", record, times)
		}
	}
}

// worked counts the messages that an app finished.
func worked(t *testing.T, h *host.Host) (messages int) {
	t.Helper()
	for _, i := range h.Invocations("reassign") {
		if i.Err != nil {
			t.Fatalf("message %s failed: %v", i.MessageID, i.Err)
		}
		messages++
	}
	return messages
}
