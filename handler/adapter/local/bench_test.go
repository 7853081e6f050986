package local_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"handover/handler/adapter/local"
	"handover/handler/adapter/table"
)

// userRow has the shape and the size of a stored user, about 700 bytes.
func userRow(n int) table.Columns {
	return table.Columns{
		{Name: "D", Value: table.String(strings.Repeat("{\"user\":1}", 52))},
		{Name: "UN", Value: table.String(fmt.Sprintf("user%d@example.com", n))},
		{Name: "UF", Value: table.String(fmt.Sprintf("user%d@example.com", n))},
		{Name: "XI", Value: table.String(fmt.Sprintf("external-%d", n))},
		{Name: "A", Value: table.Bool(n%2 == 0)},
		{Name: "V", Value: table.Int(int64(n))},
		{Name: "Tx", Value: table.String("0123456789abcdef")},
	}
}

func userKey(n int) string { return fmt.Sprintf("u-%032x", n) }

// filled is a table with a number of users.
func filled(b *testing.B, users int) table.Table {
	b.Helper()
	rows := open(b).Table("directory")
	for start := 0; start < users; start += table.MaxOperations {
		operations := make([]table.Operation, 0, table.MaxOperations)
		for n := start; n < min(start+table.MaxOperations, users); n++ {
			operations = append(operations, table.Operation{Action: table.Insert, Row: userKey(n), Columns: userRow(n)})
		}
		if _, err := rows.Transact(b.Context(), "tenant", operations); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	return rows
}

func rate(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s") }

const benchUsers = 50_000

func BenchmarkGet(b *testing.B) {
	rows := filled(b, benchUsers)
	for n := 0; b.Loop(); n++ {
		if _, err := rows.Get(b.Context(), "tenant", userKey(n*7919%benchUsers)); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}

func BenchmarkGetColumn(b *testing.B) {
	rows := filled(b, benchUsers)
	for n := 0; b.Loop(); n++ {
		if _, err := rows.Get(b.Context(), "tenant", userKey(n*7919%benchUsers), "V"); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}

func BenchmarkGetParallel(b *testing.B) {
	rows := filled(b, benchUsers)
	var next atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := rows.Get(b.Context(), "tenant", userKey(int(next.Add(7919))%benchUsers)); err != nil {
				b.Error(err)
			}
		}
	})
	rate(b)
}

func BenchmarkList100(b *testing.B) {
	rows := filled(b, benchUsers)
	for n := 0; b.Loop(); n++ {
		page, err := rows.Query(b.Context(), table.Query{Partition: "tenant", After: userKey(n * 100 % (benchUsers - 200)), Limit: 100})
		if err != nil || len(page.Entities) != 100 {
			b.Fatal(err)
		}
	}
	rate(b)
}

// BenchmarkScan looks at 50,000 rows and finds none.
func BenchmarkScan(b *testing.B) {
	rows := filled(b, benchUsers)
	nobody := table.Query{Partition: "tenant", Where: []table.Condition{{Column: "UF", Is: table.Equal, Value: table.String("nobody")}}}
	for b.Loop() {
		if page, err := rows.Query(b.Context(), nobody); err != nil || len(page.Entities) != 0 {
			b.Fatal(err)
		}
	}
	rate(b)
}

// create is a transaction of six rows and about 700 bytes, as creating a user
// makes: the user, its indexes, the counter.
func create(n int) []table.Operation {
	id := table.Columns{{Name: "Id", Value: table.String("0123456789abcdef0123456789abcdef")}}
	return []table.Operation{
		{Action: table.Insert, Row: userKey(n), Columns: userRow(n)},
		{Action: table.Insert, Row: fmt.Sprintf("n-%x", n), Columns: id},
		{Action: table.Insert, Row: fmt.Sprintf("x-%x", n), Columns: id},
		{Action: table.Insert, Row: fmt.Sprintf("e-%x", n), Columns: id},
		{Action: table.Insert, Row: fmt.Sprintf("a-%016x", n), Columns: id},
		{Action: table.Upsert, Row: "q", Columns: table.Columns{{Name: "U", Value: table.Int(int64(n))}}},
	}
}

func BenchmarkTransact(b *testing.B) {
	rows := filled(b, 0)
	for n := 0; b.Loop(); n++ {
		if _, err := rows.Transact(b.Context(), "tenant", create(n)); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}

func BenchmarkTransactParallel(b *testing.B) {
	for _, callers := range []int{16, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			rows := filled(b, 0)
			var next atomic.Int64
			b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := rows.Transact(b.Context(), "tenant", create(int(next.Add(1)))); err != nil {
						b.Error(err)
					}
				}
			})
			rate(b)
		})
	}
}

func BenchmarkQueue(b *testing.B) {
	queue := open(b).Queue("leaves", local.QueueOptions{})
	for n := 0; b.Loop(); n++ {
		if err := queue.Send(b.Context(), fmt.Sprint(n), []byte("body")); err != nil {
			b.Fatal(err)
		}
		delivery, err := queue.Receive(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if err := delivery.Complete(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}
