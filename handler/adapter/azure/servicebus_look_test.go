package azure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/azure/azuretest"
	"handover/handler/core/fault"
)

func TestLookTakesNothing(t *testing.T) {
	w := openBus(t, azuretest.Queue{})
	w.send(1)
	w.send(2)
	for range 2 {
		seen, err := w.bus.Look(t.Context(), w.queue)
		if err != nil {
			t.Fatal(err)
		}
		if age := time.Since(seen.Oldest); age < -time.Minute || age > time.Minute {
			t.Errorf("the oldest message is %v old", age)
		}
		seen.Oldest = time.Time{}
		if diff := cmp.Diff(azure.Sight{Waiting: 2}, seen); diff != "" {
			t.Errorf("sight (-want +got):\n%s", diff)
		}
	}
	if got := w.admin.Counts(w.queue); got.Active != 2 || got.Locked != 0 {
		t.Errorf("after two looks %+v", got)
	}
	if _, err := w.bus.Look(t.Context(), w.queue+"-not"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a queue that is not there: %v", err)
	}
}
