package tabletest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/fault"
)

// keys is the least engine that the wrappers can be tested on: sorted row keys
// of one partition.
type keys struct{ rows []string }

func (k *keys) Get(_ context.Context, _, row string, _ ...string) (table.Entity, error) {
	if slices.Contains(k.rows, row) {
		return table.Entity{Row: row}, nil
	}
	return table.Entity{}, table.Fail(table.NoOperation, fault.RowNotFound, "not there")
}

func (k *keys) Query(_ context.Context, q table.Query) (table.Page, error) {
	var page table.Page
	if q.Limit == 0 {
		q.Limit = table.MaxPage
	}
	for _, row := range k.rows {
		if row <= q.After || q.After == "" && row < q.From || q.To != "" && row >= q.To {
			continue
		}
		if len(page.Entities) == q.Limit {
			page.More, page.Next = true, page.Entities[q.Limit-1].Row
			break
		}
		page.Entities = append(page.Entities, table.Entity{Row: row})
	}
	return page, nil
}

func (k *keys) Transact(_ context.Context, _ string, operations []table.Operation) ([]string, error) {
	for _, op := range operations {
		k.rows = append(k.rows, op.Row)
	}
	slices.Sort(k.rows)
	return make([]string, len(operations)), nil
}

func TestShortPagesLosesNothing(t *testing.T) {
	engine := &keys{}
	for i := range 100 {
		engine.rows = append(engine.rows, fmt.Sprintf("r-%03d", i))
	}
	queries := []table.Query{
		{Partition: "p"},
		{Partition: "p", From: "r-"},
		{Partition: "p", From: "r-020"},
		{Partition: "p", From: "-"},
		{Partition: "p", From: "r-0~", To: "r-2"},
		{Partition: "p", After: "r-031", Limit: 5},
		{Partition: "p", From: "z"},
	}
	for i, q := range queries {
		want := scan(t, &keys{rows: engine.rows}, q, new(int), new(int))
		short, empty := 0, 0
		for seed := range uint64(50) {
			got := scan(t, tabletest.ShortPages(engine, seed), q, &short, &empty)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("query %d, seed %d: %s", i, seed, diff)
			}
		}
		if len(want) > 0 && (short == 0 || empty == 0) {
			t.Errorf("query %d: %d short and %d empty pages", i, short, empty)
		}
	}
}

// scan reads all rows and counts short and empty pages with more behind them.
func scan(t *testing.T, engine table.Table, q table.Query, short, empty *int) []string {
	t.Helper()
	var rows []string
	if q.Limit == 0 {
		q.Limit = table.MaxPage
	}
	for {
		page, err := engine.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entities {
			rows = append(rows, e.Row)
		}
		if !page.More {
			return rows
		}
		if len(page.Entities) == 0 {
			*empty++
		} else if len(page.Entities) < q.Limit {
			*short++
		}
		q.After = page.Next
	}
}

func TestFaulty(t *testing.T) {
	tests := []struct {
		name    string
		outcome tabletest.Outcome
		code    fault.Code
		written bool
	}{
		{"pass", tabletest.Pass, "", true},
		{"fail before", tabletest.FailBefore, fault.StorageUnknown, false},
		{"fail after", tabletest.FailAfter, fault.StorageUnknown, true},
		{"busy", tabletest.Busy, fault.StorageBusy, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			engine := &keys{}
			faulty := tabletest.Faulty(engine, tabletest.Nth(tabletest.Transact, 2, test.outcome))
			for i, row := range []string{"first", "second", "third"} {
				_, err := faulty.Transact(t.Context(), "p", []table.Operation{{Action: table.Insert, Row: row}})
				if planned := i == 1 && test.code != ""; planned != (err != nil) || planned && !fault.Is(err, test.code) {
					t.Errorf("%s: error %v", row, err)
				}
			}
			if got := slices.Contains(engine.rows, "second"); got != test.written {
				t.Errorf("written is %v", got)
			}
			if len(engine.rows) < 2 {
				t.Errorf("rows are %v", engine.rows)
			}
		})
	}
}

func TestFaultyReads(t *testing.T) {
	var seen []string
	faulty := tabletest.Faulty(&keys{rows: []string{"r"}}, func(c tabletest.Call) tabletest.Outcome {
		seen = append(seen, fmt.Sprint(c.Method, c.Number, c.Partition))
		if c.Number == 1 {
			return tabletest.FailAfter
		}
		return tabletest.Pass
	})
	for i := range 2 {
		entity, getErr := faulty.Get(t.Context(), "p", "r")
		page, queryErr := faulty.Query(t.Context(), table.Query{Partition: "p", Limit: 9})
		if i == 0 && (!fault.Is(getErr, fault.StorageUnknown) || !fault.Is(queryErr, fault.StorageUnknown) || entity.Row != "" || page.Entities != nil) {
			t.Errorf("planned failures gave %v and %v", getErr, queryErr)
		}
		if i == 1 && (getErr != nil || queryErr != nil || entity.Row != "r" || len(page.Entities) != 1) {
			t.Errorf("passing gave %v and %v", getErr, queryErr)
		}
	}
	if got := strings.Join(seen, " "); got != "Get1p Query1p Get2p Query2p" {
		t.Errorf("the plan saw %s", got)
	}
}

func TestCounting(t *testing.T) {
	counter := tabletest.Counting(&keys{})
	_, _ = counter.Get(t.Context(), "p", "r")
	_, _ = counter.Query(t.Context(), table.Query{Partition: "p"})
	_, _ = counter.Query(t.Context(), table.Query{Partition: "p"})
	_, _ = counter.Transact(t.Context(), "p", nil)
	got := counter.Take()
	if diff := cmp.Diff(tabletest.Counts{Get: 1, Query: 2, Transact: 1}, got); diff != "" || got.Total() != 4 {
		t.Errorf("total %d, %s", got.Total(), diff)
	}
	if diff := cmp.Diff(tabletest.Counts{}, counter.Take()); diff != "" {
		t.Error(diff)
	}
}

// Two requests beside each other and one after them are a depth of two.
func TestDelayedShowsDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = time.Second
		engine := tabletest.Delayed(&keys{rows: []string{"r"}}, delay)
		start := time.Now()
		go func() { _, _ = engine.Get(t.Context(), "p", "r") }()
		_, _ = engine.Query(t.Context(), table.Query{Partition: "p"})
		_, _ = engine.Transact(t.Context(), "p", nil)
		if depth := time.Since(start) / delay; depth != 2 {
			t.Errorf("depth is %d", depth)
		}
	})
}
