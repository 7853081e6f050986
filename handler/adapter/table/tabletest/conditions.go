package tabletest

import (
	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// conditions are the tests of what makes an operation fail, and of the index.
func conditions() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"condition/insert of a row that is there": func(f *fixture) {
			f.must(insert("r", number(1)))
			f.refused(0, fault.RowExists, insert("r", number(2)))
			f.refused(2, fault.RowExists, insert("a"), insert("b"), insert("r", number(2)), insert("c"))
			f.holds("r", number(1))
			f.lists(table.Query{}, "r")
		},
		"condition/missing rows": func(f *fixture) {
			etag := f.must(insert("r", number(1)))[0]
			for _, op := range []table.Operation{
				merge("x", "", number(1)), replace("x", "", number(1)), remove("x", ""),
				merge("x", etag, number(1)), replace("x", etag, number(1)), remove("x", etag),
			} {
				f.refused(0, fault.RowNotFound, op)
				f.refused(1, fault.RowNotFound, insert("a"), op)
			}
			f.absent("x")
			f.absent("a")
		},
		"condition/stale ETag": func(f *fixture) {
			stale := f.must(insert("r", number(1)))[0]
			f.must(merge("r", stale, number(2)))
			for _, op := range []table.Operation{merge("r", stale, number(3)), replace("r", stale, number(3)), remove("r", stale)} {
				f.refused(0, fault.RowChanged, op)
				f.refused(2, fault.RowChanged, insert("a"), upsert("b"), op)
			}
			f.holds("r", number(2))
		},
		"condition/ETag of a deleted row": func(f *fixture) {
			stale := f.must(insert("r", number(1)))[0]
			f.must(remove("r", ""))
			f.must(insert("r", number(1)))
			f.refused(0, fault.RowChanged, merge("r", stale, number(2)))
		},
		"condition/current ETags": func(f *fixture) {
			etag := f.must(insert("r", number(1)))[0]
			etag = f.must(merge("r", etag, number(2)))[0]
			etag = f.must(replace("r", etag, number(3)))[0]
			f.holds("r", number(3))
			f.must(remove("r", etag))
			f.absent("r")
		},
		"condition/only one of two updates wins": func(f *fixture) {
			f.must(insert("r", number(0)))
			first, second := f.get("r"), f.get("r")
			f.must(merge("r", first.ETag, number(1)))
			f.refused(0, fault.RowChanged, merge("r", second.ETag, number(2)))
			f.holds("r", number(1))
			f.must(merge("r", f.get("r").ETag, number(2)))
			f.holds("r", number(2))
		},
		"condition/the first failing operation is named": func(f *fixture) {
			f.must(insert("r", number(1)))
			f.refused(1, fault.RowExists, insert("a"), insert("r"), remove("x", ""))
			f.refused(1, fault.RowNotFound, insert("a"), remove("x", ""), insert("r"))
		},
	}
}
