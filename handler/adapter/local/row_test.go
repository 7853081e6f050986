package local

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/adapter/table"
)

// anyColumns draws columns with distinct names.
func anyColumns() *rapid.Generator[table.Columns] {
	return rapid.Custom(func(t *rapid.T) table.Columns {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_]{0,8}`), 0, 12, rapid.ID).Draw(t, "names")
		var columns table.Columns
		for _, name := range names {
			columns = append(columns, table.Column{Name: name, Value: anyValue().Draw(t, name)})
		}
		return columns
	})
}

func anyValue() *rapid.Generator[table.Value] {
	return rapid.OneOf(
		rapid.Map(rapid.String(), table.String),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) table.Value { return table.Bytes(string(b)) }),
		rapid.Map(rapid.Bool(), table.Bool),
		rapid.Map(rapid.Int64(), table.Int),
		rapid.Map(rapid.Float64(), table.Float),
		rapid.Custom(func(t *rapid.T) table.Value { return numeric(table.KindTime, uint64(rapid.Int64().Draw(t, "ticks"))) }),
	)
}

// sameColumns compares values with ==, which the port promises.
var sameColumns = cmp.Comparer(func(a, b table.Value) bool { return a == b })

func encode(columns table.Columns) []byte { return appendRow(nil, columns) }

func TestRowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyColumns().Draw(t, "columns")
		row := encode(want)
		if len(row) > rowSize(want) {
			t.Fatalf("%d bytes, bound %d", len(row), rowSize(want))
		}
		setVersion(row, 0xBEEF)
		var d decoder
		got, err := d.entity([]byte("key"), row)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(table.Entity{Row: "key", ETag: "beef", Columns: want}, got, sameColumns); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestProjectionIsAPartOfTheRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := anyColumns().Draw(t, "columns")
		wanted := []string{"missing column"}
		var want table.Columns
		for _, c := range columns {
			if rapid.Bool().Draw(t, "wanted") {
				wanted, want = append(wanted, c.Name), append(want, c)
			}
		}
		d := decoder{wanted: wanted}
		got, err := d.entity(nil, encode(columns))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Columns, sameColumns); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Merging encoded rows is merging columns.
func TestMergeRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, change := anyColumns().Draw(t, "old"), anyColumns().Draw(t, "change")
		want := table.Columns{}
		for _, c := range old {
			if change.Get(c.Name).Kind() == table.KindNone {
				want = append(want, c)
			}
		}
		want = append(want, change...)
		merged, err := mergeRows(encode(old), encode(change))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(want), merged) {
			t.Fatalf("merged row is %x, want %x", merged, encode(want))
		}
	})
}

// Arbitrary bytes are a row or an error; a row decodes and encodes to itself.
func FuzzRow(f *testing.F) {
	f.Add(encode(nil), "A")
	f.Add(encode(table.Columns{{Name: "A", Value: table.String("x")}, {Name: "B", Value: table.Int(-1)}, {Name: "C", Value: table.Bool(true)}}), "B")
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 1, 'A', 255, 255, 255, 255, 255}, "A")
	f.Fuzz(func(t *testing.T, row []byte, name string) {
		projection := decoder{wanted: []string{name}}
		_, _ = projection.entity(nil, row)
		_, _ = matches(row, []table.Condition{{Column: name, Is: table.Equal, Value: table.String("x")}})
		_, _ = mergeRows(row, encode(nil))
		var d decoder
		first, err := d.entity(nil, row)
		if err != nil {
			return
		}
		again, err := d.entity(nil, encode(first.Columns))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.Columns, again.Columns, sameColumns); diff != "" {
			t.Fatal(diff)
		}
	})
}
