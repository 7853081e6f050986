package play

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// keptFaults is how many wrong answers a phase keeps in words.
const keptFaults = 5

// Report is how a cycle went.
type Report struct {
	Phases []Phase `json:"phases"`
}

// Phase is one kind of work, in figures.
type Phase struct {
	Name     string `json:"name"`
	Requests int    `json:"requests"`
	OK       int    `json:"ok"`
	Wrong    int    `json:"wrong"`
	// P50 and P99 are times to an answer.
	P50 time.Duration `json:"p50Nanoseconds"`
	P99 time.Duration `json:"p99Nanoseconds"`
	// Faults are the first wrong answers, in words.
	Faults []string `json:"faults,omitempty"`
}

// Requests is how many were sent.
func (r Report) Requests() int { return r.sum(func(p Phase) int { return p.Requests }) }

// Wrong is how many answers were wrong.
func (r Report) Wrong() int { return r.sum(func(p Phase) int { return p.Wrong }) }

func (r Report) sum(of func(Phase) int) int {
	n := 0
	for _, p := range r.Phases {
		n += of(p)
	}
	return n
}

// Print writes the table of phases and, below it, what was wrong.
func (r Report) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PHASE\tREQUESTS\tOK\tWRONG\tP50\tP99")
	for _, p := range r.Phases {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%s\n", p.Name, p.Requests, p.OK, p.Wrong, milliseconds(p.P50), milliseconds(p.P99))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, p := range r.Phases {
		for _, f := range p.Faults {
			fmt.Fprintf(w, "\n%s: %s", p.Name, f)
		}
		if more := p.Wrong - len(p.Faults); more > 0 {
			fmt.Fprintf(w, "\n%s: and %d more", p.Name, more)
		}
	}
	if r.Wrong() > 0 {
		fmt.Fprintln(w)
	}
	return nil
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// tally gathers what the connections of one phase see.
type tally struct {
	mu     sync.Mutex
	name   string
	took   []time.Duration
	wrong  int
	faults []string
}

func (t *tally) add(took time.Duration, fault string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = append(t.took, took)
	if fault == "" {
		return
	}
	t.wrong++
	if len(t.faults) < keptFaults {
		t.faults = append(t.faults, fault)
	}
}

func (t *tally) phase() Phase {
	slices.Sort(t.took)
	n := len(t.took)
	p := Phase{Name: t.name, Requests: n, OK: n - t.wrong, Wrong: t.wrong, Faults: t.faults}
	if n > 0 {
		p.P50, p.P99 = t.took[(n-1)/2], t.took[(n-1)*99/100]
	}
	return p
}
