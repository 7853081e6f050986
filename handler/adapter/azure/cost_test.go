//go:build !race

package azure_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"handover/handler/adapter/table"
)

// cpu is the processor time that the process has used.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// A list of 100 rows of 1.4 KB costs the client less than 1.5 ms of processor
// time; the SDK's own way takes 6.6.
func TestListIsCheap(t *testing.T) {
	rows := (&canned{200, listOf(100)}).opens(t)
	best := time.Hour
	for range 20 {
		const times = 20
		runtime.GC()
		before := cpu(t)
		for range times {
			if _, err := rows.Query(t.Context(), table.Query{Partition: "acme", Limit: 100}); err != nil {
				t.Fatal(err)
			}
		}
		best = min(best, (cpu(t)-before)/times)
	}
	t.Logf("a list of 100 rows takes %v of processor time", best)
	if best > 1500*time.Microsecond {
		t.Error("that is more than 1.5 ms")
	}
}
