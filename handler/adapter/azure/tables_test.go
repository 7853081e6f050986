package azure_test

import (
	"context"
	"crypto/rand"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/azure/azuretest"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
)

// openTables opens the table service that tests share.
func openTables(t testing.TB, transport policy.Transporter) *azure.Tables {
	t.Helper()
	tables, err := azure.OpenTables(azure.TableSettings{ConnectionString: azuretest.Tables(t), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// newTable makes a table of the test's own.
func newTable(t testing.TB, tables *azure.Tables) table.Table {
	t.Helper()
	name := "t" + rand.Text()
	if err := tables.EnsureTables(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		service, err := aztables.NewServiceClientFromConnectionString(azuretest.Tables(t), nil)
		if err == nil {
			_, err = service.DeleteTable(context.Background(), name, nil)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return tables.Table(name)
}

// asAzure does what Azure does and Azurite does not: it tells kinds apart in
// comparisons (to Azurite the Int64 9 is the string "9"), and it refuses merges
// that make a row too large.
type asAzure struct{ table.Table }

func (a asAzure) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := a.Table.Query(ctx, q)
	if len(q.Columns) == 0 {
		page.Entities = slices.DeleteFunc(page.Entities, func(e table.Entity) bool {
			return slices.ContainsFunc(q.Where, func(c table.Condition) bool { return !c.Matches(e.Columns.Get(c.Column)) })
		})
	}
	return page, err
}

func (a asAzure) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	for i, op := range operations {
		if op.Action != table.Merge {
			continue
		}
		row, err := a.Get(ctx, partition, op.Row)
		if err != nil {
			break // the transaction itself says what is wrong
		}
		if f := table.Oversize(partition, op.Row, merged(row.Columns, op.Columns)); f != nil {
			return nil, &table.Error{Index: i, Fault: f}
		}
	}
	return a.Table.Transact(ctx, partition, operations)
}

func merged(old, change table.Columns) table.Columns {
	all := append(table.Columns{}, change...)
	for _, c := range old {
		if change.Get(c.Name).Kind() == table.KindNone {
			all = append(all, c)
		}
	}
	return all
}

func TestConformance(t *testing.T) {
	tables := openTables(t, nil)
	tabletest.Run(t, func(t *testing.T) table.Table {
		t.Parallel()
		return asAzure{newTable(t, tables)}
	})
}

func TestConformanceOfShortPages(t *testing.T) {
	tables := openTables(t, nil)
	var seed atomic.Uint64
	tabletest.Run(t, func(t *testing.T) table.Table {
		t.Parallel()
		return tabletest.ShortPages(asAzure{newTable(t, tables)}, seed.Add(1))
	})
}
