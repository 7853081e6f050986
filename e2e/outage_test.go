package e2e_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"handover/e2e/host"
	"handover/handler/adapter/azure/azuretest"
)

// slowest is how much a queue that is away may add to the answer of a
// deactivation. Nobody may wait for a message to be sent, which is given up after
// 10 s; the rest is for a busy machine, and the fastest of some is measured.
const slowest = 5 * time.Second

// TestQueueAway lets people leave while the queue answers nothing: the
// directory is answered as ever, and the sweep sends what could not be sent.
func TestQueueAway(t *testing.T) {
	a := onAzure(t)
	h := start(t, a.base)
	w := newWorld(t, h)
	warmUp := w.leaver("first", 1)
	usual := w.disable(warmUp)
	w.settled(warmUp, 1)
	leavers := []string{w.leaver("eve", 40), w.leaver("bob", 1), w.leaver("cid", 1)}
	a.bus.Pause(a.name)
	fastest := time.Hour
	for _, user := range leavers {
		fastest = min(fastest, w.disable(user))
		if user := w.must(200, "GET", w.scim("/Users/"+user), w.token, nil); user["active"] != false {
			t.Error("the leaver is still active")
		}
	}
	if fastest > usual+slowest {
		t.Errorf("deactivations were answered after %v and more; with the queue there it took %v", fastest, usual)
	}
	time.Sleep(2 * time.Second)
	for _, user := range leavers {
		if leave := w.leave(user); leave["state"] == "done" || leave["state"] == nil {
			t.Fatalf("without a queue the leave is %v", leave["state"])
		}
	}
	a.bus.Resume(a.name)
	w.settled(leavers[0], 40)
	w.settled(leavers[1], 1)
	w.settled(leavers[2], 1)
}

// TestTablesBusy lets Table Storage refuse everything while a leave is carried
// out and another begins.
func TestTablesBusy(t *testing.T) {
	a := onAzure(t)
	h := start(t, a.base)
	w := newWorld(t, h)
	eve, bob := w.leaver("eve", 300), w.leaver("bob", 1)
	w.disable(eve)
	w.until("the first records move", func() bool { return len(journalled(w.leave(eve))) > 0 }, func() any { return w.leave(eve) })
	a.tables.busy.Store(true)
	status, answer, err := w.try("PATCH", w.scim("/Users/"+bob), w.token, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []any{map[string]any{"op": "Replace", "path": "active", "value": "False"}},
	})
	if err != nil || status != 503 && status != 429 {
		t.Errorf("a deactivation without tables is answered %d %v %v", status, answer, err)
	}
	time.Sleep(3 * time.Second)
	a.tables.busy.Store(false)
	if a.tables.refused.Load() == 0 {
		t.Error("nothing asked the tables meanwhile")
	}
	w.settled(eve, 300)
	w.disable(bob)
	w.settled(bob, 1)
}

// TestSameMessageTwice delivers a leave's message many times at once, to two
// instances of the app, and under other names, so that duplicate detection does
// not help. A leave that was done before its copies came is followed by a larger
// one.
func TestSameMessageTwice(t *testing.T) {
	a := onAzure(t)
	b := unhurried(a.base)
	instances := []*host.Host{start(t, b), start(t, b)}
	w := newWorld(t, instances[0])
	send := a.sender(t)
	all, copies := 0, 0
	for records, met := 300, false; !met; records *= 2 {
		if records > 5_000 {
			t.Fatal("each leave was done before its copies came")
		}
		eve := w.leaver("eve-"+strconv.Itoa(records), records)
		w.disable(eve)
		w.until("a leave", func() bool { return w.leave(eve) != nil }, func() any { return nil })
		leave := w.leave(eve)
		for range 8 {
			send(map[string]any{"tenant": w.tenant, "leave": leave["id"], "attempt": 1})
		}
		met = w.leave(eve)["state"] != "done"
		w.settled(eve, records)
		all, copies = all+records, copies+8
	}
	invocations := func() []host.Invocation {
		return append(instances[0].Invocations("reassign"), instances[1].Invocations("reassign")...)
	}
	w.until("all copies", func() bool { return len(invocations()) > copies }, func() any { return invocations() })
	for _, i := range invocations() {
		if i.Err != nil {
			t.Errorf("%+v", i)
		}
	}
	if n := w.owned(w.ann); n != all {
		t.Errorf("the Master Admin has %d records, wanted %d", n, all)
	}
}

// sender puts messages on the queue, past the program, each under another name.
func (a azure) sender(t *testing.T) func(body map[string]any) {
	t.Helper()
	bus, err := azservicebus.NewClientFromConnectionString(a.settings["ServiceBusConnection"], nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close(context.WithoutCancel(t.Context())) })
	sender, err := bus.NewSender(a.name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sender.NewMessageBatch(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	sent := 0
	return func(body map[string]any) {
		t.Helper()
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent++
		id := "copy-" + strconv.Itoa(sent)
		if err := sender.SendMessage(t.Context(), &azservicebus.Message{MessageID: &id, Body: encoded}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDeadLetteredLeave has a leave's message fail at every delivery, because
// the tables are away for longer than its deliveries take. It ends among the
// dead letters, whose function counts a failure and has the sweep send the next.
func TestDeadLetteredLeave(t *testing.T) {
	a := onQueue(t, azuretest.Queue{MaxDeliveryCount: 2})
	h := start(t, a.base)
	w := newWorld(t, h)
	eve := w.leaver("eve", 5)
	a.bus.Pause(a.name)
	w.disable(eve)
	w.until("the message is on its way", func() bool { return w.leave(eve)["state"] == "queued" }, func() any { return w.leave(eve) })
	a.tables.busy.Store(true)
	a.bus.Resume(a.name)
	w.until("the dead letter", func() bool { return len(h.Invocations("deadletter")) > 0 }, func() any { return h.Invocations("reassign") })
	a.tables.busy.Store(false)
	w.until("the activity", func() bool {
		_, answer, _ := w.try("GET", w.manage("/activity"), operator, nil)
		lines, _ := answer["activity"].([]any)
		for _, line := range lines {
			if line.(map[string]any)["kind"] == "message.deadlettered" {
				return true
			}
		}
		return false
	}, func() any { return h.Invocations("deadletter") })
	if leave := w.leave(eve); leave["state"] != "waiting" || leave["code"] != "unavailable" {
		t.Errorf("after the dead letter the leave is %v", leave)
	}
	w.settled(eve, 5)
}

// TestMissedTimer has a leave begin that cannot be sent, and then no host for
// a while. The one tick that comes late, past due, carries it on.
func TestMissedTimer(t *testing.T) {
	a := onAzure(t)
	first := start(t, a.base)
	w := newWorld(t, first)
	eve := w.leaver("eve", 5)
	a.bus.Pause(a.name)
	w.disable(eve)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	a.bus.Resume(a.name)
	time.Sleep(2 * time.Second)
	w.host = start(t, a.base)
	if err := w.host.Tick(t.Context(), "sweep", true); err != nil {
		t.Fatal(err)
	}
	w.until("the leave is done", func() bool { return w.leave(eve)["state"] == "done" }, func() any { return w.leave(eve) })
	w.settled(eve, 5)
}
