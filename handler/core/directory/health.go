package directory

import "time"

// QuietAfter is how long a directory may be silent: three of Entra's cycles of 40
// minutes.
const QuietAfter = 3 * 40 * time.Minute

// HealthState is how provisioning of a tenant goes, in a word.
type HealthState string

// The states of health.
const (
	NeverContacted HealthState = "never contacted"
	Healthy        HealthState = "healthy"
	// Failing: what the directory asked for last was refused, within QuietAfter,
	// and nothing passed since.
	Failing HealthState = "failing"
	// Quiet: nothing came from the directory for QuietAfter.
	Quiet HealthState = "quiet"
)

// Health is how provisioning of a tenant goes.
type Health struct {
	State HealthState
	// Since is when it began to fail, as far as the lines go back, or the last
	// contact of a directory that is quiet; zero in any other state.
	Since time.Time
	// LastContact is when the directory was last heard of; zero for never.
	LastContact time.Time
}

// HealthOf judges by the last use of the directory's credentials and the newest
// lines of the history, newest first. Lines of others than the directory say
// nothing. Reads that pass leave no line, so a refusal counts for QuietAfter only:
// a directory repeats in each cycle what was refused.
func HealthOf(now, lastUse time.Time, lines []Activity) Health {
	last, failingSince, failedLast := lastUse, time.Time{}, time.Time{}
	for _, line := range lines {
		if !line.Kind.byDirectory() {
			continue
		}
		if line.At.After(last) {
			last = line.At
		}
		if !line.Kind.Refusal() {
			break
		}
		if failedLast.IsZero() {
			failedLast = line.At
		}
		failingSince = line.At
	}
	switch {
	case last.IsZero():
		return Health{State: NeverContacted}
	case now.Sub(last) >= QuietAfter:
		return Health{State: Quiet, Since: last, LastContact: last}
	case !failedLast.IsZero() && now.Sub(failedLast) < QuietAfter:
		return Health{State: Failing, Since: failingSince, LastContact: last}
	}
	return Health{State: Healthy, LastContact: last}
}
