package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
)

func TestConcernsAreToldWhenTheyChange(t *testing.T) {
	var log bytes.Buffer
	now := time.Unix(0, 0)
	c := concerns{log: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now }}
	blocked := directory.Standing{State: directory.Blocked, Age: directory.Fresh}
	parked := directory.Standing{State: directory.Parked, Age: directory.OverADay}
	late := directory.Standing{State: directory.Queued, Age: directory.Minutes}
	for _, step := range []struct {
		name string
		wait time.Duration
		open directory.Backlog
		want []string
	}{
		{"nothing", 0, directory.Backlog{}, nil},
		{"two", 0, directory.Backlog{blocked: 2, parked: 1}, []string{"leavesBlocked leaves=2", "leavesParked leaves=1"}},
		{"the same", time.Minute, directory.Backlog{blocked: 2, parked: 1}, nil},
		{"one more", time.Minute, directory.Backlog{blocked: 3, parked: 1}, []string{"leavesBlocked leaves=3"}},
		{"it lasts", 9 * time.Minute, directory.Backlog{blocked: 3, parked: 1}, []string{"leavesParked leaves=1"}},
		{"gone", time.Minute, directory.Backlog{}, nil},
		{"again", time.Minute, directory.Backlog{blocked: 3, late: 4}, []string{"leavesOverdue leaves=4", "leavesBlocked leaves=3"}},
	} {
		now = now.Add(step.wait)
		log.Reset()
		c.tell(step.open)
		var got []string
		for line := range strings.Lines(log.String()) {
			_, told, _ := strings.Cut(strings.TrimSpace(line), "code=")
			got = append(got, told)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
