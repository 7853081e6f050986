package table_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/adapter/table"
)

func TestTimeKeepsTheWholeRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(-62_135_596_800, 253_402_300_799).Draw(t, "seconds")
		nanos := rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")
		moment := time.Unix(seconds, nanos)
		if got, want := table.Time(moment).Time(), time.Unix(seconds, nanos/100*100).UTC(); !got.Equal(want) {
			t.Fatalf("%v became %v", want, got)
		}
	})
}

func TestMatches(t *testing.T) {
	at := func(s int64) table.Value { return table.Time(time.Unix(s, 0)) }
	tests := []struct {
		name               string
		low, high, foreign table.Value
	}{
		{"strings", table.String("Z"), table.String("a"), table.Bytes("Z")},
		{"integers", table.Int(-1), table.Int(0), table.Float(-1)},
		{"floats", table.Float(-2.5), table.Float(-2), table.Int(-2)},
		{"times around 1970", at(-1), at(1), table.Int(-1)},
	}
	want := map[table.Comparison][3]bool{ // low, equal, high against the middle
		table.Equal: {false, true, false}, table.Greater: {false, false, true}, table.GreaterEqual: {false, true, true},
		table.Less: {true, false, false}, table.LessEqual: {true, true, false}, "ne": {},
	}
	for _, test := range tests {
		for is, results := range want {
			t.Run(test.name+" "+string(is), func(t *testing.T) {
				against := func(v table.Value) table.Condition { return table.Condition{Column: "C", Is: is, Value: v} }
				got := [3]bool{against(test.high).Matches(test.low), against(test.low).Matches(test.low), against(test.low).Matches(test.high)}
				if diff := cmp.Diff(results, got); diff != "" {
					t.Error(diff)
				}
				if against(test.low).Matches(test.foreign) || against(test.low).Matches(table.Value{}) {
					t.Error("another kind, or no value, matched")
				}
			})
		}
	}
}

// pages is a table that answers queries from a list.
type pages struct {
	table.Table
	list []table.Page
	read []table.Query
	err  error
}

func (p *pages) Query(_ context.Context, q table.Query) (table.Page, error) {
	p.read = append(p.read, q)
	if len(p.list) == 0 {
		return table.Page{}, p.err
	}
	page := p.list[0]
	p.list = p.list[1:]
	return page, nil
}

func TestRows(t *testing.T) {
	list := []table.Page{
		{Entities: []table.Entity{{Row: "a"}, {Row: "b"}}, More: true, Next: "b"},
		{More: true, Next: "k"},
		{Entities: []table.Entity{{Row: "l"}}},
	}
	source := &pages{list: list}
	var got []string
	for entity, err := range table.Rows(t.Context(), source, table.Query{Partition: "p", Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, entity.Row)
	}
	if diff := cmp.Diff([]string{"a", "b", "l"}, got); diff != "" {
		t.Error(diff)
	}
	want := []table.Query{{Partition: "p", Limit: 2}, {Partition: "p", Limit: 2, After: "b"}, {Partition: "p", Limit: 2, After: "k"}}
	if diff := cmp.Diff(want, source.read); diff != "" {
		t.Error(diff)
	}
}

func TestRowsEndsWithTheErrorAndWithTheReader(t *testing.T) {
	broken := errors.New("broken")
	first := table.Page{Entities: []table.Entity{{Row: "a"}, {Row: "b"}}, More: true, Next: "b"}
	source := &pages{list: []table.Page{first}, err: broken}
	var errs []error
	for _, err := range table.Rows(t.Context(), source, table.Query{Partition: "p"}) {
		errs = append(errs, err)
	}
	if len(errs) != 3 || !errors.Is(errs[2], broken) {
		t.Errorf("errors are %v", errs)
	}
	source = &pages{list: []table.Page{first}, err: broken}
	for range table.Rows(t.Context(), source, table.Query{Partition: "p"}) {
		break
	}
	if len(source.read) != 1 {
		t.Errorf("%d pages read after the reader left", len(source.read))
	}
}
