package tabletest

import (
	"math"
	"strings"
	"time"

	"handover/handler/adapter/table"
)

// values are the tests of what a column can hold.
func values() map[string]func(*fixture) {
	every := strings.Builder{}
	for b := range 256 {
		every.WriteByte(byte(b))
	}
	columns := map[string]table.Columns{
		"strings": {
			named("Empty", table.String("")), named("Space", table.String(" a  b ")), named("Quotes", table.String(`o'brien "x" \ <&>`)),
			named("Controls", table.String("a\tb\nc\x01")), named("Unicode", table.String("Ünïcödé 中文 😀 \u2028 é\u0301")),
			named("Number", table.String("42")), named("Truth", table.String("true")), named("Time", table.String("2020-01-01T00:00:00Z")),
			named("Longest", table.String(strings.Repeat("x", table.MaxString))), named("Wide", table.String(strings.Repeat("😀", table.MaxString/2))),
		},
		"booleans": {named("Yes", table.Bool(true)), named("No", table.Bool(false))},
		"integers": {
			named("Zero", table.Int(0)), named("Least", table.Int(math.MinInt64)), named("Most", table.Int(math.MaxInt64)),
			named("Precise", table.Int(1<<53+1)), named("Negative", table.Int(-1)),
		},
		"floats": {
			named("Zero", table.Float(0)), named("Whole", table.Float(3)), named("Half", table.Float(-0.5)), named("Third", table.Float(1.0/3)),
			named("Most", table.Float(math.MaxFloat64)), named("Least", table.Float(math.SmallestNonzeroFloat64)), named("Large", table.Float(1e21)),
		},
		"times": {
			named("Now", table.Time(time.Date(2026, 3, 4, 5, 6, 7, 891_234_500, time.UTC))), named("Whole", table.Time(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))),
			named("First", table.Time(time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC))), named("Epoch", table.Time(time.Unix(0, 0))),
			named("Last", table.Time(time.Date(9999, 12, 31, 23, 59, 59, 999_999_900, time.UTC))),
			named("Zone", table.Time(time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)))),
		},
		"bytes": {
			named("Empty", table.Bytes("")), named("Every", table.Bytes(every.String())), named("Longest", table.Bytes(strings.Repeat("\x00\xff", table.MaxBytes/2))),
		},
		"none": nil,
	}
	tests := map[string]func(*fixture){"value/each column alone": eachColumnAlone}
	for name, set := range columns {
		tests["value/"+name] = func(f *fixture) {
			f.must(insert("a", set...))
			f.holds("a", set...)
			page, err := f.table.Query(f.Context(), table.Query{Partition: partition})
			if err != nil || len(page.Entities) != 1 {
				f.Fatalf("Query answered %d rows, error %v", len(page.Entities), err)
			}
			f.same(set, page.Entities[0].Columns)
			if got := f.get("a").ETag; got != page.Entities[0].ETag {
				f.Errorf("Query shows ETag %q, Get %q", page.Entities[0].ETag, got)
			}
		}
	}
	return tests
}

// A projection reads a column as the whole row does, in any order asked for,
// and leaves out what is missing.
func eachColumnAlone(f *fixture) {
	row := table.Columns{named("S", table.String("s")), named("B", table.Bool(true)), named("I", table.Int(7)), named("Y", table.Bytes("y"))}
	f.must(insert("a", row...))
	for i := range row {
		f.same(row[i:i+1], f.get("a", row[i].Name).Columns)
	}
	f.same(table.Columns{row[0], row[3]}, f.get("a", "Y", "Missing", "S").Columns)
	f.same(nil, f.get("a", "Missing").Columns)
	page, err := f.table.Query(f.Context(), table.Query{
		Partition: partition, Columns: []string{"I"}, Where: []table.Condition{{Column: "S", Is: table.Equal, Value: table.String("s")}},
	})
	if err != nil || len(page.Entities) != 1 {
		f.Fatalf("a condition on a column that is not wanted: %d rows, error %v", len(page.Entities), err)
	}
	f.same(row[2:3], page.Entities[0].Columns)
}
