package directory_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
)

func TestBacklog(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	b := directory.Backlog{}
	for _, l := range []struct {
		state directory.LeaveState
		age   time.Duration
	}{
		{directory.Pending, 0},
		{directory.Queued, 5*time.Minute - 1},
		{directory.Queued, 5 * time.Minute},
		{directory.Waiting, time.Hour},
		{directory.Running, 2 * time.Hour},
		{directory.Blocked, 24 * time.Hour},
		{directory.Blocked, 48 * time.Hour},
		{directory.Parked, time.Minute},
		{directory.Done, time.Hour},
		{directory.Stopped, time.Hour},
	} {
		b.Count(directory.Leave{State: l.state, Opened: now.Add(-l.age)}, now)
	}
	want := directory.Backlog{
		{State: directory.Pending, Age: directory.Fresh}:    1,
		{State: directory.Queued, Age: directory.Fresh}:     1,
		{State: directory.Queued, Age: directory.Minutes}:   1,
		{State: directory.Waiting, Age: directory.Hours}:    1,
		{State: directory.Running, Age: directory.Hours}:    1,
		{State: directory.Blocked, Age: directory.OverADay}: 2,
		{State: directory.Parked, Age: directory.Fresh}:     1,
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("backlog (-want +got):\n%s", diff)
	}
	twice := directory.Backlog{}
	twice.Add(b)
	twice.Add(b)
	got := []int{twice.In(directory.Blocked), twice.In(directory.Queued), twice.In(directory.Done), twice.Overdue()}
	if diff := cmp.Diff([]int{4, 4, 0, 4}, got); diff != "" {
		t.Errorf("blocked, queued, done and overdue of it twice (-want +got):\n%s", diff)
	}
}
