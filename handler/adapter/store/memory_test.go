package store_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/fault"
)

// memory is an engine without a disk, for tests that make many thousand steps.
type memory struct {
	mu    sync.Mutex
	parts map[string]*part
	last  int64
}

// part is one partition; rows never change in place.
type part struct {
	keys []string
	rows map[string]table.Entity
}

func newMemory() *memory { return &memory{parts: map[string]*part{}} }

func TestMemoryConforms(t *testing.T) {
	tabletest.Run(t, func(*testing.T) table.Table { return newMemory() })
}

func (m *memory) part(name string) *part {
	p := m.parts[name]
	if p == nil {
		p = &part{rows: map[string]table.Entity{}}
		m.parts[name] = p
	}
	return p
}

func (m *memory) Get(ctx context.Context, partition, row string, columns ...string) (table.Entity, error) {
	if err := table.CheckGet(partition, row, columns); err != nil {
		return table.Entity{}, err
	}
	if err := ctx.Err(); err != nil {
		return table.Entity{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	entity, ok := m.part(partition).rows[row]
	if !ok {
		return table.Entity{}, table.Fail(table.NoOperation, fault.RowNotFound, "no such row")
	}
	return projected(entity, columns), nil
}

func projected(e table.Entity, columns []string) table.Entity {
	if len(columns) > 0 {
		e.Columns = slices.DeleteFunc(slices.Clone(e.Columns), func(c table.Column) bool { return !slices.Contains(columns, c.Name) })
	}
	return e
}

func (m *memory) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := table.CheckQuery(q); err != nil {
		return table.Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return table.Page{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.part(q.Partition)
	from := q.From
	if q.After != "" {
		from = q.After
	}
	i, found := slices.BinarySearch(p.keys, from)
	if found && q.After != "" {
		i++
	}
	limit := q.Limit
	if limit == 0 {
		limit = table.MaxPage
	}
	var page table.Page
	for ; i < len(p.keys) && (q.To == "" || p.keys[i] < q.To); i++ {
		entity := p.rows[p.keys[i]]
		if !slices.ContainsFunc(q.Where, func(c table.Condition) bool { return !c.Matches(entity.Columns.Get(c.Column)) }) {
			if len(page.Entities) == limit {
				page.More, page.Next = true, page.Entities[limit-1].Row
				break
			}
			page.Entities = append(page.Entities, projected(entity, q.Columns))
		}
	}
	return page, nil
}

func (m *memory) Transact(ctx context.Context, partition string, operations []table.Operation) ([]string, error) {
	if err := table.Check(partition, operations); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.part(partition)
	next := make([]table.Columns, len(operations))
	for i, op := range operations {
		columns, err := p.next(i, op)
		if err != nil {
			return nil, err
		}
		if fault := table.Oversize(partition, op.Row, columns); fault != nil {
			return nil, &table.Error{Index: i, Fault: fault}
		}
		next[i] = columns
	}
	etags := make([]string, len(operations))
	for i, op := range operations {
		if op.Action == table.Delete {
			p.delete(op.Row)
			continue
		}
		m.last++
		etags[i] = strconv.FormatInt(m.last, 10)
		p.put(table.Entity{Row: op.Row, ETag: etags[i], Columns: next[i]})
	}
	return etags, nil
}

// next checks one operation and returns the columns that it leaves.
func (p *part) next(i int, op table.Operation) (table.Columns, error) {
	old, exists := p.rows[op.Row]
	switch {
	case op.Action == table.Insert && exists:
		return nil, table.Fail(i, fault.RowExists, "the row exists")
	case op.Action == table.Insert || op.Action == table.Upsert:
		return op.Columns.Sorted(), nil
	case !exists:
		return nil, table.Fail(i, fault.RowNotFound, "no such row")
	case op.IfMatch != "" && op.IfMatch != old.ETag:
		return nil, table.Fail(i, fault.RowChanged, "the row changed")
	case op.Action == table.Merge:
		merged := map[string]table.Value{}
		for _, c := range append(slices.Clone(old.Columns), op.Columns...) {
			merged[c.Name] = c.Value
		}
		var columns table.Columns
		for _, name := range slices.Sorted(maps.Keys(merged)) {
			columns = append(columns, table.Column{Name: name, Value: merged[name]})
		}
		return columns, nil
	}
	return op.Columns.Sorted(), nil
}

func (p *part) put(e table.Entity) {
	if i, found := slices.BinarySearch(p.keys, e.Row); !found {
		p.keys = slices.Insert(p.keys, i, e.Row)
	}
	p.rows[e.Row] = e
}

func (p *part) delete(row string) {
	if i, found := slices.BinarySearch(p.keys, row); found {
		p.keys = slices.Delete(p.keys, i, i+1)
	}
	delete(p.rows, row)
}
