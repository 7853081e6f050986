package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// note writes a line an hour, the oldest first; line 0 is the newest.
func (w *world) note(n int, line func(i int) directory.Activity) {
	w.Helper()
	for i := n - 1; i >= 0; i-- {
		a := line(i)
		a.At = clock.Add(-time.Duration(i) * time.Hour)
		if err := w.Note(w.Context(), tenant, a); err != nil {
			w.Fatal(err)
		}
	}
}

// pages reads a history to its end and returns the sizes of the pages.
func (w *world) pages(q directory.ActivityQuery) (lines []directory.Activity, sizes []int) {
	w.Helper()
	for {
		page, err := w.Activities(w.Context(), tenant, q)
		if err != nil {
			w.Fatal(err)
		}
		lines, sizes = append(lines, page.Lines...), append(sizes, len(page.Lines))
		if q.Before = page.Next; q.Before == "" {
			return lines, sizes
		}
	}
}

func TestActivitiesAreFiltered(t *testing.T) {
	w := newWorld(t)
	eve, leave := directory.ID{15: 7}, directory.ID{15: 8}
	w.note(12, func(i int) directory.Activity {
		switch i % 4 {
		case 0:
			return directory.Activity{Kind: directory.UserRefused, Actor: "k", Detail: "create: userName", Fault: fault.Uniqueness, LeftOut: i}
		case 1:
			return directory.Activity{Kind: directory.UserDisabled, Actor: "k", Target: eve, Detail: "active"}
		case 2:
			return directory.Activity{Kind: directory.LeaveMoved, Actor: "reassign", Target: leave, User: eve, Detail: "done"}
		}
		return directory.Activity{Kind: directory.UserRefused, Actor: "k", Target: eve, Detail: "change", Fault: fault.InvalidValue}
	})
	tests := []struct {
		name  string
		q     directory.ActivityQuery
		wants []int
		sizes []int
	}{
		{"everything", directory.ActivityQuery{Limit: 12}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, []int{12}},
		{"in pages", directory.ActivityQuery{Limit: 5}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, []int{5, 5, 2}},
		{"a user, leaves included", directory.ActivityQuery{User: eve, Limit: 4}, []int{1, 2, 3, 5, 6, 7, 9, 10, 11}, []int{4, 4, 1}},
		{"a fault", directory.ActivityQuery{Fault: fault.Uniqueness, Limit: 9}, []int{0, 4, 8}, []int{3}},
		{"a kind", directory.ActivityQuery{Kind: directory.LeaveMoved, Limit: 3}, []int{2, 6, 10}, []int{3, 0}},
		{"all of it", directory.ActivityQuery{User: eve, Fault: fault.InvalidValue, Kind: directory.UserRefused, Limit: 9}, []int{3, 7, 11}, []int{3}},
		{"nothing", directory.ActivityQuery{Fault: fault.UserCapReached, Limit: 9}, nil, []int{0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines, sizes := w.pages(test.q)
			var got []int
			for _, l := range lines {
				got = append(got, int(clock.Sub(l.At)/time.Hour))
				if l.Fault == fault.Uniqueness && l.LeftOut != got[len(got)-1] {
					t.Errorf("%d were left out of %+v", l.LeftOut, l)
				}
			}
			if diff := cmp.Diff(test.wants, got) + cmp.Diff(test.sizes, sizes); diff != "" {
				t.Errorf("lines and pages (-want +got):\n%s", diff)
			}
		})
	}
	for _, before := range []string{"x", "../u-1", "zzzzzzzzzzzzzzzz-00000000"} {
		if _, err := w.Activities(t.Context(), tenant, directory.ActivityQuery{Before: before, Limit: 1}); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("the position %q: %v", before, err)
		}
	}
}

// TestOneCallLooksAtTwoPages wants an answer before the end of a long history,
// from where the next call goes on.
func TestOneCallLooksAtTwoPages(t *testing.T) {
	w := newWorld(t)
	w.note(2100, func(i int) directory.Activity {
		return directory.Activity{Kind: directory.UserChanged, Detail: fmt.Sprint(i)}
	})
	if _, sizes := w.pages(directory.ActivityQuery{Fault: fault.NotFound, Limit: 9}); len(sizes) != 2 {
		t.Errorf("%d calls, want 2", len(sizes))
	}
}

func TestPurgeActivities(t *testing.T) {
	for name, outcome := range map[string]tabletest.Outcome{"well": tabletest.Pass, "answer lost": tabletest.FailAfter} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.note(250, func(int) directory.Activity { return directory.Activity{Kind: directory.UserChanged, Detail: "title"} })
			s := w.openOn(tabletest.Faulty(w.directory, tabletest.Nth(tabletest.Transact, 1, outcome)), w.records)
			before := clock.Add(-10 * time.Hour)
			var got []int
			for range 3 {
				n, err := s.PurgeActivities(t.Context(), tenant, before, 150)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, n)
			}
			lines, _ := w.pages(directory.ActivityQuery{Limit: 500})
			if diff := cmp.Diff([]int{150, 89, 0}, got); diff != "" || len(lines) != 11 || lines[10].At.Before(before) {
				t.Errorf("%d lines are left, want the 11 newest; purged (-want +got):\n%s", len(lines), diff)
			}
		})
	}
}

func TestPurgeChunks(t *testing.T) {
	w := newWorld(t)
	for i := range 9 {
		chunk := directory.Chunk{Leave: directory.ID{15: byte(i / 3)}, Number: 1 + i%3, At: clock.Add(-time.Duration(9-i) * time.Hour)}
		if err := w.AppendChunk(t.Context(), tenant, chunk); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{5, 0} {
		if n, err := w.PurgeChunks(t.Context(), tenant, clock.Add(-4*time.Hour), 100); n != want || err != nil {
			t.Errorf("purged %d, %v; wanted %d", n, err, want)
		}
	}
	var left []int
	for leave := range 3 {
		chunks, err := w.Chunks(t.Context(), tenant, directory.ID{15: byte(leave)})
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, len(chunks))
	}
	if diff := cmp.Diff([]int{0, 1, 3}, left); diff != "" {
		t.Errorf("chunks of the three leaves (-want +got):\n%s", diff)
	}
}

func TestEraseActivities(t *testing.T) {
	w := newWorld(t)
	eve := directory.ID{15: 7}
	w.note(9, func(i int) directory.Activity {
		return directory.Activity{Kind: directory.UserChanged, Actor: "k", Target: directory.ID{15: byte(6 + i%3)}, Detail: "title"}
	})
	for _, want := range []int{3, 0} {
		erased, next, err := w.EraseActivities(t.Context(), tenant, []directory.ID{eve}, "")
		if erased != want || next != "" || err != nil {
			t.Errorf("%d erased, %q, %v; want %d", erased, next, err, want)
		}
	}
	lines, _ := w.pages(directory.ActivityQuery{Limit: 10})
	for i, l := range lines {
		if (l.Detail == "") != (l.Target == eve) || l.Actor != "k" || l.Kind != directory.UserChanged || !l.At.Equal(clock.Add(-time.Duration(i)*time.Hour)) {
			t.Errorf("line %d: %+v", i, l)
		}
	}
}

// TestEraseChunks wants the titles to go and nothing else, also when an answer is
// lost.
func TestEraseChunks(t *testing.T) {
	for name, outcome := range map[string]tabletest.Outcome{"well": tabletest.Pass, "answer lost": tabletest.FailAfter} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ann, bob, leave := w.id(directory.SortUser), w.id(directory.SortUser), w.id(directory.SortUser)
			w.fillRecords(ann, leave)
			s := w.openOn(w.directory, tabletest.Faulty(w.records, tabletest.Nth(tabletest.Transact, 1, outcome)))
			for i, erase := range []func() (int, error){
				func() (int, error) { return s.EraseChunks(t.Context(), tenant, bob) },
				func() (int, error) { return s.EraseChunks(t.Context(), tenant, leave) },
				func() (int, error) { return s.EraseChunks(t.Context(), tenant, leave) },
			} {
				if n, err := erase(); n != i%2 || err != nil {
					t.Errorf("step %d: %d chunks, %v; want %d", i, n, err, i%2)
				}
			}
			chunks, err := w.Chunks(t.Context(), tenant, leave)
			if err != nil || len(chunks) != 1 || chunks[0].From != ann || !chunks[0].At.Equal(clock) {
				t.Fatalf("%+v, %v", chunks, err)
			}
			if diff := cmp.Diff([]directory.MovedRecord{{Type: "quote", ID: "1"}}, chunks[0].Moved); diff != "" {
				t.Errorf("moved (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTenantIDs(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"zeta", "beta"} {
		if _, err := w.CreateTenant(t.Context(), directory.Tenant{ID: id}, directory.Unlimited, directory.Activity{}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := w.TenantIDs(t.Context(), "", 2)
	rest, err2 := w.TenantIDs(t.Context(), "beta", 9)
	if diff := cmp.Diff([][]string{{tenant, "beta"}, {"zeta"}}, [][]string{first, rest}); diff != "" || err != nil || err2 != nil {
		t.Errorf("%v %v (-want +got):\n%s", err, err2, diff)
	}
}
