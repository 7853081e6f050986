package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

// TestRecordsAppHandsBack has the application move what Eve owned, lets her come
// back, changes some records in the application meanwhile and hands back, again
// and again until it succeeds.
func TestRecordsAppHandsBack(t *testing.T) {
	program := buildRecordsApp(t)
	tests := []struct {
		name      string
		flags     []string
		forgetful bool
		// cutOff says that a hand-back ends before it is through, and is repeated.
		cutOff bool
	}{
		{"it does its work", nil, false, false},
		{"it fails in the middle", []string{"--fail-every=4"}, false, true},
		{"it dies after it returned records and before the answer", []string{"--die-every=4"}, false, true},
		{"it limits the rate and lists records twice", []string{"--limit-every=4", "--twice"}, false, true},
		{"Handover dies after the answer and before the journal", nil, true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, startRecordsApp(t, program, test.flags), test.forgetful)
			o.eveLeaves()
			o.drive()
			o.checkEnd()
			o.eveIsBack()
			// In the first chunk and in a later one; the rest goes back.
			o.app.put("Q-5", o.ann.ID.String(), false)
			o.app.put("Q-70", "somebody-else", true)
			back, tries := o.handBack()
			if (tries > 1) != test.cutOff {
				t.Errorf("the hand-back took %d tries", tries)
			}
			o.checkHandedBack(back)
			o.checkRepeated(back)
		})
	}
}

// put changes a record in the application.
func (a *recordsApp) put(id, owner string, open bool) {
	a.t.Helper()
	a.await()
	record := map[string]any{"owner": owner, "title": "Offer", "open": open}
	a.ask(http.MethodPut, "/records/quote/"+id, record, &struct{}{})
}

// eveIsBack has the directory enable Eve.
func (o *office) eveIsBack() {
	o.Helper()
	before, err := o.store.User(o.Context(), "acme", o.eve.ID)
	if err != nil {
		o.Fatal(err)
	}
	after := before
	after.Active = true
	if o.eve, err = o.store.CommitUser(o.Context(), "acme", directory.UserChange{Before: &before, After: &after}); err != nil {
		o.Fatal(err)
	}
}

// handBack repeats a hand-back until it is through. One that is cut off leaves
// the leave stopped, and no leave of anybody else.
func (o *office) handBack() (back reassign.HandBack, tries int) {
	o.Helper()
	for tries = 1; tries <= 20; tries++ {
		o.app.await()
		back, err := o.service.HandBack(o.Context(), "operator", "acme", o.leave)
		if err == nil {
			return back, tries
		}
		leave, readErr := o.store.Leave(o.Context(), "acme", o.leave)
		if !fault.Is(err, fault.Unavailable) || readErr != nil || leave.State != directory.Stopped {
			o.Fatalf("%v; the leave is %s, %v", err, leave.State, readErr)
		}
	}
	o.Fatal("the hand-back never succeeds")
	return back, tries
}

// checkHandedBack wants all but the two changed records with Eve and returned by
// the journal once, and the two listed and left where they are.
func (o *office) checkHandedBack(back reassign.HandBack) {
	o.Helper()
	if back.Leave.State != directory.HandedBack {
		o.Errorf("the leave is %s", back.Leave.State)
	}
	want := map[string]int{}
	for i := range appOpen {
		want[fmt.Sprint("Q-", i+appClosed)] = 1
	}
	delete(want, "Q-5")
	delete(want, "Q-70")
	returned := map[string]int{}
	for _, r := range back.Returned {
		returned[r.ID]++
	}
	if diff := cmp.Diff(want, returned); diff != "" {
		o.Errorf("returned (-wanted +journalled): %s", diff)
	}
	kept := []directory.MovedRecord{{Type: "quote", ID: "Q-5", Title: "Offer"}, {Type: "quote", ID: "Q-70", Title: "Offer"}}
	if diff := cmp.Diff(kept, back.Kept); diff != "" {
		o.Errorf("kept (-want +got): %s", diff)
	}
	o.checkOwned(o.eve.ID, appOpen-2, appClosed)
	o.checkOwned(o.ann.ID, 0, 1)
}

func (o *office) checkOwned(owner directory.ID, open, closed int) {
	o.Helper()
	o.app.await()
	if isOpen, isClosed := o.app.owned(owner); isOpen != open || isClosed != closed {
		o.Errorf("%s owns %d open and %d closed records, wanted %d and %d", owner, isOpen, isClosed, open, closed)
	}
}

// checkRepeated hands back once more: the same is told, and nothing is done.
func (o *office) checkRepeated(first reassign.HandBack) {
	o.Helper()
	before, err := o.store.Chunks(o.Context(), "acme", o.leave)
	if err != nil {
		o.Fatal(err)
	}
	again, err := o.service.HandBack(o.Context(), "operator", "acme", o.leave)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		o.Errorf("handed back again: %v (-first +again): %s", err, diff)
	}
	after, err := o.store.Chunks(o.Context(), "acme", o.leave)
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		o.Errorf("the journal changed: %v, %s", err, diff)
	}
	o.checkOwned(o.eve.ID, appOpen-2, appClosed)
}
