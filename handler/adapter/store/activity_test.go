package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
)

// TestNote writes lines of the history on their own, each of them once, also
// when the first answer is lost.
func TestNote(t *testing.T) {
	for name, outcome := range map[string]tabletest.Outcome{
		"well": tabletest.Pass, "failed before": tabletest.FailBefore, "answer lost": tabletest.FailAfter,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.openOn(tabletest.Faulty(w.directory, tabletest.Nth(tabletest.Transact, 1, outcome)), w.records)
			var want []directory.Activity
			for i, detail := range []string{"attempt 2", "attempt 1"} {
				line := directory.Activity{
					At: clock.Add(-time.Duration(i) * time.Minute), Kind: directory.MessageDeadLettered,
					Actor: "reassign", Target: directory.ID{0: 1}, Detail: detail,
				}
				if err := s.Note(t.Context(), tenant, line); err != nil {
					t.Fatal(err)
				}
				want = append(want, line)
			}
			got, err := s.Activities(t.Context(), tenant, directory.ActivityQuery{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(directory.ActivityPage{Lines: want}, got); diff != "" {
				t.Errorf("history (-want +got):\n%s", diff)
			}
		})
	}
}
