// Package tabletest holds every engine to the table port: one conformance suite
// that all of them pass, and wrappers that make an engine behave as badly as
// Azure sometimes does.
package tabletest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// Run checks an engine. open gives an empty table of its own to each test; it
// may name it after t.Name().
func Run(t *testing.T, open func(t *testing.T) table.Table) {
	tests := map[string]func(*fixture){}
	for _, group := range []map[string]func(*fixture){values(), writes(), conditions(), refusals(), queries(), concurrency()} {
		maps.Copy(tests, group)
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) { tests[name](&fixture{T: t, table: open(t)}) })
	}
}

// partition is where most tests keep their rows.
const partition = "tenant-1"

// fixture is one test with its table.
type fixture struct {
	*testing.T
	table table.Table
}

// row, columns and operations in short.

func named(name string, value table.Value) table.Column {
	return table.Column{Name: name, Value: value}
}

func number(n int64) table.Column { return named("N", table.Int(n)) }

func insert(row string, columns ...table.Column) table.Operation {
	return table.Operation{Action: table.Insert, Row: row, Columns: columns}
}

func upsert(row string, columns ...table.Column) table.Operation {
	return table.Operation{Action: table.Upsert, Row: row, Columns: columns}
}

func replace(row, ifMatch string, columns ...table.Column) table.Operation {
	return table.Operation{Action: table.Replace, Row: row, IfMatch: ifMatch, Columns: columns}
}

func merge(row, ifMatch string, columns ...table.Column) table.Operation {
	return table.Operation{Action: table.Merge, Row: row, IfMatch: ifMatch, Columns: columns}
}

func remove(row, ifMatch string) table.Operation {
	return table.Operation{Action: table.Delete, Row: row, IfMatch: ifMatch}
}

// must commits and returns the ETags.
func (f *fixture) must(operations ...table.Operation) []string {
	f.Helper()
	etags, err := f.table.Transact(f.Context(), partition, operations)
	if err != nil {
		f.Fatalf("Transact: %v", err)
	}
	if len(etags) != len(operations) {
		f.Fatalf("%d ETags for %d operations", len(etags), len(operations))
	}
	return etags
}

// refused commits and expects a fault at an index.
func (f *fixture) refused(index int, code fault.Code, operations ...table.Operation) {
	f.Helper()
	_, err := f.table.Transact(f.Context(), partition, operations)
	f.isFault(err, index, code)
}

// isFault expects the port's error form.
func (f *fixture) isFault(err error, index int, code fault.Code) {
	f.Helper()
	if err == nil {
		f.Fatalf("nothing was refused, want %s at operation %d", code, index)
	}
	e, ok := errors.AsType[*table.Error](err)
	if !ok {
		f.Fatalf("%v is no *table.Error", err)
	}
	if e.Fault.Code != code || e.Index != index {
		f.Fatalf("refused with %s at operation %d (%v), want %s at %d", e.Fault.Code, e.Index, err, code, index)
	}
}

// get reads a row that must be there.
func (f *fixture) get(row string, columns ...string) table.Entity {
	f.Helper()
	entity, err := f.table.Get(f.Context(), partition, row, columns...)
	if err != nil {
		f.Fatalf("Get %s: %v", row, err)
	}
	if entity.Row != row || entity.ETag == "" {
		f.Fatalf("Get %s answered row %q with ETag %q", row, entity.Row, entity.ETag)
	}
	return entity
}

// holds expects a row's columns, whatever their order.
func (f *fixture) holds(row string, want ...table.Column) {
	f.Helper()
	f.same(want, f.get(row).Columns)
}

func (f *fixture) same(want, got table.Columns) {
	f.Helper()
	if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
		f.Fatalf("columns differ (-want +got):\n%s", diff)
	}
}

// printed makes columns comparable and readable: name, kind and content.
func printed(columns table.Columns) []string {
	var lines []string
	for _, c := range columns.Sorted() {
		lines = append(lines, fmt.Sprintf("%s kind %d: %s", c.Name, c.Value.Kind(), content(c.Value)))
	}
	return lines
}

func content(v table.Value) string {
	switch v.Kind() {
	case table.KindBool:
		return fmt.Sprint(v.Bool())
	case table.KindInt:
		return fmt.Sprint(v.Int())
	case table.KindFloat:
		return fmt.Sprint(v.Float())
	case table.KindTime:
		return v.Time().String()
	default:
		return fmt.Sprintf("%q", v.Text())
	}
}

// absent expects that a row is not there.
func (f *fixture) absent(row string) {
	f.Helper()
	_, err := f.table.Get(f.Context(), partition, row)
	f.isFault(err, table.NoOperation, fault.RowNotFound)
}

// rows reads a query to its end and returns the row keys.
func (f *fixture) rows(q table.Query) string {
	f.Helper()
	if q.Partition == "" {
		q.Partition = partition
	}
	var keys []string
	for entity, err := range table.Rows(f.Context(), f.table, q) {
		if err != nil {
			f.Fatalf("Query: %v", err)
		}
		keys = append(keys, entity.Row)
	}
	return strings.Join(keys, " ")
}

// lists expects the row keys of a query, separated by spaces.
func (f *fixture) lists(q table.Query, want string) {
	f.Helper()
	if got := f.rows(q); got != want {
		f.Fatalf("query %+v lists %q, want %q", q, got, want)
	}
}
