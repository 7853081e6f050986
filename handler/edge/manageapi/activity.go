package manageapi

import (
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

// activityView is a line of a tenant's history on the wire.
type activityView struct {
	At     time.Time              `json:"at"`
	Kind   directory.ActivityKind `json:"kind"`
	Actor  string                 `json:"actor"`
	Target directory.ID           `json:"target,omitzero"`
	User   directory.ID           `json:"user,omitzero"`
	Detail string                 `json:"detail,omitempty"`
	// Result is done or refused; Fault is why it was refused.
	Result string     `json:"result"`
	Fault  fault.Code `json:"fault,omitempty"`
	// LeftOut is how many refusals before this line were counted and not written.
	LeftOut int `json:"leftOut,omitempty"`
}

// activityPage is one page of a history, newest first.
type activityPage struct {
	Activity []activityView `json:"activity"`
	Next     string         `json:"next,omitempty"`
}

// erasureView is what one step of an erasure came to.
type erasureView struct {
	Users    []directory.ID `json:"users"`
	Leaves   int            `json:"leaves"`
	Chunks   int            `json:"chunks"`
	Activity int            `json:"activity"`
	Next     string         `json:"next,omitempty"`
}

// healthView is how provisioning of a tenant goes.
type healthView struct {
	Health      directory.HealthState `json:"health"`
	HealthSince *time.Time            `json:"healthSince,omitempty"`
	LastContact *time.Time            `json:"lastContact,omitempty"`
}

func healthOf(h directory.Health) healthView {
	return healthView{Health: h.State, HealthSince: present(h.Since), LastContact: present(h.LastContact)}
}

func activityOf(l directory.Activity) activityView {
	shown := activityView{
		At: l.At.UTC(), Kind: l.Kind, Actor: l.Actor, Target: l.Target, User: l.User, Detail: l.Detail,
		Result: "done", Fault: l.Fault, LeftOut: l.LeftOut,
	}
	if l.Kind.Refusal() {
		shown.Result = "refused"
	}
	return shown
}

func (a api) listActivity(w http.ResponseWriter, r *http.Request) error {
	limit, err := exchange.Limit(r)
	if err != nil {
		return err
	}
	user, err := exchange.QueryID(r, "user")
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := a.History.Activity(r.Context(), r.PathValue("tenant"), directory.ActivityQuery{
		User: user, Fault: fault.Code(query.Get("fault")), Kind: directory.ActivityKind(query.Get("kind")),
		Before: query.Get("before"), Limit: limit,
	})
	if err != nil {
		return err
	}
	list := activityPage{Activity: make([]activityView, len(page.Lines)), Next: page.Next}
	for i, l := range page.Lines {
		list.Activity[i] = activityOf(l)
	}
	return exchange.JSON(w, http.StatusOK, list)
}

func (a api) erase(w http.ResponseWriter, r *http.Request) error {
	var user, from string
	if err := body(w, r,
		exchange.Text("user", &user, "ann@acme.com"),
		exchange.Text("next", &from, "e7563a0b8b9c7fff-0123abcd"),
	); err != nil {
		return err
	}
	done, err := a.History.Erase(r.Context(), r.PathValue("tenant"), exchange.LineOf(r.Context()).Actor, user, from)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, erasureView{
		Users: done.Users, Leaves: done.Leaves, Chunks: done.Chunks, Activity: done.Lines, Next: done.Next,
	})
}
