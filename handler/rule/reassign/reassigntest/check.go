package reassigntest

import (
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// checkMove wants a move to follow a look at both users since the move before:
// records are taken from somebody who was disabled or gone and given to somebody
// who was active; a hand-back gives them to the leaver who is.
func (c *call) checkMove(m directory.Move) {
	wasActive, looked := c.active[m.From.ID]
	rightful := looked && !wasActive && c.named[m.To.ID]
	if len(m.Records) > 0 {
		rightful = c.active[m.To.ID]
	}
	if m.Tenant != tenant || !rightful {
		c.Errorf("chunk %d of %s, of %d named records, is to move from %s to %s, who were not seen to be as they must", m.Number, m.Leave, len(m.Records), m.From.ID, m.To.ID)
	}
	clear(c.active)
	clear(c.named)
}

// check looks at what the walk has come to.
func (w *walk) check() {
	excused := map[directory.ID]bool{}
	leaves := w.leaves()
	for _, l := range leaves {
		if !l.State.Final() {
			if l.State != directory.Blocked && l.State != directory.Parked || l.Reason == "" {
				w.Errorf("the leave %s is %s for ever, with reason %q", l.ID, l.State, l.Reason)
			}
			excused[l.Leaver.ID] = true
		}
	}
	moves := w.checkJournal(leaves)
	for id := range w.given {
		w.checkRecord(id, excused, moves[id])
	}
}

// balance is how often users had a record taken (-) and received it (+) in the
// journal.
type balance map[directory.ID]int

// checkRecord wants an open record to have an active owner or an excuse, a
// closed one to be where it was, and each to be where the application and the
// journal say that it may be.
func (w *walk) checkRecord(id string, excused map[directory.ID]bool, moved balance) {
	r, err := w.Record(w.Context(), tenant, "quote", id)
	if fault.Is(err, fault.NotFound) && !w.written[id] {
		return
	}
	w.must(err)
	owner, err := w.User(w.Context(), tenant, r.Owner)
	if err != nil && !fault.Is(err, fault.NotFound) {
		w.Fatal(err)
	}
	if r.Status == directory.RecordOpen && !owner.Active && !excused[r.Owner] {
		w.Errorf("record %s is with %s, who is not active, and no open leave says why", id, r.Owner)
	}
	if owner, closed := w.closed[id]; closed && owner != r.Owner {
		w.Errorf("record %s was moved after it was closed", id)
	}
	for _, user := range w.people {
		had := w.given[id][user] + moved[user]
		if had < 0 || r.Owner == user && had == 0 {
			w.Errorf("record %s is with %s; the journal and the application gave it to %s %d times more than it was taken", id, r.Owner, user, had)
		}
	}
}

// checkJournal wants every chunk to be one of a leave of somebody who had left,
// to somebody who was to receive it, and every leave to count its chunks right.
func (w *walk) checkJournal(leaves []directory.Leave) map[string]balance {
	moves := map[string]balance{}
	for _, l := range leaves {
		chunks, err := w.Chunks(w.Context(), tenant, l.ID)
		w.must(err)
		taken, last := 0, 0
		for _, c := range chunks {
			w.checkChunk(&l, &c)
			if c.Number <= last {
				w.Errorf("chunk %d of %s comes after chunk %d", c.Number, l.ID, last)
			}
			last = c.Number
			if !c.HandsBack(l.Leaver.ID) {
				taken += len(c.Moved)
			}
			note(moves, &c)
		}
		if l.State == directory.Cancelled && taken > 0 || l.State.Final() && l.Moved != taken {
			w.Errorf("the leave %s is %s and says that it moved %d; the journal has %d", l.ID, l.State, l.Moved, taken)
		}
	}
	return moves
}

// checkChunk looks at a chunk; an empty one only keeps its number.
func (w *walk) checkChunk(l *directory.Leave, c *directory.Chunk) {
	if len(c.Moved) == 0 {
		return
	}
	leaver := l.Leaver.ID
	back := c.HandsBack(leaver)
	rightful := back || c.From == leaver && w.appointed[c.To]
	if !w.left[leaver] || !rightful || c.From == c.To {
		w.Errorf("chunk %d of %s moved from %s to %s, and the leaver is %s", c.Number, l.ID, c.From, c.To, leaver)
	}
}

// note adds a chunk to the balance of its records.
func note(moves map[string]balance, c *directory.Chunk) {
	for _, r := range c.Moved {
		if moves[r.ID] == nil {
			moves[r.ID] = balance{}
		}
		moves[r.ID][c.From]--
		moves[r.ID][c.To]++
	}
}
