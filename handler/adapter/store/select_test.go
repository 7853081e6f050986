package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// missed is a prefix of a name, as SCIM compares them, by which the index would
// not find it; "" if there is none.
func missed(name string) string {
	shown, folded := strings.ToLower(name), store.Fold(name)
	for n := 2; n <= len(shown); n++ {
		begins := store.Prefixes(shown[:n])
		if len(begins) > 0 && !slices.ContainsFunc(begins, func(p string) bool { return strings.HasPrefix(folded, p) }) {
			return shown[:n]
		}
	}
	return ""
}

// Whatever stands in a name, or behind a prefix of it, the index finds it.
func TestPrefixesMissNoCharacter(t *testing.T) {
	for r := rune(0); r < 0x20000; r++ {
		for _, name := range []string{"xi" + string(r) + "na", "i" + string(r), string(r) + "\u0323ii"} {
			if prefix := missed(name); prefix != "" {
				t.Fatalf("%+q is not found by %+q", name, prefix)
			}
		}
	}
}

func TestPrefixesMissNoName(t *testing.T) {
	letters := rapid.RuneFrom([]rune("aAnNiIkK <.\u0130\u212a\u017f\u0301\u0323\u0307\u0338\uff41\u00df\u0345\u200d"))
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(letters, 1, 40, -1).Draw(t, "name")
		if prefix := missed(name); prefix != "" {
			t.Fatalf("%+q is not found by %+q", name, prefix)
		}
	})
}

func TestPrefixes(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct {
		name, prefix string
		want         []string
	}{
		{"without the last character", "Ann", []string{"an"}},
		{"İ may stand for i", "ivan.i", []string{"ivan.", "i\u0307"}},
		{"an i at the end is among them", "anix", []string{"ani"}},
		{"a long one is cut", long, []string{long[:31]}},
		{"one character", "a", nil},
		{"empty", "", nil},
		{"not ASCII", "jürgen", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, store.Prefixes(test.prefix)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func userNames(users []directory.User) (names []string) {
	for i := range users {
		names = append(names, users[i].UserName)
	}
	return names
}

func TestUsersByNamePrefix(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"annz", "bob", "Anna", "a", "an", "amy", "ao", "ann" + strings.Repeat("e", 300)} {
		w.create(w.user(name))
	}
	w.directory.Take()
	users, ok, err := w.UsersByNamePrefix(t.Context(), tenant, "ANN", 5)
	want := []string{"annz", "Anna", "an", "ann" + strings.Repeat("e", 300)}
	if diff := cmp.Diff(want, userNames(users)); diff != "" || !ok || err != nil {
		t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
	}
	if got, want := w.directory.Take(), (tabletest.Counts{Get: 4, Query: 1}); got != want {
		t.Errorf("requests are %+v, want %+v", got, want)
	}
	users, ok, err = w.UsersByNamePrefix(t.Context(), tenant, "ann", 3)
	if len(users) > 0 || ok || err != nil {
		t.Errorf("more than the limit: %d users, %v, %v", len(users), ok, err)
	}
	if got, want := w.directory.Take(), (tabletest.Counts{Query: 1}); got != want {
		t.Errorf("requests beyond the limit are %+v, want %+v", got, want)
	}
}

// A user who is renamed between two reads of the index is found under both
// names, and is one user.
func TestUsersByNamePrefixAreRenamedMeanwhile(t *testing.T) {
	w := newWorld(t)
	anna := w.create(w.user("anna"))
	_, err := w.directory.Transact(t.Context(), tenant, []table.Operation{{
		Action: table.Insert, Row: "n-" + store.Key("anne"), Columns: table.Columns{{Name: "Id", Value: table.String(anna.ID.String())}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	users, ok, err := w.UsersByNamePrefix(t.Context(), tenant, "ann", 5)
	if diff := cmp.Diff([]string{"anna"}, userNames(users)); diff != "" || !ok || err != nil {
		t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
	}
}

// A selection takes what its bounds say, on pages of any size, and begins anew
// each time it is read.
func TestSelectUsers(t *testing.T) {
	w := worldOn(t, tabletest.ShortPages(newMemory(), 1), newMemory())
	var last directory.ID
	for i := range 20 {
		u := w.user(fmt.Sprintf("u%02d", i))
		u.Active = i%2 == 0
		u.Created, u.Modified = clock.Add(time.Duration(i)*time.Minute), clock.Add(time.Duration(i)*time.Hour)
		if created := w.create(u); i == 9 {
			last = created.ID
		}
	}
	yes, ages := true, time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)
	minute, hour := clock.Add(10*time.Minute), clock.Add(14*time.Hour)
	for _, test := range []struct {
		name  string
		by    directory.Selection
		after directory.ID
		want  string
	}{
		{"active", directory.Selection{Active: &yes}, last, "u10 u12 u14 u16 u18"},
		{"inactive", directory.Selection{Active: new(bool)}, last, "u11 u13 u15 u17 u19"},
		{"created", directory.Selection{CreatedFrom: minute, CreatedBefore: minute.Add(2 * time.Minute)}, directory.ID{}, "u10 u11"},
		{"modified", directory.Selection{ModifiedFrom: hour, ModifiedBefore: hour.Add(time.Hour)}, directory.ID{}, "u14"},
		{"all of them", directory.Selection{Active: &yes, CreatedFrom: minute, ModifiedBefore: hour}, directory.ID{}, "u10 u12"},
		{"outside the years of Table Storage", directory.Selection{CreatedFrom: ages, ModifiedFrom: hour, CreatedBefore: ages}, last, "u14 u15 u16 u17 u18 u19"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pages := w.SelectUsers(t.Context(), tenant, test.after, test.by)
			for range 2 {
				var names []string
				for users, err := range pages {
					if err != nil {
						t.Fatal(err)
					}
					names = append(names, userNames(users)...)
				}
				if got := strings.Join(names, " "); got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
			}
		})
	}
}

func TestSelectionsTellOfFailures(t *testing.T) {
	healthy := newMemory()
	w := worldOn(t, healthy, newMemory())
	w.create(w.user("anna"))
	lost := func(c tabletest.Call) tabletest.Outcome {
		if c.Method == tabletest.Query {
			return tabletest.Busy
		}
		return tabletest.Pass
	}
	broken := w.openOn(tabletest.Faulty(healthy, lost), newMemory())
	if _, ok, err := broken.UsersByNamePrefix(t.Context(), tenant, "ann", 5); ok || !fault.Is(err, fault.StorageBusy) {
		t.Errorf("by prefix: %v, %v", ok, err)
	}
	pages := 0
	for _, err := range broken.SelectUsers(t.Context(), tenant, directory.ID{}, directory.Selection{}) {
		if pages++; !fault.Is(err, fault.StorageBusy) {
			t.Errorf("by selection: %v", err)
		}
	}
	if pages != 1 {
		t.Errorf("%d pages came of a failure", pages)
	}
}
