package local_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handover/handler/adapter/local"
	"handover/handler/adapter/table"
)

// childFile names the data file in the environment of a child process, which is
// this test binary, running one test that plays a part.
const childFile = "HANDOVER_TEST_FILE"

func child(test, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), childFile+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// childPath skips a test that only makes sense in a child.
func childPath(t *testing.T) string {
	t.Helper()
	path := os.Getenv(childFile)
	if path == "" {
		t.Skip("runs in a child process of another test")
	}
	return path
}

const childWriters = 4

// TestChildWrites writes until it is killed and prints what was acknowledged.
func TestChildWrites(t *testing.T) {
	file := openAt(t, childPath(t))
	round := os.Getpid()
	var group sync.WaitGroup
	for writer := range childWriters {
		group.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d", writer, round, n)
				if err := writeTriple(t.Context(), file, id); err != nil {
					panic(err)
				}
				fmt.Fprintf(os.Stdout, "row %s\n", id)
				if err := file.Queue("leaves", local.QueueOptions{}).Send(t.Context(), id, []byte(id)); err != nil {
					panic(err)
				}
				fmt.Fprintf(os.Stdout, "message %s\n", id)
			}
		})
	}
	group.Wait()
}

// writeTriple is a transaction whose three rows must be seen together or not at
// all; the padding makes it touch several pages.
func writeTriple(ctx context.Context, file *local.File, id string) error {
	columns := table.Columns{{Name: "D", Value: table.String(strings.Repeat(id, 50))}}
	_, err := file.Table("directory").Transact(ctx, "p", []table.Operation{
		{Action: table.Insert, Row: "a-" + id, Columns: columns},
		{Action: table.Insert, Row: "b-" + id, Columns: columns},
		{Action: table.Upsert, Row: "c-" + id[:1], Columns: table.Columns{{Name: "Last", Value: table.String(id)}}},
	})
	return err
}

// A process that is killed at any moment loses nothing that it acknowledged and
// leaves no half of a transaction behind.
func TestKillLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "handover.db")
	total := 0
	for round := range 20 {
		acknowledged := writeAndKill(t, path, time.Duration(rand.IntN(40_000))*time.Microsecond)
		total += len(acknowledged)
		file, err := local.Open(path, local.Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkRows(t, file, acknowledged)
		checkMessages(t, file, acknowledged)
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d acknowledged writes, all found", total)
	if total == 0 {
		t.Error("no child acknowledged anything")
	}
}

// writeAndKill runs a child, kills it some time after its first word, and
// returns the lines it got out.
func writeAndKill(t *testing.T, path string, after time.Duration) map[string]bool {
	t.Helper()
	cmd := child("TestChildWrites", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if len(lines) == 0 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		lines[scanner.Text()] = true
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v, %v", err, lines)
	}
	return lines
}

func checkRows(t *testing.T, file *local.File, acknowledged map[string]bool) {
	t.Helper()
	found, last := map[string]bool{}, map[string]string{}
	for entity, err := range table.Rows(t.Context(), file.Table("directory"), table.Query{Partition: "p"}) {
		if err != nil {
			t.Fatal(err)
		}
		found[entity.Row] = true
		if text := entity.Columns.Get("Last").Text(); text != "" {
			last[entity.Row] = text
		}
	}
	for row := range found {
		if id, ok := strings.CutPrefix(row, "a-"); ok && !found["b-"+id] {
			t.Errorf("row %s is there without its other half", row)
		}
		if id, ok := strings.CutPrefix(row, "b-"); ok && !found["a-"+id] {
			t.Errorf("row %s is there without its other half", row)
		}
	}
	for row, id := range last {
		if !found["a-"+id] {
			t.Errorf("row %s names %s, which is not there", row, id)
		}
	}
	for line := range acknowledged {
		if id, ok := strings.CutPrefix(line, "row "); ok && !found["a-"+id] {
			t.Errorf("%s was acknowledged and is lost", line)
		}
	}
}

// checkMessages receives and completes until every acknowledged message came.
func checkMessages(t *testing.T, file *local.File, acknowledged map[string]bool) {
	t.Helper()
	missing := map[string]bool{}
	for line := range acknowledged {
		if id, ok := strings.CutPrefix(line, "message "); ok {
			missing[id] = true
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	queue := file.Queue("leaves", local.QueueOptions{})
	for len(missing) > 0 {
		delivery, err := queue.Receive(ctx)
		if err != nil {
			t.Fatalf("%d acknowledged messages are lost: %v", len(missing), err)
		}
		delete(missing, delivery.ID)
		if err := delivery.Complete(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
