package tabletest

import (
	"context"
	"errors"
	"fmt"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// writes are the tests of the actions and of all or nothing.
func writes() map[string]func(*fixture) {
	a1, a2, b1 := named("A", table.Int(1)), named("A", table.String("two")), named("B", table.Bool(true))
	return map[string]func(*fixture){
		"write/merge keeps the other columns": func(f *fixture) {
			f.must(insert("r", a1, b1))
			f.must(merge("r", "", a2, named("C", table.Int(3))))
			f.holds("r", a2, b1, named("C", table.Int(3)))
			f.must(merge("r", ""))
			f.holds("r", a2, b1, named("C", table.Int(3)))
		},
		"write/replace drops the other columns": func(f *fixture) {
			f.must(insert("r", a1, b1))
			f.must(replace("r", "", a2))
			f.holds("r", a2)
			f.must(replace("r", ""))
			f.holds("r")
		},
		"write/upsert inserts and replaces": func(f *fixture) {
			f.must(upsert("r", a1, b1))
			f.holds("r", a1, b1)
			f.must(upsert("r", a2))
			f.holds("r", a2)
		},
		"write/delete, then insert": func(f *fixture) {
			f.must(insert("r", a1, b1))
			f.must(remove("r", ""))
			f.absent("r")
			f.lists(table.Query{}, "")
			f.must(insert("r", a2))
			f.holds("r", a2)
		},
		"write/partitions are apart": func(f *fixture) {
			f.must(insert("r", a1))
			for _, other := range []string{"tenant-10", "tenant-", "tenant", "~"} {
				if _, err := f.table.Transact(f.Context(), other, []table.Operation{insert("r", a2)}); err != nil {
					f.Fatal(err)
				}
			}
			f.must(remove("r", ""))
			f.absent("r")
			f.lists(table.Query{}, "")
			entity, err := f.table.Get(f.Context(), "tenant-10", "r")
			if err != nil {
				f.Fatal(err)
			}
			f.same(table.Columns{a2}, entity.Columns)
			f.lists(table.Query{Partition: "tenant"}, "r")
		},
		"write/every version has its own ETag": etagsNeverRepeat,
		"write/one hundred operations":         oneHundred,
		"write/all or nothing":                 allOrNothing,
		"write/a context that has ended":       endedContext,
	}
}

func etagsNeverRepeat(f *fixture) {
	seen := map[string]bool{}
	note := func(etag string) {
		f.Helper()
		if etag == "" || seen[etag] {
			f.Fatalf("ETag %q is empty or came before", etag)
		}
		seen[etag] = true
	}
	for range 3 {
		note(f.must(insert("r", number(1)))[0])
		note(f.must(merge("r", "", number(1)))[0])
		note(f.must(replace("r", "", number(1)))[0])
		last := f.must(upsert("r", number(1)))[0]
		note(last)
		if got := f.get("r").ETag; got != last {
			f.Fatalf("Transact answered ETag %q, Get shows %q", last, got)
		}
		if etags := f.must(remove("r", last)); etags[0] != "" {
			f.Fatalf("a delete answered ETag %q", etags[0])
		}
	}
}

func oneHundred(f *fixture) {
	var operations []table.Operation
	for i := range table.MaxOperations {
		operations = append(operations, insert(fmt.Sprintf("r-%03d", i), number(int64(i))))
	}
	etags := f.must(operations...)
	for _, i := range []int{0, 50, 99} {
		entity := f.get(operations[i].Row)
		f.same(operations[i].Columns, entity.Columns)
		if entity.ETag != etags[i] {
			f.Errorf("operation %d answered ETag %q, the row has %q", i, etags[i], entity.ETag)
		}
	}
}

// A transaction that fails at its end leaves no trace of any of its actions.
func allOrNothing(f *fixture) {
	f.must(insert("merged", number(1)), insert("replaced", number(1)), insert("deleted", number(1)), insert("upserted", number(1)))
	before := f.get("merged").ETag
	f.refused(6, fault.RowNotFound,
		insert("inserted", number(2)), merge("merged", "", number(2)), replace("replaced", "", number(2)), remove("deleted", ""),
		upsert("upserted", number(2)), upsert("new", number(2)), merge("missing", "", number(2)), insert("never", number(2)))
	f.lists(table.Query{}, "deleted merged replaced upserted")
	for _, row := range []string{"merged", "replaced", "deleted", "upserted"} {
		f.holds(row, number(1))
	}
	if after := f.get("merged").ETag; after != before {
		f.Errorf("the ETag went from %q to %q", before, after)
	}
}

func endedContext(f *fixture) {
	f.must(insert("r", number(1)))
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	_, getErr := f.table.Get(ctx, partition, "r")
	_, queryErr := f.table.Query(ctx, table.Query{Partition: partition})
	_, writeErr := f.table.Transact(ctx, partition, []table.Operation{remove("r", "")})
	for _, err := range []error{getErr, queryErr, writeErr} {
		if !errors.Is(err, context.Canceled) {
			f.Errorf("error is %v, want that of the context", err)
		}
	}
	f.holds("r", number(1))
}
