package local

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"

	"go.etcd.io/bbolt"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// stepFunc is a step made of a function.
type stepFunc func(g *group) error

func (f stepFunc) apply(g *group) error { return f(g) }

// put writes one key into a bucket of the test.
func put(key string) step {
	return stepFunc(func(g *group) error {
		g.note(g.bucket([]byte("test")).Put([]byte(key), []byte("x")))
		return nil
	})
}

// bubble runs a test with a file of its own inside fake time, where Wait tells
// that all callers are parked in front of the writer.
func bubble(t *testing.T, run func(t *testing.T, file *File)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		file, err := Open(filepath.Join(t.TempDir(), "handover.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		run(t, file)
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// hold occupies the writer until release is closed.
func hold(file *File, release <-chan struct{}) {
	go func() {
		_ = file.writer.do(context.Background(), stepFunc(func(*group) error {
			<-release
			return nil
		}))
	}()
	synctest.Wait()
}

// commits is the number of the last commit.
func commits(t *testing.T, file *File) int {
	t.Helper()
	tx, err := file.db.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	return tx.ID()
}

func has(t *testing.T, file *File, key string) (found bool) {
	t.Helper()
	err := file.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte("test")); b != nil {
			found = b.Get([]byte(key)) != nil
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What waits together is committed together, and a refusal spoils nothing.
func TestWriterSharesACommit(t *testing.T) {
	bubble(t, func(t *testing.T, file *File) {
		refused := errors.New("refused")
		steps := []step{put("a"), stepFunc(func(*group) error { return refused }), put("b"), put("c")}
		release, errs := make(chan struct{}), make([]error, len(steps))
		hold(file, release)
		before := commits(t, file)
		for i, s := range steps {
			go func() { errs[i] = file.writer.do(t.Context(), s) }()
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		if n := commits(t, file) - before; n != 1 {
			t.Errorf("%d commits", n)
		}
		for i, key := range []string{"a", "", "b", "c"} {
			if key == "" && !errors.Is(errs[i], refused) || key != "" && (errs[i] != nil || !has(t, file, key)) {
				t.Errorf("step %d: error %v", i, errs[i])
			}
		}
	})
}

// A caller that leaves before its turn has changed nothing.
func TestWriterForgetsWhoLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, file *File) {
		release := make(chan struct{})
		hold(file, release)
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		go func() { err = file.writer.do(ctx, put("a")) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		close(release)
		synctest.Wait()
		if has(t, file, "a") {
			t.Error("the step was carried out all the same")
		}
	})
}

// A caller whose step is in the commit already learns what became of it.
func TestWriterTellsTheOutcomeOnceItHasBegun(t *testing.T) {
	bubble(t, func(t *testing.T, file *File) {
		ctx, cancel := context.WithCancel(t.Context())
		err := file.writer.do(ctx, stepFunc(func(g *group) error {
			cancel()
			return put("a").apply(g)
		}))
		if err != nil || !has(t, file, "a") {
			t.Errorf("error is %v", err)
		}
	})
}

func TestWriterWithoutChangesDoesNotTouchTheDisk(t *testing.T) {
	bubble(t, func(t *testing.T, file *File) {
		before := commits(t, file)
		_, err := file.Table("directory").Transact(t.Context(), "p", []table.Operation{{Action: table.Delete, Row: "r"}})
		if !fault.Is(err, fault.RowNotFound) || commits(t, file) != before {
			t.Errorf("error %v, %d commits", err, commits(t, file)-before)
		}
	})
}

// An error or a panic of the database fails the whole group, since none of it
// was written, and the writer goes on.
func TestWriterSurvivesABrokenGroup(t *testing.T) {
	tests := []struct {
		name   string
		breaks step
		code   fault.Code
	}{
		{"error", stepFunc(func(g *group) error { g.note(errors.New("no key")); return nil }), fault.Unavailable},
		{"panic", stepFunc(func(*group) error { panic("page 7 is damaged") }), fault.StorageUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, file *File) {
				release, errs := make(chan struct{}), make([]error, 3)
				hold(file, release)
				for i, s := range []step{put("a"), test.breaks, put("b")} {
					go func() { errs[i] = file.writer.do(t.Context(), s) }()
					synctest.Wait()
				}
				close(release)
				synctest.Wait()
				for i, err := range errs {
					if !fault.Is(err, test.code) {
						t.Errorf("step %d: %v", i, err)
					}
				}
				if err := file.writer.do(t.Context(), put("c")); err != nil {
					t.Errorf("afterwards: %v", err)
				}
				if has(t, file, "a") || has(t, file, "b") || !has(t, file, "c") {
					t.Error("the broken group left something behind, or the next one nothing")
				}
			})
		})
	}
}

// A closed writer refuses, whoever is waiting.
func TestWriterClosed(t *testing.T) {
	bubble(t, func(t *testing.T, file *File) {
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if err := file.writer.do(t.Context(), put("a")); !fault.Is(err, fault.Unavailable) {
			t.Errorf("error is %v", err)
		}
	})
}
