package local_test

import (
	"path/filepath"
	"testing"

	"handover/handler/adapter/local"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
)

// open opens a data file of the test's own and closes it at the end.
func open(tb testing.TB) *local.File {
	tb.Helper()
	return openAt(tb, filepath.Join(tb.TempDir(), "handover.db"))
}

func openAt(tb testing.TB, path string) *local.File {
	tb.Helper()
	file, err := local.Open(path, local.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := file.Close(); err != nil {
			tb.Error(err)
		}
	})
	return file
}

func TestConformance(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) table.Table { return open(t).Table("directory") })
}

// Consumers of short pages rely on this wrapper, so it has to pass as well.
func TestConformanceOfShortPages(t *testing.T) {
	seed := uint64(0)
	tabletest.Run(t, func(t *testing.T) table.Table {
		seed++
		return tabletest.ShortPages(open(t).Table("directory"), seed)
	})
}

// Tables of one file are apart, also where one name begins another.
func TestTablesAreApart(t *testing.T) {
	file := open(t)
	one, other := file.Table("directory"), file.Table("directory2")
	if _, err := one.Transact(t.Context(), "p", []table.Operation{{Action: table.Insert, Row: "r"}}); err != nil {
		t.Fatal(err)
	}
	page, err := other.Query(t.Context(), table.Query{Partition: "p"})
	if err != nil || len(page.Entities) != 0 {
		t.Fatalf("the other table has %d rows, error %v", len(page.Entities), err)
	}
	if _, err := file.Table("directory").Get(t.Context(), "p", "r"); err != nil {
		t.Error(err)
	}
}
