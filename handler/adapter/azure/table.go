package azure

import (
	"context"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"handover/handler/adapter/table"
)

// rows is one table of the service.
type rows struct {
	name   string
	client *aztables.Client
}

// Get implements table.Table.
func (t *rows) Get(ctx context.Context, partition, row string, columns ...string) (table.Entity, error) {
	if err := table.CheckGet(partition, row, columns); err != nil {
		return table.Entity{}, err
	}
	c := call{table: t.name, success: http.StatusOK, columns: strings.Join(columns, ",")}
	_, err := t.client.GetEntity(c.in(ctx), partition, row, nil)
	if err := c.outcome(ctx, err); err != nil {
		return table.Entity{}, err
	}
	entity, err := decodeEntity(c.answer.body)
	if err != nil {
		return table.Entity{}, c.strange(err)
	}
	entity.Row = row
	if etag := c.answer.header.Get("ETag"); etag != "" {
		entity.ETag = etag
	}
	return entity, nil
}

// Query implements table.Table. A page that is empty and still has another
// behind it names no row key to go on from; so it goes on by itself until there
// are rows or an end.
func (t *rows) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := table.CheckQuery(q); err != nil {
		return table.Page{}, err
	}
	pages := t.client.NewListEntitiesPager(listOptions(&q))
	for {
		c := call{table: t.name, success: http.StatusOK}
		_, err := pages.NextPage(c.in(ctx))
		if err := c.outcome(ctx, err); err != nil {
			return table.Page{}, err
		}
		entities, err := decodePage(c.answer.body)
		if err != nil {
			return table.Page{}, c.strange(err)
		}
		page := table.Page{Entities: entities, More: pages.More()}
		if !page.More {
			return page, nil
		}
		if n := len(entities); n > 0 {
			page.Next = entities[n-1].Row
			return page, nil
		}
	}
}

func listOptions(q *table.Query) *aztables.ListEntitiesOptions {
	text := filter(q)
	options := &aztables.ListEntitiesOptions{Filter: &text}
	if len(q.Columns) > 0 {
		wanted := "RowKey," + strings.Join(q.Columns, ",")
		options.Select = &wanted
	}
	if q.Limit > 0 {
		top := int32(q.Limit)
		options.Top = &top
	}
	return options
}

// once keeps the SDK from sending a transaction again whose answer was lost:
// whether that is right is the caller's to find out.
var once = policy.RetryOptions{MaxRetries: -1, TryTimeout: tryTimeout}

// Transact implements table.Table.
func (t *rows) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	if err := table.Check(partition, operations); err != nil {
		return nil, err
	}
	c := call{table: t.name, success: http.StatusAccepted, writes: true}
	_, err := t.client.SubmitTransaction(policy.WithRetryOptions(c.in(ctx), once), actions(partition, operations), nil)
	if err := c.outcome(ctx, err); err != nil {
		return nil, err
	}
	etags, refused := decodeBatch(c.answer.body)
	switch {
	case refused != nil:
		return nil, c.refused(refused, refused.index(len(operations)))
	case len(etags) != len(operations):
		return nil, c.strange(errMalformed)
	}
	return etags, nil
}

// actions translates operations into the SDK's.
func actions(partition string, operations []table.Operation) []aztables.TransactionAction {
	size := 0
	for i := range operations {
		size += entitySize(partition, &operations[i])
	}
	memory := make([]byte, 0, size)
	list := make([]aztables.TransactionAction, len(operations))
	for i := range operations {
		op := &operations[i]
		start := len(memory)
		memory = appendEntity(memory, partition, op.Row, op.Columns)
		list[i] = aztables.TransactionAction{ActionType: actionOf(op.Action), Entity: memory[start:len(memory):len(memory)], IfMatch: ifMatch(op)}
	}
	return list
}

func actionOf(a table.Action) aztables.TransactionType {
	switch a {
	case table.Insert:
		return aztables.TransactionTypeAdd
	case table.Replace:
		return aztables.TransactionTypeUpdateReplace
	case table.Merge:
		return aztables.TransactionTypeUpdateMerge
	case table.Delete:
		return aztables.TransactionTypeDelete
	default:
		return aztables.TransactionTypeInsertReplace
	}
}

// ifMatch is always said: without it, an update inside a transaction would
// insert the row that it does not find.
func ifMatch(op *table.Operation) *azcore.ETag {
	etag := azcore.ETagAny
	switch {
	case op.Action == table.Insert || op.Action == table.Upsert:
		return nil
	case op.IfMatch != "":
		etag = azcore.ETag(op.IfMatch)
	}
	return &etag
}
