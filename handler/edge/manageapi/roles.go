package manageapi

import (
	"net/http"

	"handover/handler/core/directory"
	"handover/handler/edge/exchange"
	"handover/handler/rule/admin"
)

// rolesView is a tenant's roles and what gives them, on the wire.
type rolesView struct {
	Roles       []directory.Role `json:"roles"`
	DefaultRole string           `json:"defaultRole"`
	// Mappings are in their order: the first that matches wins.
	Mappings []mappingView `json:"mappings"`
}

// mappingView is one mapping; GroupName is "" where the group is gone.
type mappingView struct {
	Position  int          `json:"position"`
	Group     directory.ID `json:"group"`
	GroupName string       `json:"groupName"`
	Role      string       `json:"role"`
}

// groupView is a group on the wire.
type groupView struct {
	ID          directory.ID `json:"id"`
	DisplayName string       `json:"displayName"`
	Members     int          `json:"members"`
	// Role and Position are those of its mapping; absent where there is none.
	Role     string `json:"role,omitempty"`
	Position int    `json:"position,omitempty"`
}

// groupPage is one page of a list of groups.
type groupPage struct {
	Groups []groupView  `json:"groups"`
	Next   directory.ID `json:"next,omitzero"`
}

func (a api) showRoles(w http.ResponseWriter, r *http.Request) error {
	o, mappings, err := a.Admin.Roles(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return err
	}
	return answerRoles(w, o, mappings)
}

func answerRoles(w http.ResponseWriter, o admin.Overview, mappings []admin.Mapping) error {
	view := rolesView{
		Roles: append([]directory.Role{}, o.Tenant.Roles...), DefaultRole: o.Tenant.DefaultRole,
		Mappings: make([]mappingView, len(mappings)),
	}
	for i, m := range mappings {
		view.Mappings[i] = mappingView{Position: i + 1, Group: m.Group, GroupName: m.GroupName, Role: m.Role}
	}
	version(w, o)
	return exchange.JSON(w, http.StatusOK, view)
}

// changed answers a change of roles with all of them.
func (a api) changed(w http.ResponseWriter, r *http.Request, o admin.Overview, err error) error {
	if err != nil {
		return err
	}
	mappings, err := a.Admin.Named(r.Context(), o.Tenant)
	if err != nil {
		return err
	}
	return answerRoles(w, o, mappings)
}

func (a api) setRole(w http.ResponseWriter, r *http.Request) error {
	role := directory.Role{Name: r.PathValue("role")}
	if err := body(w, r, exchange.Texts("permissions", &role.Permissions, "quotes.write")); err != nil {
		return err
	}
	o, err := a.Admin.SetRole(r.Context(), by(r), r.PathValue("tenant"), match(r), role)
	return a.changed(w, r, o, err)
}

func (a api) removeRole(w http.ResponseWriter, r *http.Request) error {
	o, err := a.Admin.RemoveRole(r.Context(), by(r), r.PathValue("tenant"), match(r), r.PathValue("role"))
	return a.changed(w, r, o, err)
}

func (a api) mapGroup(w http.ResponseWriter, r *http.Request) error {
	group, err := exchange.PathID(r, "group")
	if err != nil {
		return err
	}
	var role string
	position := 0
	if err := body(w, r,
		exchange.Text("role", &role, "Sales"),
		exchange.Value("position", &position, "a whole number from 1, the first", "1"),
	); err != nil {
		return err
	}
	o, err := a.Admin.MapGroup(r.Context(), by(r), r.PathValue("tenant"), match(r), group, role, position)
	return a.changed(w, r, o, err)
}

func (a api) unmapGroup(w http.ResponseWriter, r *http.Request) error {
	group, err := exchange.PathID(r, "group")
	if err != nil {
		return err
	}
	o, err := a.Admin.UnmapGroup(r.Context(), by(r), r.PathValue("tenant"), match(r), group)
	return a.changed(w, r, o, err)
}

func (a api) listGroups(w http.ResponseWriter, r *http.Request) error {
	limit, err := exchange.Limit(r)
	if err != nil {
		return err
	}
	after, err := exchange.QueryID(r, "after")
	if err != nil {
		return err
	}
	groups, next, err := a.Admin.ListGroups(r.Context(), r.PathValue("tenant"), after, limit, r.URL.Query().Get("unmapped") == "true")
	if err != nil {
		return err
	}
	list := groupPage{make([]groupView, len(groups)), next}
	for i, g := range groups {
		list.Groups[i] = groupView{g.ID, g.DisplayName, g.Members, g.Role, g.Position}
	}
	return exchange.JSON(w, http.StatusOK, list)
}
