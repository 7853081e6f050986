package tabletest

import (
	"fmt"
	"strings"
	"sync"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// concurrency are the tests of writers that meet.
func concurrency() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"concurrency/sixteen writers on one counter": counter,
		"concurrency/one insert of sixteen wins":     oneInsert,
		"concurrency/no half transaction is visible": noHalves,
	}
}

const writers = 16

// together runs writers at once and fails the test with their first error.
func (f *fixture) together(run func(writer int) error) {
	f.Helper()
	errs := make([]error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() { errs[i] = run(i) })
	}
	group.Wait()
	for i, err := range errs {
		if err != nil {
			f.Fatalf("writer %d: %v", i, err)
		}
	}
}

// No increment gets lost, and each leaves its own row in the same transaction.
func counter(f *fixture) {
	const each = 5
	f.must(insert("q", number(0)))
	f.together(func(writer int) error {
		for i := range each {
			if err := f.increment(fmt.Sprintf("r-%d-%d", writer, i)); err != nil {
				return err
			}
		}
		return nil
	})
	f.holds("q", number(writers*each))
	if n := len(strings.Fields(f.rows(table.Query{From: "r-", To: "r."}))); n != writers*each {
		f.Fatalf("%d rows for %d increments", n, writers*each)
	}
}

// increment tries until its version of the counter is the current one.
func (f *fixture) increment(row string) error {
	for {
		q, err := f.table.Get(f.Context(), partition, "q")
		if err != nil {
			return err
		}
		next := number(q.Columns.Get("N").Int() + 1)
		_, err = f.table.Transact(f.Context(), partition, []table.Operation{insert(row), merge("q", q.ETag, next)})
		if !fault.Is(err, fault.RowChanged) {
			return err
		}
		if table.FailedOperation(err) != 1 {
			return fmt.Errorf("operation %d is blamed: %w", table.FailedOperation(err), err)
		}
	}
}

func oneInsert(f *fixture) {
	var mu sync.Mutex
	won := []int{}
	f.together(func(writer int) error {
		_, err := f.table.Transact(f.Context(), partition, []table.Operation{insert("r", number(int64(writer)))})
		if fault.Is(err, fault.RowExists) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		won = append(won, writer)
		return err
	})
	if len(won) != 1 {
		f.Fatalf("writers %v won, want one", won)
	}
	f.holds("r", number(int64(won[0])))
}

// Both rows of a transaction have the same number whenever they are read in one
// page.
func noHalves(f *fixture) {
	f.must(insert("a", number(0)), insert("b", number(0)))
	f.together(func(writer int) error {
		for i := range 10 {
			if writer%2 == 0 {
				n := number(int64(100*writer + i))
				if _, err := f.table.Transact(f.Context(), partition, []table.Operation{replace("a", "", n), replace("b", "", n)}); err != nil {
					return err
				}
				continue
			}
			if err := f.equalPair(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *fixture) equalPair() error {
	page, err := f.table.Query(f.Context(), table.Query{Partition: partition})
	if err != nil || len(page.Entities) != 2 {
		return err // an engine may split the page; then there is nothing to compare
	}
	a, b := page.Entities[0].Columns.Get("N").Int(), page.Entities[1].Columns.Get("N").Int()
	if a != b {
		return fmt.Errorf("one page shows %d and %d of one transaction", a, b)
	}
	return nil
}
