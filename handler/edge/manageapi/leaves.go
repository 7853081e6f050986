package manageapi

import (
	"net/http"
	"slices"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// handBackView is what became of a hand-back, on the wire.
type handBackView struct {
	Leave leaveView `json:"leave"`
	// Returned counts the records that are with the user again.
	Returned int `json:"returned"`
	// Kept is a list even when it is empty.
	Kept []directory.MovedRecord `json:"kept"`
}

// overdueLeaves is the name of what is no state: leaves that should be done.
const overdueLeaves = "overdue"

// wantedLeaves chooses the leaves of a state, those that are overdue, or with ""
// all of them.
func (a api) wantedLeaves(state string) (func(*directory.Leave) bool, error) {
	switch {
	case state == "":
		return nil, nil
	case state == overdueLeaves:
		now := a.Exchange.Now()
		return func(l *directory.Leave) bool { return l.Overdue(now) }, nil
	case slices.Contains(directory.LeaveStates(), directory.LeaveState(state)):
		return func(l *directory.Leave) bool { return string(l.State) == state }, nil
	}
	return nil, fault.New(fault.InvalidValue, "state must be a state of a leave or \"overdue\", for example \"parked\"")
}

// previewLeave tells what a leave of a user would move, and moves nothing.
func (a api) previewLeave(w http.ResponseWriter, r *http.Request) error {
	id, err := exchange.PathID(r, "user")
	if err != nil {
		return err
	}
	preview, err := a.Leaves.Preview(r.Context(), r.PathValue("tenant"), id)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, preview)
}

// replayLeave sends a leave on that is parked or blocked.
func (a api) replayLeave(w http.ResponseWriter, r *http.Request) error {
	id, err := exchange.PathID(r, "leave")
	if err != nil {
		return err
	}
	leave, err := a.Leaves.Replay(r.Context(), by(r), r.PathValue("tenant"), id)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, leaveOf(leave))
}

// handBackLeave returns what a leave has moved.
func (a api) handBackLeave(w http.ResponseWriter, r *http.Request) error {
	id, err := exchange.PathID(r, "leave")
	if err != nil {
		return err
	}
	back, err := a.Leaves.HandBack(r.Context(), by(r), r.PathValue("tenant"), id)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, handBackView{
		Leave: leaveOf(back.Leave), Returned: len(back.Returned), Kept: append([]directory.MovedRecord{}, back.Kept...),
	})
}
