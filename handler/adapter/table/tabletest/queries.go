package tabletest

import (
	"fmt"
	"strings"
	"time"

	"handover/handler/adapter/table"
)

// queries are the tests of ranges, pages and comparisons.
func queries() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"query/empty partition": func(f *fixture) {
			page, err := f.table.Query(f.Context(), table.Query{Partition: "nobody"})
			if err != nil || len(page.Entities) != 0 || page.More {
				f.Fatalf("answered %+v, error %v", page, err)
			}
		},
		"query/ranges":                  ranges,
		"query/order of the alphabet":   alphabet,
		"query/pages":                   pageByPage,
		"query/more than one thousand":  thousands,
		"query/After a row that is not": afterMissing,
		"query/comparisons":             comparisons,
		"query/conjunction and pages":   conjunction,
	}
}

func (f *fixture) insertAll(rows string) {
	f.Helper()
	var operations []table.Operation
	for i, row := range strings.Fields(rows) {
		operations = append(operations, insert(row, number(int64(i))))
	}
	f.must(operations...)
}

func ranges(f *fixture) {
	f.insertAll("m-1 q u- u-1 u-10 u-2 u-z u.a v")
	for _, test := range []struct {
		query table.Query
		want  string
	}{
		{table.Query{}, "m-1 q u- u-1 u-10 u-2 u-z u.a v"},
		{table.Query{From: "u-", To: "u."}, "u- u-1 u-10 u-2 u-z"},
		{table.Query{From: "u-1", To: "u-2"}, "u-1 u-10"},
		{table.Query{From: "u-11"}, "u-2 u-z u.a v"},
		{table.Query{To: "u-"}, "m-1 q"},
		{table.Query{From: "q", To: "q"}, ""},
		{table.Query{From: "v", To: "a"}, ""},
		{table.Query{From: "w"}, ""},
		{table.Query{After: "u-1"}, "u-10 u-2 u-z u.a v"},
		{table.Query{From: "a", After: "u-z"}, "u.a v"},
		{table.Query{From: "u-2", After: "q", To: "u-10"}, "u- u-1"},
		{table.Query{After: "v"}, ""},
	} {
		f.lists(test.query, test.want)
		test.query.Limit = 1
		f.lists(test.query, test.want)
	}
}

// All engines sort keys by their bytes, also where a key begins another one.
func alphabet(f *fixture) {
	f.insertAll("~ z a _ Z A 9 0 . - -- aa a- a~ a. a0")
	f.lists(table.Query{}, "- -- . 0 9 A Z _ a a- a. a0 aa a~ z ~")
	f.lists(table.Query{From: "a", To: "a."}, "a a-")
}

func pageByPage(f *fixture) {
	f.insertAll("a b c d e f g")
	for limit := 1; limit <= 8; limit++ {
		q := table.Query{Partition: partition, From: "b", To: "g", Limit: limit}
		var read []string
		for {
			page, err := f.table.Query(f.Context(), q)
			if err != nil {
				f.Fatal(err)
			}
			if len(page.Entities) > limit {
				f.Fatalf("a page of %d rows for limit %d", len(page.Entities), limit)
			}
			for _, e := range page.Entities {
				read = append(read, e.Row)
			}
			if !page.More {
				break
			}
			q.After = page.Next
		}
		if got := strings.Join(read, ""); got != "bcdef" {
			f.Errorf("limit %d: read %s", limit, got)
		}
	}
}

func thousands(f *fixture) {
	const rows = table.MaxPage + 105
	var want []string
	for start := 0; start < rows; start += table.MaxOperations {
		var operations []table.Operation
		for i := start; i < min(start+table.MaxOperations, rows); i++ {
			row := fmt.Sprintf("r-%05d", i)
			want = append(want, row)
			operations = append(operations, insert(row))
		}
		f.must(operations...)
	}
	page, err := f.table.Query(f.Context(), table.Query{Partition: partition})
	if err != nil || len(page.Entities) > table.MaxPage || !page.More {
		f.Fatalf("first page has %d rows, more %v, error %v", len(page.Entities), page.More, err)
	}
	f.lists(table.Query{}, strings.Join(want, " "))
}

// A cursor outlives the row that it names.
func afterMissing(f *fixture) {
	f.insertAll("a c e")
	f.must(remove("c", ""))
	f.lists(table.Query{After: "c"}, "e")
	f.lists(table.Query{After: "b"}, "e")
}

func comparisons(f *fixture) {
	at := func(s int64) table.Value { return table.Time(time.Unix(1_700_000_000+s, 100)) }
	ordered := map[string][3]table.Value{
		"Text":    {table.String("Abe"), table.String("abe"), table.String("b")},
		"Whole":   {table.Int(-5), table.Int(9), table.Int(1 << 53)},
		"Decimal": {table.Float(-1.5), table.Float(0.25), table.Float(1e10)},
		"Moment":  {at(-1), at(0), at(1)},
	}
	for column, v := range ordered {
		f.must(upsert(column+"1", named(column, v[0])), upsert(column+"2", named(column, v[1])), upsert(column+"3", named(column, v[2])))
	}
	f.must(insert("none"), insert("yes", named("Truth", table.Bool(true))), insert("no", named("Truth", table.Bool(false))),
		insert("raw", named("Raw", table.Bytes("\x00\xff"))), insert("raw2", named("Raw", table.Bytes("\x00"))), insert("empty", named("Void", table.String(""))))

	for column, v := range ordered {
		for is, want := range map[table.Comparison]string{
			table.Equal: "2", table.Greater: "3", table.GreaterEqual: "2 3", table.Less: "1", table.LessEqual: "1 2",
		} {
			want = column + strings.ReplaceAll(want, " ", " "+column)
			f.lists(where(column, is, v[1]), want)
		}
	}
	f.lists(where("Truth", table.Equal, table.Bool(true)), "yes")
	f.lists(where("Truth", table.Equal, table.Bool(false)), "no")
	f.lists(where("Raw", table.Equal, table.Bytes("\x00\xff")), "raw")
	f.lists(where("Void", table.Equal, table.String("")), "empty")
	f.lists(where("Missing", table.Equal, table.String("")), "")
	f.lists(where("Missing", table.LessEqual, table.Int(1<<62)), "")
	f.lists(where("Text", table.Equal, table.Int(9)), "")
	f.lists(where("Whole", table.Equal, table.String("9")), "")
	f.lists(where("Truth", table.Equal, table.String("true")), "")
	f.lists(where("Text", table.Equal, table.String("o'brien")), "")
}

func where(column string, is table.Comparison, v table.Value) table.Query {
	return table.Query{Where: []table.Condition{{Column: column, Is: is, Value: v}}}
}

func conjunction(f *fixture) {
	var operations []table.Operation
	for i := range 60 {
		operations = append(operations, insert(fmt.Sprintf("r-%02d", i),
			number(int64(i)), named("Even", table.Bool(i%2 == 0)), named("Quote", table.String("o'brien"))))
	}
	f.must(operations...)
	q := table.Query{From: "r-05", To: "r-50", Where: []table.Condition{
		{Column: "Even", Is: table.Equal, Value: table.Bool(true)},
		{Column: "N", Is: table.Greater, Value: table.Int(10)},
		{Column: "N", Is: table.LessEqual, Value: table.Int(20)},
		{Column: "Quote", Is: table.Equal, Value: table.String("o'brien")},
	}}
	for _, limit := range []int{0, 1, 2, 100} {
		q.Limit = limit
		f.lists(q, "r-12 r-14 r-16 r-18 r-20")
	}
}
