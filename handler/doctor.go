package main

import (
	"fmt"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// result is how a check ended.
type result string

const (
	fine  result = "ok"
	worth result = "note"
	wrong result = "wrong"
	// unseen is what cannot be checked from here.
	unseen result = "not checked"
)

// finding is the outcome of one check.
type finding struct {
	Check  string `json:"check"`
	Result result `json:"result"`
	// Says is what was found and, unless all is well, what to do.
	Says string `json:"says"`
}

// doctor looks at everything that Handover needs, and gathers what it finds.
type doctor struct {
	settings Settings
	// as is the command that the settings are for: serve or dev.
	as       string
	now      func() time.Time
	name     string
	findings []finding
}

func (d *doctor) find(check string, r result, format string, args ...any) {
	d.findings = append(d.findings, finding{check, r, fmt.Sprintf(format, args...)})
}

// failed notes what stood in the way of a check; a fault may be several
// sentences.
func (d *doctor) failed(check string, err error) {
	for line := range strings.SplitSeq(fault.Of(err).Message, "\n") {
		d.find(check, wrong, "%s", line)
	}
}

// wrongs counts what must be put right.
func (d *doctor) wrongs() int {
	n := 0
	for _, f := range d.findings {
		if f.Result == wrong {
			n++
		}
	}
	return n
}
