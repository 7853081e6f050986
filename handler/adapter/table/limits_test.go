package table_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// refusal is what a test expects of an error: fine has an empty code.
type refusal struct {
	Index int
	Code  fault.Code
}

var fine = refusal{Index: table.NoOperation}

func refusalOf(err error) refusal {
	if err == nil {
		return fine
	}
	return refusal{table.FailedOperation(err), fault.Of(err).Code}
}

func insert(row string, columns ...table.Column) table.Operation {
	return table.Operation{Action: table.Insert, Row: row, Columns: columns}
}

func text(s string) table.Column { return table.Column{Name: "Text", Value: table.String(s)} }

func columns(n, length int) table.Columns {
	made := make(table.Columns, n)
	for i := range made {
		made[i] = table.Column{Name: fmt.Sprintf("C%d", i), Value: table.String(strings.Repeat("x", length))}
	}
	return made
}

func inserts(n, columnsEach, length int) []table.Operation {
	made := make([]table.Operation, n)
	for i := range made {
		made[i] = table.Operation{Action: table.Insert, Row: fmt.Sprintf("r-%d", i), Columns: columns(columnsEach, length)}
	}
	return made
}

func TestCheckOperations(t *testing.T) {
	long := strings.Repeat("k", table.MaxKey)
	tests := []struct {
		name       string
		partition  string
		operations []table.Operation
		want       refusal
	}{
		{"none", "p", nil, refusal{table.NoOperation, fault.RowInvalid}},
		{"one hundred", "p", inserts(100, 1, 1), fine},
		{"one too many", "p", inserts(101, 1, 1), refusal{table.NoOperation, fault.RowInvalid}},
		{"longest keys of the whole alphabet", long, []table.Operation{insert("-._~09azAZ"), insert(long)}, fine},
		{"empty partition", "", inserts(1, 1, 1), refusal{table.NoOperation, fault.RowInvalid}},
		{"partition too long", long + "k", inserts(1, 1, 1), refusal{table.NoOperation, fault.RowInvalid}},
		{"slash in a partition", "a/b", inserts(1, 1, 1), refusal{table.NoOperation, fault.RowInvalid}},
		{"empty row", "p", []table.Operation{insert("a"), insert("")}, refusal{1, fault.RowInvalid}},
		{"row too long", "p", []table.Operation{insert("a"), insert(long + "k")}, refusal{1, fault.RowInvalid}},
		{"quote in a row", "p", []table.Operation{insert("o'brien")}, refusal{0, fault.RowInvalid}},
		{"zero byte in a row", "p", []table.Operation{insert("a\x00b")}, refusal{0, fault.RowInvalid}},
		{"umlaut in a row", "p", []table.Operation{insert("ü")}, refusal{0, fault.RowInvalid}},
		{"row twice", "p", []table.Operation{insert("a"), insert("b"), {Action: table.Delete, Row: "a"}}, refusal{2, fault.RowInvalid}},
		{"insert with If-Match", "p", []table.Operation{{Action: table.Insert, Row: "a", IfMatch: "1"}}, refusal{0, fault.RowInvalid}},
		{"upsert with If-Match", "p", []table.Operation{{Action: table.Upsert, Row: "a", IfMatch: "1"}}, refusal{0, fault.RowInvalid}},
		{"star for any version", "p", []table.Operation{{Action: table.Merge, Row: "a", IfMatch: "*"}}, refusal{0, fault.RowInvalid}},
		{"delete with columns", "p", []table.Operation{{Action: table.Delete, Row: "a", Columns: columns(1, 1)}}, refusal{0, fault.RowInvalid}},
		{"no action", "p", []table.Operation{{Row: "a"}}, refusal{0, fault.RowInvalid}},
		{"unknown action", "p", []table.Operation{{Action: table.Upsert + 1, Row: "a"}}, refusal{0, fault.RowInvalid}},
		{"just below 4 MiB", "p", inserts(8, 15, 32_768), fine},
		{"above 4 MiB at the ninth", "p", inserts(9, 15, 32_768), refusal{8, fault.RowTooLarge}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, refusalOf(table.Check(test.partition, test.operations))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Escapes count: what JSON makes of a string decides whether it fits the wire.
func TestCheckCountsEscapesOnTheWire(t *testing.T) {
	for name, want := range map[string]refusal{"x": fine, "<": {2, fault.RowTooLarge}, "\u2028": {2, fault.RowTooLarge}, "\x01": {2, fault.RowTooLarge}} {
		operations := []table.Operation{insert("a"), insert("b"), insert("c")}
		for i := range operations {
			for c := range 10 {
				operations[i].Columns = append(operations[i].Columns,
					table.Column{Name: fmt.Sprintf("C%d", c), Value: table.String(strings.Repeat(name, 24_000))})
			}
		}
		if diff := cmp.Diff(want, refusalOf(table.Check("p", operations))); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
}

func TestCheckColumns(t *testing.T) {
	at := func(year int) table.Value { return table.Time(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)) }
	tests := []struct {
		name    string
		columns table.Columns
		want    fault.Code
	}{
		{"none", nil, ""},
		{"252 columns", columns(252, 1), ""},
		{"253 columns", columns(253, 1), fault.RowTooLarge},
		{"longest name", table.Columns{{strings.Repeat("n", 255), table.Int(1)}}, ""},
		{"name too long", table.Columns{{strings.Repeat("n", 256), table.Int(1)}}, fault.RowInvalid},
		{"empty name", table.Columns{{"", table.Int(1)}}, fault.RowInvalid},
		{"name with underscore and digit", table.Columns{{"_1", table.Int(1)}}, ""},
		{"name that begins with a digit", table.Columns{{"1a", table.Int(1)}}, fault.RowInvalid},
		{"name with a dash", table.Columns{{"a-b", table.Int(1)}}, fault.RowInvalid},
		{"name with a colon", table.Columns{{"a:b", table.Int(1)}}, fault.RowInvalid},
		{"system name PartitionKey", table.Columns{{"PartitionKey", table.Int(1)}}, fault.RowInvalid},
		{"system name RowKey", table.Columns{{"RowKey", table.Int(1)}}, fault.RowInvalid},
		{"system name Timestamp", table.Columns{{"Timestamp", table.Int(1)}}, fault.RowInvalid},
		{"name twice", table.Columns{text("a"), {"B", table.Int(1)}, text("b")}, fault.RowInvalid},
		{"no value", table.Columns{{"A", table.Value{}}}, fault.RowInvalid},
		{"longest string", table.Columns{text(strings.Repeat("x", 32_768))}, ""},
		{"string too long", table.Columns{text(strings.Repeat("x", 32_769))}, fault.RowTooLarge},
		{"longest string of three-byte characters", table.Columns{text(strings.Repeat("中", 32_768))}, ""},
		{"longest string of surrogate pairs", table.Columns{text(strings.Repeat("😀", 16_384))}, ""},
		{"one surrogate pair too many", table.Columns{text(strings.Repeat("😀", 16_385))}, fault.RowTooLarge},
		{"string that is no UTF-8", table.Columns{text("a\xff")}, fault.RowInvalid},
		{"longest bytes", table.Columns{{"B", table.Bytes(strings.Repeat("\xff", 65_536))}}, ""},
		{"bytes too long", table.Columns{{"B", table.Bytes(strings.Repeat("\xff", 65_537))}}, fault.RowTooLarge},
		{"time before 1601", table.Columns{{"T", at(1600)}}, fault.RowInvalid},
		{"zero time", table.Columns{{"T", table.Time(time.Time{})}}, fault.RowInvalid},
		{"first time", table.Columns{{"T", at(1601)}}, ""},
		{"last time", table.Columns{{"T", table.Time(time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC))}}, ""},
		{"time after 9999", table.Columns{{"T", at(10_000)}}, fault.RowInvalid},
		{"time beyond all ticks", table.Columns{{"T", table.Time(time.Unix(1<<60, 0))}}, fault.RowInvalid},
		{"not a number", table.Columns{{"F", table.Float(math.NaN())}}, fault.RowInvalid},
		{"infinity", table.Columns{{"F", table.Float(math.Inf(-1))}}, fault.RowInvalid},
		{"entity over 1 MiB in UTF-16", columns(17, 32_768), fault.RowTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := fine
			if test.want != "" {
				want = refusal{1, test.want}
			}
			operations := []table.Operation{insert("a"), insert("b", test.columns...)}
			if diff := cmp.Diff(want, refusalOf(table.Check("p", operations))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The largest entity is exactly 1 MiB, and one byte more is refused.
func TestCheckEntityAtTheByte(t *testing.T) {
	row := columns(16, 32_700)
	rest := table.MaxEntity - table.Size("p", "b", row) - 8 - 2*len("Z") - 4
	for extra, want := range []refusal{fine, {0, fault.RowTooLarge}} {
		full := append(row[:16:16], table.Column{Name: "Z", Value: table.Bytes(strings.Repeat("z", rest+extra))})
		if diff := cmp.Diff(want, refusalOf(table.Check("p", []table.Operation{insert("b", full...)}))); diff != "" {
			t.Errorf("%d bytes: %s", table.Size("p", "b", full), diff)
		}
	}
}

func TestSize(t *testing.T) {
	row := table.Columns{
		text("é😀"),
		{"B", table.Bytes("123")},
		{"I", table.Int(1)},
		{"F", table.Float(1)},
		{"T", table.Time(time.Unix(0, 0))},
		{"Y", table.Bool(true)},
	}
	want := 4 + 2*3 + (8 + 8 + 4 + 6) + (8 + 2 + 4 + 3) + 3*(8+2+8) + (8 + 2 + 1)
	if got := table.Size("p", "rr", row); got != want {
		t.Errorf("Size = %d, want %d", got, want)
	}
}

func TestSizeCountsUTF16(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		got := table.Size("", "", table.Columns{{"", table.String(s)}}) - 4 - 8 - 4
		if want := 2 * len(utf16.Encode([]rune(s))); got != want {
			t.Fatalf("%q counts %d bytes, want %d", s, got, want)
		}
	})
}

func TestCheckQuery(t *testing.T) {
	where := func(n int, c table.Condition) []table.Condition {
		made := make([]table.Condition, n)
		for i := range made {
			made[i] = c
		}
		return made
	}
	active := table.Condition{Column: "A", Is: table.Equal, Value: table.Bool(true)}
	tests := []struct {
		name  string
		query table.Query
		want  fault.Code
	}{
		{"whole partition", table.Query{Partition: "p"}, ""},
		{"everything at its limit", table.Query{Partition: "p", From: "a", To: "b.", After: "a-", Limit: 1000, Where: where(12, active), Columns: []string{"A"}}, ""},
		{"no partition", table.Query{}, fault.RowInvalid},
		{"bad From", table.Query{Partition: "p", From: "a b"}, fault.RowInvalid},
		{"bad To", table.Query{Partition: "p", To: "a%"}, fault.RowInvalid},
		{"bad After", table.Query{Partition: "p", After: "a'"}, fault.RowInvalid},
		{"negative limit", table.Query{Partition: "p", Limit: -1}, fault.RowInvalid},
		{"limit above a page", table.Query{Partition: "p", Limit: 1001}, fault.RowInvalid},
		{"13 conditions", table.Query{Partition: "p", Where: where(13, active)}, fault.RowInvalid},
		{"bad column in a condition", table.Query{Partition: "p", Where: where(1, table.Condition{Column: "a b", Is: table.Equal, Value: table.Int(1)})}, fault.RowInvalid},
		{"unknown comparison", table.Query{Partition: "p", Where: where(1, table.Condition{Column: "A", Is: "ne", Value: table.Int(1)})}, fault.RowInvalid},
		{"order of booleans", table.Query{Partition: "p", Where: where(1, table.Condition{Column: "A", Is: table.Less, Value: table.Bool(true)})}, fault.RowInvalid},
		{"order of bytes", table.Query{Partition: "p", Where: where(1, table.Condition{Column: "A", Is: table.Greater, Value: table.Bytes("1")})}, fault.RowInvalid},
		{"condition without a value", table.Query{Partition: "p", Where: where(1, table.Condition{Column: "A", Is: table.Equal})}, fault.RowInvalid},
		{"filter too long", table.Query{Partition: "p", Where: where(1, table.Condition{Column: "A", Is: table.Equal, Value: table.String(strings.Repeat("x", 8192))})}, fault.RowInvalid},
		{"bad column wanted", table.Query{Partition: "p", Columns: []string{"A", "RowKey"}}, fault.RowInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(refusal{table.NoOperation, test.want}, refusalOf(table.CheckQuery(test.query))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckGet(t *testing.T) {
	tests := []struct {
		name           string
		partition, row string
		columns        []string
		want           fault.Code
	}{
		{"fine", "p", "r", []string{"A"}, ""},
		{"bad partition", "p/", "r", nil, fault.RowInvalid},
		{"bad row", "p", "r/", nil, fault.RowInvalid},
		{"bad column", "p", "r", []string{"a-b"}, fault.RowInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := refusalOf(table.CheckGet(test.partition, test.row, test.columns))
			if diff := cmp.Diff(refusal{table.NoOperation, test.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	operations := inserts(6, 7, 100)
	b.ReportAllocs()
	for b.Loop() {
		if err := table.Check("tenant", operations); err != nil {
			b.Fatal(err)
		}
	}
}
