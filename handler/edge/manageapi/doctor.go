package manageapi

import (
	"net/http"

	"handover/handler/edge/exchange"
)

// Finding is what one check of the running deployment found.
type Finding struct {
	// Check names what was looked at.
	Check string `json:"check"`
	// Result is ok, note, wrong, or not checked.
	Result string `json:"result"`
	// Says is what was found and, unless all is well, what to do.
	Says string `json:"says"`
}

type findingList struct {
	Findings []Finding `json:"findings"`
}

// examine has the process examine its own deployment, with its own settings and
// identity.
func (a api) examine(w http.ResponseWriter, r *http.Request) error {
	return exchange.JSON(w, http.StatusOK, findingList{Findings: a.Examine(r.Context())})
}
