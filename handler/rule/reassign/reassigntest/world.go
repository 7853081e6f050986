// Package reassigntest lets happen to the leaves of one tenant whatever may
// happen, in any order, and then looks whether a record was orphaned or moved
// without right.
//
// A walk knows the ports alone, so the same walks and the same promises hold for
// a tenant in memory and for the real store.
package reassigntest

import (
	"io"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/handler/core/directory"
)

// Ports are what one process reads and writes a tenant through.
type Ports interface {
	directory.Users
	directory.Leaves
	directory.Notices
	directory.Tenants
	directory.Connector
	directory.Journal
	directory.Records
}

// World is an empty place for tenants.
type World interface {
	// Open opens it as one more process does, which knows nothing of what the
	// others remember. pause is called, on the goroutine of the caller, where a
	// port makes several requests of its storage and anything may happen between
	// them; it may panic, and then the port is not used again.
	Open(now func() time.Time, random io.Reader, pause func()) Ports
	// Chunk is how many records one move takes at most.
	Chunk() int
}

// Run makes walks, each in a world of its own: as many for each part as
// -rapid.checks says, 100 if it says nothing.
func Run(t *testing.T, parts int, world func() World) {
	t.Helper()
	for part := range parts {
		t.Run(strconv.Itoa(part), rapid.MakeCheck(func(t *rapid.T) {
			w := newWalk(t, world())
			for range 10 + w.pick(64) {
				w.happen()
			}
			w.settle()
			w.check()
		}))
	}
}
