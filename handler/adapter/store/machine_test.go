package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// machine drives a store and the model side by side. Whatever it draws comes
// from rapid, so that a failure shrinks.
type machine struct {
	*world
	model *model
	// under is the store under test; world.Store reads behind its back, from
	// tables that do not fail.
	under *store.Store
	// failing tells whether the tables of the store under test may fail now.
	failing atomic.Bool
}

func TestStoreAgreesWithModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { machineOn(t, nil).run(rt) })
}

func TestStoreAgreesWithModelOnShortPages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		machineOn(t, func(inner table.Table) table.Table { return tabletest.ShortPages(inner, seed) }).run(rt)
	})
}

func TestStoreIsNeverHalf(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var m *machine
		percent := rapid.SampledFrom([]int{2, 10, 40}).Draw(rt, "percent")
		seed := rapid.Uint64().Draw(rt, "seed")
		random := rand.New(rand.NewPCG(seed, seed))
		plan := func(tabletest.Call) tabletest.Outcome {
			if m == nil || !m.failing.Load() || random.IntN(100) >= percent {
				return tabletest.Pass
			}
			return []tabletest.Outcome{tabletest.FailBefore, tabletest.FailAfter, tabletest.Busy}[random.IntN(3)]
		}
		bubble(t, func(t *testing.T) {
			m = machineOn(t, func(inner table.Table) table.Table { return tabletest.Faulty(inner, plan) })
			m.run(rt)
		})
	})
}

// bubble runs f on a clock of its own, on which pauses take no time, and hands
// the panics on by which rapid ends a test.
func bubble(t *testing.T, f func(*testing.T)) {
	var ended any
	synctest.Test(t, func(t *testing.T) {
		defer func() { ended = recover() }()
		f(t)
	})
	if ended != nil {
		panic(ended)
	}
}

func machineOn(t *testing.T, between func(table.Table) table.Table) *machine {
	w := newWorld(t)
	m := &machine{world: w, model: newModel(), under: w.Store}
	if between != nil {
		m.under = w.openOn(between(w.directory), between(w.records))
	}
	return m
}

func (m *machine) run(rt *rapid.T) {
	for range rapid.SampledFrom([]int{0, 3, 3, 3, 3, 64}).Draw(rt, "users at first") {
		u := m.user(fmt.Sprintf("first-%d", len(m.model.users)))
		m.model.users[u.ID] = m.create(u)
	}
	rt.Repeat(map[string]func(*rapid.T){
		"create user":   m.createUser,
		"change user":   m.changeUser,
		"delete user":   m.deleteUser,
		"create group":  m.createGroup,
		"change group":  m.changeGroup,
		"delete group":  m.deleteGroup,
		"move leave":    m.moveLeave,
		"put record":    m.putRecord,
		"delete record": m.deleteRecord,
		"move records":  m.moveRecords,
		"settings":      m.changeSettings,
		"stale changes": m.staleChanges,
		"":              m.check,
	})
}

// equal compares bytes and ids whole: element by element costs seconds.
var equal = cmp.Options{
	cmpopts.EquateEmpty(), cmp.Comparer(bytes.Equal), cmp.Comparer(func(a, b directory.ID) bool { return a == b }),
}

// check compares everything, on tables that do not fail.
func (m *machine) check(rt *rapid.T) {
	if _, err := m.Mend(m.Context(), tenant, clock.Add(time.Hour)); err != nil {
		rt.Fatalf("Mend: %v", err)
	}
	got, err := observe(m.Context(), m.Store, m.model)
	if err != nil {
		rt.Fatalf("read: %v", err)
	}
	if diff := difference(m.model.state(), got); diff != "" {
		rt.Fatalf("the store differs from the model (-model +store):\n%s", diff)
	}
	faults, err := broken(m.Context(), m.directory, m.records)
	if err != nil || len(faults) > 0 {
		rt.Fatalf("%v %q", err, faults)
	}
}

// step runs one operation on the store, and tells the model what came of it:
// where the answer was lost, whichever of the two outcomes the rows show.
func (m *machine) step(rt *rapid.T, run func() error, apply func(*model) fault.Code) {
	after := m.model.clone()
	want := apply(after)
	m.failing.Store(true)
	err := run()
	m.failing.Store(false)
	switch {
	case fault.Is(err, fault.StorageUnknown) || fault.Is(err, fault.StorageBusy):
		if m.shows(rt, after) && want == "" {
			m.model = after
		}
	case err == nil && want == "":
		m.model = after
	case want == "" || !fault.Is(err, want):
		rt.Fatalf("the store says %v, the model %q", err, want)
	}
}

// shows tells whether the rows are as a model says.
func (m *machine) shows(rt *rapid.T, after *model) bool {
	if _, err := m.Mend(m.Context(), tenant, clock.Add(time.Hour)); err != nil {
		rt.Fatalf("Mend: %v", err)
	}
	got, err := observe(m.Context(), m.Store, m.model, after)
	if err != nil {
		rt.Fatalf("read: %v", err)
	}
	switch want := after.state(); {
	case reflect.DeepEqual(want, got):
		return true
	case reflect.DeepEqual(m.model.state(), got): // cheaper than to tell where it differs
		return false
	default:
		return difference(want, got) == ""
	}
}

// difference asks the cheaper comparison first: there is hardly ever one.
func difference(want, got state) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, equal)
}
