package directory

import "time"

// overdueAfter is the age at which a leave that nobody works on counts as
// overdue. One that meets no trouble is done within seconds.
const overdueAfter = 5 * time.Minute

// Age is how long ago a leave was opened, in steps.
type Age string

// The ages.
const (
	Fresh    Age = "under 5 minutes"
	Minutes  Age = "under an hour"
	Hours    Age = "under a day"
	OverADay Age = "over a day"
)

// Standing is how a leave stands that is not at an end.
type Standing struct {
	State LeaveState
	Age   Age
}

// Backlog counts leaves that are not at an end.
type Backlog map[Standing]int

// Count adds a leave; one at an end does not count.
func (b Backlog) Count(l Leave, now time.Time) {
	if !l.State.Final() {
		b[Standing{l.State, ageOf(now.Sub(l.Opened))}]++
	}
}

// Add adds another backlog.
func (b Backlog) Add(other Backlog) {
	for standing, n := range other {
		b[standing] += n
	}
}

// In is how many leaves are in a state.
func (b Backlog) In(state LeaveState) int {
	return b.where(func(s Standing) bool { return s.State == state })
}

// Overdue is how many leaves should be done by now and wait for a message, a
// queue or a connector: opened over five minutes ago, and neither being worked
// on nor blocked nor parked.
func (b Backlog) Overdue() int {
	return b.where(Standing.overdue)
}

// Overdue tells whether the leave is one of those that Backlog.Overdue counts.
func (l *Leave) Overdue(now time.Time) bool {
	return Standing{l.State, ageOf(now.Sub(l.Opened))}.overdue()
}

func (s Standing) overdue() bool {
	return s.Age != Fresh && (s.State == Pending || s.State == Queued || s.State == Waiting)
}

func (b Backlog) where(wanted func(Standing) bool) int {
	total := 0
	for standing, n := range b {
		if wanted(standing) {
			total += n
		}
	}
	return total
}

func ageOf(age time.Duration) Age {
	switch {
	case age < overdueAfter:
		return Fresh
	case age < time.Hour:
		return Minutes
	case age < 24*time.Hour:
		return Hours
	}
	return OverADay
}
