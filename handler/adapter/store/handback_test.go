package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// TestMoveOfNamedRecords names five records of which two are still open and with
// their owner: those two go, together with their chunk, and nothing else.
func TestMoveOfNamedRecords(t *testing.T) {
	w := newWorld(t)
	from, to, other, leave := w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser)
	for n := range 6 {
		w.put(quote(n, from))
	}
	closed := quote(2, from)
	closed.Status = directory.RecordClosed
	w.put(closed)
	w.put(quote(3, other))
	if err := w.DeleteRecord(t.Context(), tenant, "quote", "004"); err != nil {
		t.Fatal(err)
	}
	move := directory.Move{
		Tenant: tenant, Leave: leave, Number: 1, From: directory.Person{ID: from}, To: directory.Person{ID: to}, At: clock,
		Records: named("000", "001", "002", "003", "004"),
	}
	w.records.Take()
	moved, err := w.Move(t.Context(), move)
	if err != nil || len(moved.Records) != 2 {
		t.Errorf("%d moved, %v", len(moved.Records), err)
	}
	if cost := w.records.Take(); cost != (tabletest.Counts{Get: 5, Transact: 1}) {
		t.Errorf("it costs %+v", cost)
	}
	left, _, err := w.OwnedRecords(t.Context(), tenant, from, directory.RecordOpen, "", 10)
	if err != nil || len(left) != 1 || left[0].ID != "005" {
		t.Errorf("the owner keeps %v, %v", left, err)
	}
	if _, err := w.Move(t.Context(), directory.Move{
		Tenant: tenant, Leave: leave, Number: 1, From: move.From, To: move.To, At: clock, Records: named("005"),
	}); !fault.Is(err, fault.RowChanged) {
		t.Errorf("the chunk was written twice: %v", err)
	}
	w.sound()
}

func named(ids ...string) (list []directory.MovedRecord) {
	for _, id := range ids {
		list = append(list, directory.MovedRecord{Type: "quote", ID: id})
	}
	return list
}

// TestADryRunMovesNothing walks over 70 records, wherever the pages end.
func TestADryRunMovesNothing(t *testing.T) {
	w := worldOn(t, newMemory(), tabletest.ShortPages(newMemory(), 40))
	from, to, leave := w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser)
	var want []directory.MovedRecord
	for n := range 70 {
		r := quote(n, from)
		w.put(r)
		want = append(want, directory.MovedRecord{Type: r.Type, ID: r.ID, Title: r.Title})
	}
	move := directory.Move{Tenant: tenant, Leave: leave, From: directory.Person{ID: from}, To: directory.Person{ID: to}, At: clock, DryRun: true}
	var got []directory.MovedRecord
	for finished := false; !finished && len(got) <= len(want); {
		moved, err := w.Move(t.Context(), move)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, moved.Records...)
		move.Cursor, finished = moved.Cursor, moved.Finished
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("would move (-want +got):\n%s", diff)
	}
	if owned, _, err := w.OwnedRecords(t.Context(), tenant, from, directory.RecordOpen, "", 100); err != nil || len(owned) != 70 {
		t.Errorf("the owner keeps %d, %v", len(owned), err)
	}
	if progress, err := w.Progress(t.Context(), tenant, leave); progress != (directory.Progress{}) || err != nil {
		t.Errorf("something was written: %+v, %v", progress, err)
	}
}
