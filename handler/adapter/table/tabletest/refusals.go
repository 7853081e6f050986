package tabletest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// refusals are the tests of the limits: every engine refuses them alike, at the
// same operation, and does nothing.
func refusals() map[string]func(*fixture) {
	tests := map[string]func(*fixture){
		"limit/operations": func(f *fixture) {
			f.refused(table.NoOperation, fault.RowInvalid)
			f.refused(table.NoOperation, fault.RowInvalid, many(table.MaxOperations+1, 1, 1)...)
			f.lists(table.Query{}, "")
		},
		"limit/transaction of 4 MiB": func(f *fixture) {
			f.refused(8, fault.RowTooLarge, many(9, 15, table.MaxString)...)
			f.lists(table.Query{}, "")
			f.must(many(8, 15, table.MaxString)...)
		},
		"limit/largest row": func(f *fixture) {
			f.must(insert("r", wide(table.MaxColumns, 1)...))
			f.holds("r", wide(table.MaxColumns, 1)...)
			key := strings.Repeat("k", table.MaxKey)
			f.must(insert(key, wide(15, table.MaxString)...))
			f.holds(key, wide(15, table.MaxString)...)
			f.lists(table.Query{Columns: []string{"None"}}, key+" r")
		},
		"limit/merge beyond 252 columns": func(f *fixture) {
			f.must(insert("r", wide(table.MaxColumns, 1)...))
			f.refused(1, fault.RowTooLarge, insert("a"), merge("r", "", named("One", table.Int(1))))
			f.must(merge("r", "", wide(1, 2)...))
		},
		"limit/merge beyond 1 MiB": func(f *fixture) {
			f.must(insert("r", wide(15, table.MaxString)...))
			f.refused(1, fault.RowTooLarge, insert("a"), merge("r", "", named("One", table.String(strings.Repeat("x", table.MaxString)))))
			f.must(merge("r", "", wide(15, table.MaxString)...))
		},
		"limit/queries": refusedQueries,
		"limit/reads":   refusedReads,
	}
	for name, bad := range refusedOperations() {
		tests["limit/"+name] = func(f *fixture) {
			f.must(insert("there"))
			f.refused(1, bad.code, insert("a", number(1)), bad.operation, insert("b", number(1)))
			f.lists(table.Query{}, "there")
		}
	}
	return tests
}

// refusal is an operation that no engine takes.
type refusal struct {
	code      fault.Code
	operation table.Operation
}

func refusedOperations() map[string]refusal {
	column := func(name string, v table.Value) table.Operation { return insert("r", named(name, v)) }
	invalid := func(op table.Operation) refusal { return refusal{fault.RowInvalid, op} }
	large := func(op table.Operation) refusal { return refusal{fault.RowTooLarge, op} }
	return map[string]refusal{
		"row twice":                      invalid(merge("a", "", number(1))),
		"empty row key":                  invalid(insert("")),
		"long row key":                   invalid(insert(strings.Repeat("k", table.MaxKey+1))),
		"slash in a row key":             invalid(insert("a/b")),
		"quote in a row key":             invalid(insert("o'brien")),
		"zero byte in a row key":         invalid(insert("a\x00b")),
		"insert with If-Match":           invalid(table.Operation{Action: table.Insert, Row: "r", IfMatch: "x"}),
		"upsert with If-Match":           invalid(table.Operation{Action: table.Upsert, Row: "r", IfMatch: "x"}),
		"If-Match star":                  invalid(merge("there", "*", number(1))),
		"delete with columns":            invalid(table.Operation{Action: table.Delete, Row: "there", Columns: wide(1, 1)}),
		"unknown action":                 invalid(table.Operation{Row: "r"}),
		"column name empty":              invalid(column("", table.Int(1))),
		"column name with a dash":        invalid(column("a-b", table.Int(1))),
		"column name with a digit first": invalid(column("1a", table.Int(1))),
		"column name too long":           invalid(column(strings.Repeat("n", table.MaxName+1), table.Int(1))),
		"system column":                  invalid(column("Timestamp", table.Int(1))),
		"column twice":                   invalid(insert("r", number(1), number(2))),
		"column without a value":         invalid(column("A", table.Value{})),
		"invalid UTF-8":                  invalid(column("A", table.String("\xff"))),
		"not a number":                   invalid(column("A", table.Float(math.NaN()))),
		"time before 1601":               invalid(column("A", table.Time(time.Date(1600, 12, 31, 0, 0, 0, 0, time.UTC)))),
		"time after 9999":                invalid(column("A", table.Time(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)))),
		"253 columns":                    large(insert("r", wide(table.MaxColumns+1, 1)...)),
		"long string":                    large(column("A", table.String(strings.Repeat("x", table.MaxString+1)))),
		"long string in UTF-16":          large(column("A", table.String(strings.Repeat("😀", table.MaxString/2)+"x"))),
		"long bytes":                     large(column("A", table.Bytes(strings.Repeat("x", table.MaxBytes+1)))),
		"row of more than 1 MiB":         large(insert("r", wide(16, table.MaxString)...)),
	}
}

// wide makes n columns of strings of a length.
func wide(n, length int) table.Columns {
	columns := make(table.Columns, n)
	for i := range columns {
		columns[i] = named(fmt.Sprintf("C%d", i), table.String(strings.Repeat("x", length)))
	}
	return columns
}

// many makes n inserts of wide rows.
func many(n, columns, length int) []table.Operation {
	operations := make([]table.Operation, n)
	for i := range operations {
		operations[i] = insert(fmt.Sprintf("r-%03d", i), wide(columns, length)...)
	}
	return operations
}

func refusedQueries(f *fixture) {
	equal := table.Condition{Column: "N", Is: table.Equal, Value: table.Int(1)}
	thirteen := make([]table.Condition, table.MaxConditions+1)
	for i := range thirteen {
		thirteen[i] = equal
	}
	f.must(insert("r", number(1)))
	f.lists(table.Query{Where: thirteen[1:], Limit: table.MaxPage}, "r")
	for _, q := range []table.Query{
		{},
		{Partition: "a/b"},
		{Partition: partition, From: "a'"},
		{Partition: partition, To: "a b"},
		{Partition: partition, After: "%"},
		{Partition: partition, Limit: -1},
		{Partition: partition, Limit: table.MaxPage + 1},
		{Partition: partition, Where: thirteen},
		{Partition: partition, Columns: []string{"RowKey"}},
		{Partition: partition, Where: []table.Condition{{Column: "N", Is: "ne", Value: table.Int(1)}}},
	} {
		_, err := f.table.Query(f.Context(), q)
		f.isFault(err, table.NoOperation, fault.RowInvalid)
	}
}

func refusedReads(f *fixture) {
	for _, keys := range [][2]string{{"", "r"}, {partition, ""}, {partition, "a/b"}, {"a/b", "r"}} {
		_, err := f.table.Get(f.Context(), keys[0], keys[1])
		f.isFault(err, table.NoOperation, fault.RowInvalid)
	}
	_, err := f.table.Get(f.Context(), partition, "r", "a-b")
	f.isFault(err, table.NoOperation, fault.RowInvalid)
	_, err = f.table.Transact(f.Context(), "a/b", []table.Operation{insert("r")})
	f.isFault(err, table.NoOperation, fault.RowInvalid)
}
