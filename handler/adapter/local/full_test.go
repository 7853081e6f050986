//go:build unix

package local_test

import (
	"fmt"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"handover/handler/adapter/local"
	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// A disk without space is a fault, and nothing that was written before is lost.
// The limit of a file's size, which plays the full disk, holds for a whole
// process, so a child does the writing.
func TestFullDisk(t *testing.T) {
	out, err := child("TestChildFillsTheDisk", filepath.Join(t.TempDir(), "handover.db")).Output()
	if err != nil || !strings.Contains(string(out), "PASS") || strings.Contains(string(out), "SKIP") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestChildFillsTheDisk(t *testing.T) {
	path := childPath(t)
	file := openAt(t, path)
	rows := file.Table("directory")
	limit := limitFileSize(t, 1<<20)

	written, err := fill(t, rows)
	if !fault.Is(err, fault.StorageUnknown) {
		t.Fatalf("after %d rows: %v", written, err)
	}
	if err := file.Queue("leaves", local.QueueOptions{}).Send(t.Context(), "m", make([]byte, local.MaxMessageBody)); !fault.Is(err, fault.StorageUnknown) {
		t.Errorf("Send: %v", err)
	}
	checkFilled(t, rows, written)

	limitFileSize(t, limit)
	insertRow(t, rows, "last")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, path).Table("directory")
	checkFilled(t, again, written)
	if _, err := again.Get(t.Context(), "p", "last"); err != nil {
		t.Error(err)
	}
}

// limitFileSize sets the most bytes of a file and returns the limit before.
func limitFileSize(t *testing.T, size uint64) (before uint64) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	before, limit.Cur = limit.Cur, size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	return before
}

func rowName(i int) string { return fmt.Sprintf("r-%04d", i) }

// fill writes rows until the first error.
func fill(t *testing.T, rows table.Table) (written int, err error) {
	t.Helper()
	columns := table.Columns{{Name: "D", Value: table.String(strings.Repeat("x", 30_000))}}
	for ; written < 1000; written++ {
		_, err = rows.Transact(t.Context(), "p", []table.Operation{{Action: table.Insert, Row: rowName(written), Columns: columns}})
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func checkFilled(t *testing.T, rows table.Table, written int) {
	t.Helper()
	if written == 0 {
		t.Fatal("nothing was written at all")
	}
	for i := range written {
		if _, err := rows.Get(t.Context(), "p", rowName(i)); err != nil {
			t.Errorf("row %d: %v", i, err)
		}
	}
	if _, err := rows.Get(t.Context(), "p", rowName(written)); !fault.Is(err, fault.RowNotFound) {
		t.Errorf("the refused row: %v", err)
	}
}
