package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func quote(n int, owner directory.ID) directory.Record {
	return directory.Record{Type: "quote", ID: fmt.Sprintf("%03d", n), Owner: owner, Title: "Big deal", Status: directory.RecordOpen}
}

func (w *world) put(r directory.Record) {
	w.Helper()
	if err := w.PutRecord(w.Context(), tenant, r); err != nil {
		w.Fatal(err)
	}
}

func TestMoveTakesThirtyAtATime(t *testing.T) {
	w := newWorld(t)
	from, to, leave := w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser)
	for n := range 70 {
		w.put(quote(n, from))
	}
	move := directory.Move{Tenant: tenant, Leave: leave, From: directory.Person{ID: from}, To: directory.Person{ID: to}, At: clock}
	for number, want := range []struct {
		moved    int
		finished bool
		cost     tabletest.Counts
	}{
		{30, false, tabletest.Counts{Query: 1, Transact: 1}},
		{30, false, tabletest.Counts{Query: 1, Transact: 1}},
		{10, true, tabletest.Counts{Query: 1, Transact: 1}},
		{0, true, tabletest.Counts{Query: 1}},
	} {
		move.Number = number + 1
		w.records.Take()
		moved, err := w.Move(t.Context(), move)
		if err != nil || len(moved.Records) != want.moved || moved.Finished != want.finished {
			t.Errorf("chunk %d: %d moved, finished %t, %v", move.Number, len(moved.Records), moved.Finished, err)
		}
		if cost := w.records.Take(); cost != want.cost {
			t.Errorf("chunk %d costs %+v", move.Number, cost)
		}
	}
	if progress, err := w.Progress(t.Context(), tenant, leave); progress.Number != 3 || err != nil {
		t.Errorf("progress %+v, %v", progress, err)
	}
	w.sound()
}

func TestMoveLeavesAnothersChunkAlone(t *testing.T) {
	w := newWorld(t)
	from, to, leave := w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser)
	w.put(quote(1, from))
	move := directory.Move{Tenant: tenant, Leave: leave, Number: 1, From: directory.Person{ID: from}, To: directory.Person{ID: to}, At: clock}
	if _, err := w.Move(t.Context(), move); err != nil {
		t.Fatal(err)
	}
	w.put(quote(2, from))
	if _, err := w.Move(t.Context(), move); !fault.Is(err, fault.RowChanged) {
		t.Errorf("the chunk was written twice: %v", err)
	}
	w.sound()
}

// Records that change while they are being moved end with whoever was last, and
// none is lost or in two places.
func TestMoveAmongChanges(t *testing.T) {
	w := crowd(t)
	from, to, other, leave := w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser)
	for n := range 90 {
		w.put(quote(n, from))
	}
	var work sync.WaitGroup
	for n := range 30 {
		work.Go(func() {
			r := quote(3*n, []directory.ID{from, other}[n%2])
			r.Title, r.Status = "Changed", []string{directory.RecordOpen, directory.RecordClosed}[n%3%2]
			if err := w.PutRecord(t.Context(), tenant, r); err != nil {
				t.Error(err)
			}
		})
	}
	move := directory.Move{Tenant: tenant, Leave: leave, Number: 1, From: directory.Person{ID: from}, To: directory.Person{ID: to}, At: clock}
	for range 4 {
		moved, err := w.Move(t.Context(), move)
		if err != nil {
			t.Fatal(err)
		}
		if len(moved.Records) > 0 {
			move.Number++
		}
	}
	work.Wait()
	w.sound()
	chunks, err := w.Chunks(t.Context(), tenant, leave)
	if err != nil || len(chunks) != move.Number-1 {
		t.Errorf("%d chunks, want %d, %v", len(chunks), move.Number-1, err)
	}
}

// A record changes between the moment a move has found it and the moment it
// writes: the others move, and this one as far as it is still the leaver's.
func TestMoveOvertaken(t *testing.T) {
	tests := []struct {
		name string
		by   func(*world, directory.Record) error
		// moved is how many of three move in the first chunk, and in all.
		first, all int
	}{
		{"by another title", func(w *world, r directory.Record) error {
			r.Title = "Bigger deal"
			return w.PutRecord(w.Context(), tenant, r)
		}, 2, 3},
		{"by its closing", func(w *world, r directory.Record) error {
			r.Status = directory.RecordClosed
			return w.PutRecord(w.Context(), tenant, r)
		}, 2, 2},
		{"by another owner", func(w *world, r directory.Record) error {
			r.Owner = w.id(directory.SortUser)
			return w.PutRecord(w.Context(), tenant, r)
		}, 2, 2},
		{"by its deletion", func(w *world, r directory.Record) error {
			return w.DeleteRecord(w.Context(), tenant, r.Type, r.ID)
		}, 2, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			from, to := w.id(directory.SortUser), w.id(directory.SortUser)
			for n := range 3 {
				w.put(quote(n, from))
			}
			s := w.openOn(w.directory, overtaken(w.records, 1, func() {
				if err := test.by(w, quote(1, from)); err != nil {
					t.Error(err)
				}
			}))
			move := directory.Move{Tenant: tenant, Leave: w.id(directory.SortUser), Number: 1, From: directory.Person{ID: from}, To: directory.Person{ID: to}, At: clock}
			moved, err := s.Move(t.Context(), move)
			if err != nil || len(moved.Records) != test.first || moved.Finished {
				t.Errorf("%d moved, finished %t, %v", len(moved.Records), moved.Finished, err)
			}
			move.Number = 2
			if moved, err = s.Move(t.Context(), move); err != nil || !moved.Finished {
				t.Errorf("finished %t, %v", moved.Finished, err)
			}
			owned, _, err := w.OwnedRecords(t.Context(), tenant, to, directory.RecordOpen, "", 10)
			if err != nil || len(owned) != test.all {
				t.Errorf("the recipient has %d, %v", len(owned), err)
			}
			w.sound()
		})
	}
}

func TestOwnedRecordsPageByPage(t *testing.T) {
	w := worldOn(t, newMemory(), tabletest.ShortPages(newMemory(), 11))
	owner := w.id(directory.SortUser)
	var want []directory.Record
	for n := range 10 {
		w.put(quote(n, owner))
		want = append(want, quote(n, owner))
	}
	var got []directory.Record
	after, pages := "", 0
	for {
		page, next, err := w.OwnedRecords(t.Context(), tenant, owner, directory.RecordOpen, after, 5)
		if err != nil {
			t.Fatal(err)
		}
		got, pages = append(got, page...), pages+1
		if after = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 2 {
		t.Errorf("%d pages %s", pages, diff)
	}
	if _, _, err := w.OwnedRecords(t.Context(), tenant, owner, directory.RecordOpen, "a/b", 5); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("a position that cannot be: %v", err)
	}
}

func TestRecordsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	for _, r := range []directory.Record{{}, {Type: "Quote", ID: "1"}, {Type: "quote", ID: ""}, quote(1, directory.ID{})} {
		if err := w.PutRecord(t.Context(), tenant, r); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("put %+v: %v", r, err)
		}
	}
	for _, id := range []string{"", "1"} {
		if _, err := w.Record(t.Context(), tenant, "quote", id); !fault.Is(err, fault.NotFound) {
			t.Errorf("read %q: %v", id, err)
		}
	}
}
