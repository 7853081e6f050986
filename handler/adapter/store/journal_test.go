package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// TestAppendChunk writes what a business application has moved into the journal,
// as often as a process may be killed after it.
func TestAppendChunk(t *testing.T) {
	w := newWorld(t)
	leave := w.id(directory.SortUser)
	first := directory.Chunk{
		Leave: leave, Number: 1, From: w.id(directory.SortUser), To: w.id(directory.SortUser), At: clock,
		Moved: []directory.MovedRecord{{Type: "quote", ID: "Q-1", Title: "Offer"}, {Type: "document", ID: "Ü 1"}},
	}
	again := first
	again.At = clock.Add(time.Minute)
	empty := first
	empty.Number, empty.Moved = 2, nil
	for _, chunk := range []directory.Chunk{first, again, empty, empty} {
		if err := w.AppendChunk(t.Context(), tenant, chunk); err != nil {
			t.Fatal(err)
		}
	}
	others := map[string]directory.Chunk{"other records": first, "another recipient": first}
	for name, other := range others {
		if name == "other records" {
			other.Moved = other.Moved[:1]
		} else {
			other.To = w.id(directory.SortUser)
		}
		if err := w.AppendChunk(t.Context(), tenant, other); !fault.Is(err, fault.RowExists) {
			t.Errorf("%s under the same number: %v", name, err)
		}
	}
	chunks, err := w.Chunks(t.Context(), tenant, leave)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]directory.Chunk{first, empty}, chunks); diff != "" {
		t.Error(diff)
	}
	want := directory.Progress{Number: 2, To: first.To, Records: 2}
	if progress, err := w.Progress(t.Context(), tenant, leave); err != nil || progress != want {
		t.Errorf("the progress is %+v, %v; wanted %+v", progress, err, want)
	}
}
