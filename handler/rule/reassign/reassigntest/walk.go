package reassigntest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"

	"handover/handler/core/directory"
)

// tenant is the one that a walk is about.
const tenant = "acme"

// walk is one tenant, two processes, and whatever happens to them.
type walk struct {
	*rapid.T
	// Ports are the walk's own, for what the directory and the application do:
	// each of that is one step.
	Ports
	world     World
	now       time.Time
	random    io.Reader
	processes [2]*process
	// depth is how many calls are under way within each other.
	depth int
	// paused is how many of their requests are under way, for which the clock
	// stands.
	paused int
	// quiet lets nothing happen between two steps.
	quiet bool
	// trouble is what the connector answers in place of moving.
	trouble error
	// messages are what the queue holds; deaf makes it fail.
	messages []directory.Message
	deaf     bool
	people   []directory.ID
	known
}

// known is what a walk knows, beside the ports, of what has happened.
type known struct {
	// left are the users who were ever disabled or deleted, appointed those who
	// were ever to receive records.
	left, appointed map[directory.ID]bool
	// given counts how often each record was given to each user by the
	// application.
	given map[string]map[directory.ID]int
	// written are records of which the application knows that they were written,
	// unanswered those that it puts until it is answered.
	written    map[string]bool
	unanswered []string
	// checked are records whose owner was found active and that are not put yet.
	checked []directory.Record
	// closed says with whom each record was when it was closed.
	closed map[string]directory.ID
}

func newWalk(t *rapid.T, world World) *walk {
	w := &walk{
		T: t, world: world, now: time.Unix(1_800_000_000, 0).UTC(), random: rand.NewChaCha8([32]byte{}),
		known: known{
			left: map[directory.ID]bool{}, appointed: map[directory.ID]bool{},
			given: map[string]map[directory.ID]int{}, written: map[string]bool{},
			closed: map[string]directory.ID{},
		},
	}
	w.Ports = world.Open(w.clock, w.random, func() {})
	w.populate()
	for i := range w.processes {
		w.processes[i] = w.open(fmt.Sprint("p", i))
	}
	return w
}

func (w *walk) clock() time.Time { return w.now }

// names are the people; the first is the Master Admin, the next two deputies.
var names = [...]string{"ann", "bob", "cid", "eve", "fay"}

// fewRecords is how many records everybody has; some have more than fit into one
// chunk, too, which nothing but leaves touches.
const fewRecords = 4

// populate gives the tenant its people and them their records.
func (w *walk) populate() {
	_, err := w.CreateTenant(w.Context(), directory.Tenant{
		ID: tenant, Name: "Acme", Country: "US", Domains: []string{"*"}, MasterAdmin: names[0], Deputies: names[1:3:3],
	}, directory.Unlimited, directory.Activity{})
	w.must(err)
	for i, name := range names {
		user := directory.User{ID: w.id(), UserName: name, Active: true, Version: 1, Created: w.now, Modified: w.now, Document: []byte("{}")}
		_, err := w.CommitUser(w.Context(), tenant, directory.UserChange{After: &user})
		w.must(err)
		w.people = append(w.people, user.ID)
		w.appointed[user.ID] = i < 3
		w.own(user.ID, fewRecords*i, fewRecords)
		if i >= 3 {
			w.own(user.ID, touched+i*w.world.Chunk(), w.world.Chunk())
		}
	}
}

// own gives a user records, numbered from the first.
func (w *walk) own(owner directory.ID, first, records int) {
	for n := range records {
		id := recordID(first + n)
		w.must(w.PutRecord(w.Context(), tenant, w.give(id, owner)))
		w.written[id] = true
	}
}

// touched is how many records the application puts and closes.
const touched = fewRecords * (len(names) + 1)

func recordID(n int) string { return fmt.Sprintf("%04d", n) }

// give notes that the application gives a user a record.
func (w *walk) give(id string, owner directory.ID) directory.Record {
	if w.given[id] == nil {
		w.given[id] = map[directory.ID]int{}
	}
	w.given[id][owner]++
	return directory.Record{Type: "quote", ID: id, Owner: owner, Status: directory.RecordOpen}
}

func (w *walk) id() directory.ID {
	id, err := directory.NewID(directory.SortUser, w.now, w.random)
	w.must(err)
	return id
}

// must ends the walk with an error that nothing in it explains.
func (w *walk) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// sixBits are uniform, where rapid's numbers lean to the small ones.
var sixBits = rapid.Custom(func(t *rapid.T) (n int) {
	for range 6 {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
})

// pick is one of n, at most 64.
func (w *walk) pick(n int) int { return sixBits.Draw(w.T, "pick") % n }

// settle lets everything come to its end, with nothing going wrong any more.
func (w *walk) settle() {
	w.quiet, w.trouble, w.deaf = true, nil, false
	for _, id := range w.unanswered {
		w.process(func(c *call) { c.answer(id) })
	}
	for range 24 {
		for len(w.messages) > 0 {
			w.deliver()
		}
		if len(w.leavesIn(atWork...)) == 0 {
			return
		}
		w.now = w.now.Add(3 * time.Hour)
		w.sweep()
	}
}
