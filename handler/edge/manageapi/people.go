package manageapi

import (
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/rule/records"
)

// personView is a user with the effective role, on the wire.
type personView struct {
	ID         directory.ID `json:"id"`
	UserName   string       `json:"userName"`
	ExternalID string       `json:"externalId,omitempty"`
	Active     bool         `json:"active"`
	Role       string       `json:"role"`
	// Permissions is a list even when it is empty.
	Permissions []string             `json:"permissions"`
	Source      directory.RoleSource `json:"source"`
	// Group is the one whose mapping gave the role.
	Group    directory.ID `json:"group,omitzero"`
	Lock     *lockView    `json:"lock,omitempty"`
	Created  time.Time    `json:"created"`
	Modified time.Time    `json:"modified"`
}

// personPage is one page of a list of users.
type personPage struct {
	Users []personView `json:"users"`
	Next  directory.ID `json:"next,omitzero"`
}

// lockView is a role lock on the wire.
type lockView struct {
	Role   string    `json:"role"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

func viewOfPerson(p records.Access) personView {
	view := personView{
		ID: p.User.ID, UserName: p.User.UserName, ExternalID: p.User.ExternalID, Active: p.User.Active,
		Role: p.Role, Permissions: append([]string{}, p.Permissions...), Source: p.Source, Group: p.Group,
		Created: p.User.Created.UTC(), Modified: p.User.Modified.UTC(),
	}
	if lock := p.User.Lock; lock.Role != "" {
		view.Lock = &lockView{lock.Role, lock.Reason, lock.By, lock.At.UTC()}
	}
	return view
}

// listUsers lists the users of a tenant, or the one with a userName.
func (a api) listUsers(w http.ResponseWriter, r *http.Request) error {
	o, err := a.Admin.Tenant(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return err
	}
	users, next, err := a.users(r, o.Tenant)
	if err != nil {
		return err
	}
	list := personPage{make([]personView, len(users)), next}
	for i, u := range users {
		list.Users[i] = viewOfPerson(u)
	}
	return exchange.JSON(w, http.StatusOK, list)
}

func (a api) users(r *http.Request, tenant directory.Tenant) ([]records.Access, directory.ID, error) {
	if userName := r.URL.Query().Get("userName"); userName != "" {
		one, err := a.People.AccessOf(r.Context(), tenant, userName)
		if fault.Is(err, fault.NotFound) {
			return nil, directory.ID{}, nil
		}
		return []records.Access{one}, directory.ID{}, err
	}
	limit, err := exchange.Limit(r)
	if err != nil {
		return nil, directory.ID{}, err
	}
	after, err := exchange.QueryID(r, "after")
	if err != nil {
		return nil, directory.ID{}, err
	}
	return a.People.ListUsers(r.Context(), tenant, after, limit)
}

func (a api) showUser(w http.ResponseWriter, r *http.Request) error {
	id, err := exchange.PathID(r, "user")
	if err != nil {
		return err
	}
	o, err := a.Admin.Tenant(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return err
	}
	return a.answerUser(w, r, o.Tenant, id)
}

func (a api) answerUser(w http.ResponseWriter, r *http.Request, tenant directory.Tenant, id directory.ID) error {
	user, err := a.People.User(r.Context(), tenant, id)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, viewOfPerson(user))
}

func (a api) lockRole(w http.ResponseWriter, r *http.Request) error {
	var role, reason string
	if err := body(w, r,
		exchange.Text("role", &role, "Sales"),
		exchange.Text("reason", &reason, "stands in for the head of sales"),
	); err != nil {
		return err
	}
	return a.lock(w, r, func(id directory.ID) error {
		_, err := a.Admin.LockRole(r.Context(), by(r), r.PathValue("tenant"), id, role, reason)
		return err
	})
}

func (a api) unlockRole(w http.ResponseWriter, r *http.Request) error {
	return a.lock(w, r, func(id directory.ID) error {
		_, err := a.Admin.UnlockRole(r.Context(), by(r), r.PathValue("tenant"), id)
		return err
	})
}

// lock changes the lock of a user and answers with the user as it is then.
func (a api) lock(w http.ResponseWriter, r *http.Request, change func(directory.ID) error) error {
	id, err := exchange.PathID(r, "user")
	if err != nil {
		return err
	}
	if err := change(id); err != nil {
		return err
	}
	o, err := a.Admin.Tenant(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return err
	}
	return a.answerUser(w, r, o.Tenant, id)
}
