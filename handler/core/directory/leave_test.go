package directory_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// moves is the table of a leave's life, written down a second time on purpose:
// ARCHITECTURE.md promises it.
var moves = map[directory.LeaveState][]directory.LeaveState{
	directory.Pending:     {directory.Queued, directory.Cancelled},
	directory.Queued:      {directory.Running, directory.Waiting, directory.Cancelled},
	directory.Running:     {directory.Done, directory.Waiting, directory.Blocked, directory.Parked, directory.Stopped},
	directory.Waiting:     {directory.Queued, directory.Cancelled, directory.Parked},
	directory.Blocked:     {directory.Queued, directory.Cancelled},
	directory.Parked:      {directory.Queued, directory.Cancelled},
	directory.Stopped:     {directory.HandingBack, directory.Done},
	directory.Done:        {directory.HandingBack},
	directory.HandingBack: {directory.HandedBack, directory.Stopped},
	directory.Cancelled:   nil,
	directory.HandedBack:  nil,
}

func TestOnlyLegalMoves(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, from := range directory.LeaveStates() {
		for _, to := range directory.LeaveStates() {
			l := directory.Leave{State: from, Attempt: 1, Lease: now, Holder: "p"}
			after, err := l.MoveTo(to, now, now.Add(time.Minute))
			if slices.Contains(moves[from], to) != (err == nil) {
				t.Errorf("%s to %s: error %v", from, to, err)
			}
			if err != nil {
				if !fault.Is(err, fault.IllegalMove) {
					t.Errorf("%s to %s: %v, wanted illegalMove", from, to, err)
				}
				continue
			}
			checkMoved(t, after, to, now)
		}
	}
}

func checkMoved(t *testing.T, after directory.Leave, to directory.LeaveState, now time.Time) {
	t.Helper()
	if to.Final() != after.Due.IsZero() {
		t.Errorf("%s is due at %v: exactly the states that are not final have a due time", to, after.Due)
	}
	if to != directory.Running && (after.Holder != "" || !after.Lease.IsZero()) {
		t.Errorf("%s keeps the claim", to)
	}
	if wantAttempt := map[bool]int{true: 2, false: 1}[to == directory.Queued]; after.Attempt != wantAttempt {
		t.Errorf("%s has attempt %d, wanted %d", to, after.Attempt, wantAttempt)
	}
	if after.State != to || !after.Changed.Equal(now) {
		t.Errorf("moved to %s at %v", after.State, after.Changed)
	}
}

// TestArchitectureShowsTheMoves compares the table of states in ARCHITECTURE.md
// with the function that decides.
func TestArchitectureShowsTheMoves(t *testing.T) {
	document, err := os.ReadFile("../../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for from, tos := range moves {
		row := "\n| `" + string(from) + "` |"
		_, rest, found := strings.Cut(string(document), row)
		if !found {
			t.Errorf("ARCHITECTURE.md has no row for %s", from)
			continue
		}
		line, _, _ := strings.Cut(rest, "\n")
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			t.Errorf("the row of %s has no cell for its moves", from)
			continue
		}
		shown := cells[0]
		for _, to := range directory.LeaveStates() {
			if strings.Contains(shown, "`"+string(to)+"`") != slices.Contains(tos, to) {
				t.Errorf("ARCHITECTURE.md says %q of %s, which differs on %s", strings.TrimSpace(shown), from, to)
			}
		}
	}
}

func TestOwns(t *testing.T) {
	leave := directory.Leave{ID: directory.ID{1}}
	tests := []struct {
		name   string
		leaver *directory.User
		want   bool
	}{
		{"the user is gone", nil, true},
		{"disabled by this leave", &directory.User{Leave: directory.ID{1}}, true},
		{"active again", &directory.User{Active: true, Leave: directory.ID{1}}, false},
		{"disabled by a later leave", &directory.User{Leave: directory.ID{2}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := leave.Owns(test.leaver); got != test.want {
				t.Errorf("Owns = %v", got)
			}
		})
	}
}

func TestBeginsLeave(t *testing.T) {
	active, disabled := &directory.User{Active: true}, &directory.User{}
	given := &directory.User{Leave: directory.ID{1}, LeaveState: directory.Cancelled}
	carried := &directory.User{Leave: directory.ID{1}, LeaveState: directory.Done}
	tests := []struct {
		name          string
		before, after *directory.User
		want          bool
	}{
		{"created disabled", nil, disabled, false},
		{"created", nil, active, false},
		{"disabled", active, disabled, true},
		{"deleted while active", active, nil, true},
		{"renamed while disabled", disabled, disabled, false},
		{"reactivated", disabled, active, false},
		{"deleted after a leave that is done", carried, nil, false},
		{"deleted after a leave that was given up", given, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			change := directory.UserChange{Before: test.before, After: test.after}
			if got := change.BeginsLeave(); got != test.want {
				t.Errorf("BeginsLeave = %v", got)
			}
		})
	}
}
