package manageapi

import (
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// leaveView is a leave on the wire.
type leaveView struct {
	ID        directory.ID         `json:"id"`
	User      directory.Person     `json:"user"`
	State     directory.LeaveState `json:"state"`
	Attempt   int                  `json:"attempt"`
	Due       *time.Time           `json:"due,omitempty"`
	Recipient *directory.Person    `json:"recipient,omitempty"`
	Moved     int                  `json:"moved"`
	Code      fault.Code           `json:"code,omitempty"`
	Reason    string               `json:"reason,omitempty"`
	Opened    time.Time            `json:"opened"`
	Changed   time.Time            `json:"changed"`
}

// leavePage is one page of a list of leaves, newest first.
type leavePage struct {
	Leaves []leaveView  `json:"leaves"`
	Next   directory.ID `json:"next,omitzero"`
}

// leaveWithJournal is a leave and what it moved.
type leaveWithJournal struct {
	leaveView
	Journal []chunkView `json:"journal"`
}

// chunkView is one entry of the journal on the wire.
type chunkView struct {
	Number int          `json:"number"`
	At     time.Time    `json:"at"`
	To     directory.ID `json:"to"`
	// HandedBack tells a chunk of a hand-back from one that took records away.
	HandedBack bool                    `json:"handedBack,omitempty"`
	Moved      []directory.MovedRecord `json:"moved"`
}

func leaveOf(l directory.Leave) leaveView {
	view := leaveView{
		ID: l.ID, User: l.Leaver, State: l.State, Attempt: l.Attempt, Due: present(l.Due),
		Moved: l.Moved, Code: l.Code, Reason: l.Reason, Opened: l.Opened.UTC(), Changed: l.Changed.UTC(),
	}
	if !l.Recipient.ID.IsZero() {
		view.Recipient = &l.Recipient
	}
	return view
}

func (a api) listLeaves(w http.ResponseWriter, r *http.Request) error {
	limit, err := exchange.Limit(r)
	if err != nil {
		return err
	}
	before, err := exchange.QueryID(r, "before")
	if err != nil {
		return err
	}
	wanted, err := a.wantedLeaves(r.URL.Query().Get("state"))
	if err != nil {
		return err
	}
	leaves, next, err := a.Admin.ListLeaves(r.Context(), r.PathValue("tenant"), before, limit, wanted)
	if err != nil {
		return err
	}
	list := leavePage{Leaves: make([]leaveView, len(leaves)), Next: next}
	for i, l := range leaves {
		list.Leaves[i] = leaveOf(l)
	}
	return exchange.JSON(w, http.StatusOK, list)
}

func (a api) showLeave(w http.ResponseWriter, r *http.Request) error {
	id, err := exchange.PathID(r, "leave")
	if err != nil {
		return err
	}
	leave, chunks, err := a.Admin.Leave(r.Context(), r.PathValue("tenant"), id)
	if err != nil {
		return err
	}
	shown := leaveWithJournal{leaveView: leaveOf(leave), Journal: make([]chunkView, len(chunks))}
	for i, c := range chunks {
		shown.Journal[i] = chunkView{Number: c.Number, At: c.At.UTC(), To: c.To, HandedBack: c.HandsBack(leave.Leaver.ID), Moved: c.Moved}
	}
	return exchange.JSON(w, http.StatusOK, shown)
}
