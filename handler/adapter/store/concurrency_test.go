package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// outcomes runs n functions at once and counts their outcomes by code.
func outcomes(n int, run func(i int) error) map[fault.Code]int {
	var mu sync.Mutex
	count := map[fault.Code]int{}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			err := run(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				count[""]++
			} else {
				count[fault.Of(err).Code]++
			}
		})
	}
	all.Wait()
	return count
}

// crowd is a world whose tables take a moment, so that calls overtake each other.
func crowd(t *testing.T) *world {
	brief := func() table.Table { return tabletest.Delayed(newMemory(), 200*time.Microsecond) }
	return worldOn(t, brief(), brief())
}

func (w *world) setCap(n int64) {
	w.Helper()
	_, err := w.directory.Transact(w.Context(), tenant, []table.Operation{
		{Action: table.Merge, Row: "q", Columns: table.Columns{{Name: "Cap", Value: table.Int(n)}}},
	})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) sound() {
	w.Helper()
	if faults, err := broken(w.Context(), w.directory, w.records); err != nil || len(faults) > 0 {
		w.Errorf("%v %q", err, faults)
	}
}

func TestCapHoldsOverThreeProcesses(t *testing.T) {
	w := crowd(t)
	w.setCap(50)
	stores := []*store.Store{w.open(), w.open(), w.open()}
	users := make([]directory.User, 64)
	for i := range users {
		users[i] = w.user(fmt.Sprint("user-", i))
	}
	got := outcomes(len(users), func(i int) error {
		_, err := stores[i%3].CommitUser(t.Context(), tenant, directory.UserChange{After: &users[i]})
		return err
	})
	if got[""] != 50 || got[fault.UserCapReached] != 14 {
		t.Errorf("outcomes: %v, want 50 created and 14 refused", got)
	}
	w.sound()
}

// Creates that fail hold no seat: with three seats left, three new users come in,
// however many names that are taken stand before them.
func TestTakenNamesHoldNoSeats(t *testing.T) {
	w := crowd(t)
	const taken = 10
	for i := range taken {
		w.create(w.user(fmt.Sprint("taken-", i)))
	}
	w.setCap(taken + 3)
	users := make([]directory.User, 40)
	for i := range users {
		users[i] = w.user(fmt.Sprint("taken-", i%taken))
		if i%10 == 9 && i < 30 {
			users[i].UserName = fmt.Sprint("new-", i)
		}
	}
	got := outcomes(len(users), func(i int) error {
		_, err := w.CommitUser(t.Context(), tenant, directory.UserChange{After: &users[i]})
		return err
	})
	if got[""] != 3 || got[fault.Uniqueness] != 37 {
		t.Errorf("outcomes: %v, want 3 created and 37 names in use", got)
	}
	w.sound()
}

// Many single changes of one group's members share transactions, and each still
// gets the answer that is its own: a member that does not exist refuses nobody
// else, and the order of an addition and a removal is kept.
func TestMemberChangesJoin(t *testing.T) {
	w := crowd(t)
	s := w.open()
	users := make([]directory.User, 60)
	for i := range users {
		users[i] = w.create(w.user(fmt.Sprint("user-", i)))
	}
	group, counting := w.group("sales"), 0
	for _, i := range []int{7, 27, 47} {
		users[i].ID = w.user("nobody").ID
	}
	got := outcomes(len(users), func(i int) error {
		id, after := users[i].ID, group
		after.Version++
		_, err := s.CommitGroup(t.Context(), tenant, directory.GroupChange{
			Before: &group, After: &after, Rebase: true, Members: directory.MemberChange{Add: []directory.ID{id}},
			Activity: directory.Activity{At: time.Now(), Kind: directory.GroupChanged, Actor: "a", Target: group.ID},
		})
		return err
	})
	if got[""] != 57 || got[fault.InvalidValue] != 3 {
		t.Errorf("outcomes: %v, want 57 done and 3 strangers", got)
	}
	read, members, err := s.GroupAndMembers(t.Context(), tenant, group.ID)
	if err != nil || len(members) != 57 || read.Members != 57 {
		t.Errorf("%d members, counted %d: %v", len(members), read.Members, err)
	}
	if read.Version >= group.Version+57 {
		t.Errorf("version %d: no two changes shared a transaction", read.Version)
	}
	page, err := s.Activities(t.Context(), tenant, directory.ActivityQuery{Limit: 500})
	for _, line := range page.Lines {
		if line.Kind == directory.GroupChanged {
			counting++
		}
	}
	if err != nil || counting != 57 {
		t.Errorf("%d lines of activity, wanted 57: %v", counting, err)
	}
	w.sound()
}

func TestOneNameOnce(t *testing.T) {
	w := crowd(t)
	stores := []*store.Store{w.open(), w.open(), w.open()}
	users := make([]directory.User, 64)
	for i := range users {
		users[i] = w.user([]string{"ann", "ANN"}[i%2])
	}
	got := outcomes(len(users), func(i int) error {
		_, err := stores[i%3].CommitUser(t.Context(), tenant, directory.UserChange{After: &users[i]})
		return err
	})
	if got[""] != 1 || got[fault.Uniqueness] != 63 {
		t.Errorf("outcomes: %v, want 1 created and 63 refused", got)
	}
	w.sound()
}

// Names that are taken stand in batches with names that are not.
func TestDuplicatesDoNotSpoilTheBatch(t *testing.T) {
	w := crowd(t)
	w.create(w.user("taken-0"))
	w.create(w.user("taken-1"))
	users := make([]directory.User, 60)
	for i := range users {
		users[i] = w.user(fmt.Sprint("free-", i))
		if i%10 < 2 {
			users[i].UserName = fmt.Sprint("taken-", i%10)
		}
		users[i].ExternalID = "shared"
	}
	got := outcomes(len(users), func(i int) error {
		_, err := w.CommitUser(t.Context(), tenant, directory.UserChange{After: &users[i]})
		return err
	})
	if got[""] != 48 || got[fault.Uniqueness] != 12 {
		t.Errorf("outcomes: %v, want 48 created and 12 refused", got)
	}
	w.sound()
}

func TestCreatesShareTransactions(t *testing.T) {
	w := crowd(t)
	w.create(w.user("warm"))
	users := make([]directory.User, 64)
	for i := range users {
		users[i] = w.user(fmt.Sprint("user-", i))
	}
	w.directory.Take()
	outcomes(len(users), func(i int) error {
		_, err := w.CommitUser(t.Context(), tenant, directory.UserChange{After: &users[i]})
		return err
	})
	if got := w.directory.Take(); got.Transact > 16 || got.Get > 0 {
		t.Errorf("64 creates cost %+v, want at most 16 transactions and no reads", got)
	}
	if n := store.Writers(w.Store); n != 1 {
		t.Errorf("%d writers for one tenant", n)
	}
}

func TestMembersAddedTogether(t *testing.T) {
	w := crowd(t)
	ids, g := w.users(48), w.group("Sales")
	stores := []*store.Store{w.open(), w.open(), w.open()}
	got := outcomes(len(ids), func(i int) error {
		after := g
		after.Version++
		_, err := stores[i%3].CommitGroup(t.Context(), tenant, directory.GroupChange{
			Before: &g, After: &after, Members: directory.MemberChange{Add: ids[i : i+1]}, Rebase: true,
		})
		return err
	})
	if got[""] != len(ids) {
		t.Errorf("outcomes: %v", got)
	}
	if now, err := w.Group(t.Context(), tenant, g.ID); err != nil || now.Members != len(ids) || now.Version <= g.Version || now.Version > g.Version+int64(len(ids)) {
		t.Errorf("%d members in version %d, %v", now.Members, now.Version, err)
	}
	for _, s := range stores {
		if n := store.Locks(s); n != 0 {
			t.Errorf("%d locks are left", n)
		}
	}
	w.sound()
}

// The same with rules that read again after every conflict.
func TestMembersAddedByRules(t *testing.T) {
	w := crowd(t)
	ids, g := w.users(16), w.group("Sales")
	got := outcomes(len(ids), func(i int) error {
		for {
			now, err := w.Group(t.Context(), tenant, g.ID)
			if err != nil {
				return err
			}
			if _, err = w.changeMembers(now, directory.MemberChange{Add: ids[i : i+1]}); !fault.Is(err, fault.RowChanged) {
				return err
			}
		}
	})
	if got[""] != len(ids) {
		t.Errorf("outcomes: %v", got)
	}
	w.sound()
}

// Many large changes of one group, some of which clean up after others.
func TestLargeChangesTogether(t *testing.T) {
	w := crowd(t)
	ids := w.users(160)
	g := w.group("Sales", ids[:80]...)
	stores := []*store.Store{w.open(), w.open()}
	var mended sync.WaitGroup
	stop, cancel := context.WithCancel(t.Context())
	mended.Go(func() {
		for stop.Err() == nil {
			// Mend treats every intent as abandoned, as no sweep would.
			if _, err := stores[0].Mend(t.Context(), tenant, clock.Add(time.Hour)); err != nil && !fault.Is(err, fault.RowChanged) {
				t.Errorf("Mend: %v", err)
			}
		}
	})
	got := outcomes(4, func(i int) error {
		for {
			part := ids[40*i : 40*i+40]
			after := g
			after.Version++
			_, err := stores[i%2].CommitGroup(t.Context(), tenant, directory.GroupChange{
				Before: &g, After: &after, Members: directory.MemberChange{Add: part[:20:20], Remove: part[20:]}, Rebase: true,
			})
			if !fault.Is(err, fault.StorageBusy) {
				return err
			}
		}
	})
	cancel()
	mended.Wait()
	if got[""] != 4 {
		t.Errorf("outcomes: %v", got)
	}
	if left, err := w.Mend(t.Context(), tenant, clock.Add(time.Hour)); left != 0 || err != nil {
		t.Errorf("Mend leaves %d, %v", left, err)
	}
	w.sound()
}

// Exactly one of the two may win: the claim of a leave, or the user's return.
func TestClaimExcludesReactivation(t *testing.T) {
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			w := crowd(t)
			active := w.create(w.user("ann"))
			leave := directory.OpenLeave(w.id(directory.SortUser), active.Person(), clock)
			leave.State = directory.Queued
			disabled := active
			disabled.Active, disabled.Leave, disabled.LeaveState = false, leave.ID, leave.State
			disabled, err := w.CommitUser(t.Context(), tenant, directory.UserChange{Before: &active, After: &disabled, Leave: &leave})
			if err != nil {
				t.Fatal(err)
			}
			queued, err := w.Leave(t.Context(), tenant, leave.ID)
			if err != nil {
				t.Fatal(err)
			}
			running, err := queued.MoveTo(directory.Running, clock, clock.Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			back := disabled
			back.Active = true
			other := w.open()
			begun := make(chan bool)
			got := outcomes(2, func(n int) (err error) {
				if n == 0 {
					_, err = other.CommitUser(t.Context(), tenant, directory.UserChange{Before: &disabled, After: &back})
					close(begun)
					return err
				}
				if i%2 == 0 { // else they run at once
					<-begun
				}
				_, err = w.CommitLeave(t.Context(), tenant, directory.LeaveChange{Before: &queued, After: running, Leaver: &disabled})
				return err
			})
			if got[""] != 1 || got[fault.RowChanged] != 1 {
				t.Errorf("outcomes: %v, want one winner", got)
			}
			w.sound()
		})
	}
}

func TestGroupDeletedWhileMembersJoin(t *testing.T) {
	for i := range 10 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			w := crowd(t)
			ids := w.users(80)
			g := w.group("Sales", ids[:35]...)
			other := w.open()
			outcomes(2, func(i int) error {
				after := g
				after.Version++
				change := directory.GroupChange{Before: &g, After: &after, Members: directory.MemberChange{Add: ids[35:]}}
				if i == 0 {
					change = directory.GroupChange{Before: &g}
				}
				_, err := []*store.Store{w.Store, other}[i].CommitGroup(t.Context(), tenant, change)
				return err
			})
			if left, err := w.Mend(t.Context(), tenant, clock.Add(time.Hour)); left != 0 || err != nil {
				t.Errorf("Mend leaves %d, %v", left, err)
			}
			w.sound()
		})
	}
}
