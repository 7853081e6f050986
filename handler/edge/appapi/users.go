package appapi

import (
	"net/http"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/rule/records"
)

// userView is a user and what the user may do, on the wire.
type userView struct {
	ID         directory.ID `json:"id"`
	UserName   string       `json:"userName"`
	ExternalID string       `json:"externalId,omitempty"`
	Active     bool         `json:"active"`
	Role       string       `json:"role"`
	// Permissions is a list even when it is empty.
	Permissions []string `json:"permissions"`
	// Source tells what gave the role: disabled, lock, mapping or default.
	Source directory.RoleSource `json:"source"`
	AsOf   time.Time            `json:"asOf"`
}

// userPage is one page of a list of users.
type userPage struct {
	Users []userView   `json:"users"`
	Next  directory.ID `json:"next,omitzero"`
}

func viewOf(a records.Access) userView {
	return userView{
		ID: a.User.ID, UserName: a.User.UserName, ExternalID: a.User.ExternalID, Active: a.User.Active,
		Role: a.Role, Permissions: append([]string{}, a.Permissions...), Source: a.Source, AsOf: a.AsOf,
	}
}

func (a api) showAccess(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	userName := r.URL.Query().Get("userName")
	if userName == "" {
		return fault.New(fault.InvalidValue, "userName must be given, for example userName=ann%%40acme.com")
	}
	shown, err := a.Records.AccessOf(r.Context(), tenant, userName)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, viewOf(shown))
}

func (a api) showUser(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	id, err := exchange.PathID(r, "user")
	if err != nil {
		return err
	}
	shown, err := a.Records.User(r.Context(), tenant, id)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, viewOf(shown))
}

func (a api) listUsers(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	limit, err := exchange.Limit(r)
	if err != nil {
		return err
	}
	after, err := exchange.QueryID(r, "after")
	if err != nil {
		return err
	}
	users, next, err := a.Records.ListUsers(r.Context(), tenant, after, limit)
	if err != nil {
		return err
	}
	list := userPage{Users: make([]userView, len(users)), Next: next}
	for i, u := range users {
		list.Users[i] = viewOf(u)
	}
	return exchange.JSON(w, http.StatusOK, list)
}

// previewLeave tells what a leave of a user would move, and moves nothing.
func (a api) previewLeave(w http.ResponseWriter, r *http.Request, tenant directory.Tenant) error {
	id, err := exchange.PathID(r, "user")
	if err != nil {
		return err
	}
	preview, err := a.Preview(r.Context(), tenant.ID, id)
	if err != nil {
		return err
	}
	return exchange.JSON(w, http.StatusOK, preview)
}

// ownedByDirectory refuses what SCIM alone may change, and says where.
func ownedByDirectory(http.ResponseWriter, *http.Request, directory.Tenant) error {
	return fault.New(fault.DirectoryOwned, "users come from the customer's directory and are changed there alone; the customer's administrator does that, and the next provisioning cycle brings it")
}
