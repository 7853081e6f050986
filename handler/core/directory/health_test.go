package directory_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
)

func TestHealth(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	line := func(kind directory.ActivityKind, minutes int) directory.Activity {
		return directory.Activity{At: ago(minutes), Kind: kind}
	}
	type lines = []directory.Activity
	tests := []struct {
		name    string
		lastUse time.Time
		lines   lines
		want    directory.Health
	}{
		{"a new tenant", time.Time{}, lines{line(directory.TenantCreated, 5)}, directory.Health{State: directory.NeverContacted}},
		{"reads alone", ago(3), nil, directory.Health{State: directory.Healthy, LastContact: ago(3)}},
		{
			"a change, by somebody without a credential of ours",
			time.Time{},
			lines{line(directory.UserCreated, 7)},
			directory.Health{State: directory.Healthy, LastContact: ago(7)},
		},
		{"refused since", ago(1), lines{
			line(directory.UserRefused, 2), line(directory.LeaveMoved, 3), line(directory.RequestRefused, 42), line(directory.UserChanged, 50), line(directory.UserRefused, 60),
		}, directory.Health{State: directory.Failing, Since: ago(42), LastContact: ago(1)}},
		{
			"refused, and then it passed", ago(1),
			lines{line(directory.GroupChanged, 2), line(directory.UserRefused, 3)},
			directory.Health{State: directory.Healthy, LastContact: ago(1)},
		},
		{
			"refused long ago, and nothing but reads since", ago(1),
			lines{line(directory.GroupRefused, 120)},
			directory.Health{State: directory.Healthy, LastContact: ago(1)},
		},
		{"just not quiet", ago(119), nil, directory.Health{State: directory.Healthy, LastContact: ago(119)}},
		{"quiet", ago(120), lines{line(directory.LeaveMoved, 1)}, directory.Health{State: directory.Quiet, Since: ago(120), LastContact: ago(120)}},
		{
			"refused, then quiet", ago(130),
			lines{line(directory.UserRefused, 125)},
			directory.Health{State: directory.Quiet, Since: ago(125), LastContact: ago(125)},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, directory.HealthOf(now, test.lastUse, test.lines)); diff != "" {
				t.Errorf("health (-want +got):\n%s", diff)
			}
		})
	}
}
