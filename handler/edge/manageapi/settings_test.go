package manageapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
)

const (
	salesID = "00000000-0000-8000-0000-000000000009"
	boardID = "00000000-0000-8000-0000-00000000000a"
	annID   = "00000000-0000-7000-0000-000000000001"
)

// initech is a tenant with users, groups and roles.
func initech() *directorytest.Content {
	sales, board, ann := directory.ID{6: 0x80, 15: 9}, directory.ID{6: 0x80, 15: 10}, directory.ID{6: 0x70, 15: 1}
	return &directorytest.Content{
		Settings: directory.Tenant{
			ID: "initech", Name: "Initech", Country: "US", Domains: []string{"*"}, DefaultRole: "Reader", RetentionDays: 365,
			Roles: []directory.Role{{Name: "Sales", Permissions: []string{"quotes.write"}}, {Name: "Reader"}}, Created: noon, Modified: noon,
		},
		Counters: directory.Counters{Users: 1, Active: 1, Groups: 2, Cap: 50},
		Groups:   []directory.Group{{ID: sales, DisplayName: "Sales", Members: 1}, {ID: board, DisplayName: "Board"}},
		Users:    []directory.User{{ID: ann, UserName: "ann@initech.com", Active: true, Version: 1, Created: noon, Modified: noon}},
		Members:  map[directory.ID][]directory.ID{sales: {ann}},
	}
}

const (
	rolesBefore = `{"roles":[{"name":"Sales","permissions":["quotes.write"]},{"name":"Reader"}],"defaultRole":"Reader","mappings":[]}`
	rolesMapped = `{"roles":[{"name":"Sales","permissions":["quotes.write"]},{"name":"Reader"}],"defaultRole":"Reader",` +
		`"mappings":[{"position":1,"group":"` + salesID + `","groupName":"Sales","role":"Sales"}]}`
	times    = `"created":"2026-03-01T12:00:00Z","modified":"2026-03-01T12:00:00Z"}`
	annBare  = `{"id":"` + annID + `","userName":"ann@initech.com","active":true,"role":"Reader","permissions":[],"source":"default",` + times
	annSales = `{"id":"` + annID + `","userName":"ann@initech.com","active":true,"role":"Sales","permissions":["quotes.write"],"source":"mapping","group":"` + salesID + `",` + times
	annLock  = `{"id":"` + annID + `","userName":"ann@initech.com","active":true,"role":"Reader","permissions":[],"source":"lock",` +
		`"lock":{"role":"Reader","reason":"on leave","by":"operator","at":"2026-03-01T12:00:00Z"},` + times
	owned = `{"error":{"code":"directoryOwned","message":"users and groups come from the customer's directory and are changed there alone; here one changes role locks, mappings and settings"}}`
)

func TestConversationAboutRoles(t *testing.T) {
	api := serve(directorytest.Memory{"initech": initech()}, t.Output())
	const at = "/tenants/initech"
	for _, turn := range []struct {
		ask, body string
		status    int
		answer    string
	}{
		{"GET " + at + "/roles", ``, 200, rolesBefore},
		{"GET " + at + "/groups?unmapped=true", ``, 200, `{"groups":[{"id":"` + salesID + `","displayName":"Sales","members":1},{"id":"` + boardID + `","displayName":"Board","members":0}]}`},
		{"GET " + at + "/users/" + annID, ``, 200, annBare},
		{"PUT " + at + "/mappings/" + salesID, `{"role":"Sales"}`, 200, rolesMapped},
		{"GET " + at + "/groups?limit=1", ``, 200, `{"groups":[{"id":"` + salesID + `","displayName":"Sales","members":1,"role":"Sales","position":1}],"next":"` + salesID + `"}`},
		{"GET " + at + "/users", ``, 200, `{"users":[` + annSales + `]}`},
		{"GET " + at + "/users?userName=Ann@initech.com", ``, 200, `{"users":[` + annSales + `]}`},
		{"GET " + at + "/users?userName=eve@initech.com", ``, 200, `{"users":[]}`},
		{"PUT " + at + "/users/" + annID + "/role-lock", `{"role":"Reader","reason":"on leave"}`, 200, annLock},
		{"DELETE " + at + "/users/" + annID + "/role-lock", ``, 200, annSales},
		{"PUT " + at + "/roles/Sales", `{"permissions":["quotes.write"]}`, 200, rolesMapped},
		{"DELETE " + at + "/roles/Sales", ``, 409, `{"error":{"code":"conflict","message":"groups are mapped to the role \"Sales\"; unmap them first"}}`},
		{"DELETE " + at + "/mappings/" + salesID, ``, 200, rolesBefore},
		{"PUT " + at + "/mappings/" + salesID, `{"role":"Boss"}`, 400, `{"error":{"code":"invalidValue","message":"role must be one of the tenant's roles (Sales, Reader), for example \"Sales\"; set a new role first"}}`},
		{"PUT " + at + "/mappings/" + salesID, `{"role":"Sales","position":"1"}`, 400, `{"error":{"code":"invalidValue","message":"position must be a whole number from 1, the first, for example 1"}}`},

		{"PATCH " + at + "/users/" + annID, `{"displayName":"Ann"}`, 409, owned},
		{"PUT " + at + "/users/" + annID, `{}`, 409, owned},
		{"DELETE " + at + "/users/" + annID, ``, 409, owned},
		{"POST " + at + "/users", `{}`, 409, owned},
		{"POST " + at + "/groups", `{}`, 409, owned},
		{"PATCH " + at + "/groups/" + salesID, `{}`, 409, owned},
	} {
		t.Run(turn.ask, func(t *testing.T) {
			w := ask(api, turn.ask, turn.body)
			if w.Code != turn.status {
				t.Errorf("status %d, want %d", w.Code, turn.status)
			}
			if diff := cmp.Diff(turn.answer, strings.TrimSuffix(w.Body.String(), "\n")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// tenantAnswer is the part of a tenant that these tests look at.
type tenantAnswer struct {
	Name      string
	UserCap   *int64
	Suspended bool
	ScimOff   bool
	Strict    bool
	Version   string
	Entra     *struct{ TenantID string }
	Deleting  *string
	Deletion  *struct{ Rows, Removed int64 }
	Error     struct{ Code, Message string }
}

func change(t *testing.T, api http.Handler, line, match, body string) (*httptest.ResponseRecorder, tenantAnswer) {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, "/manage/v1/tenants"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+operatorKey)
	if match != "" {
		r.Header.Set("If-Match", match)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	var got tenantAnswer
	decode(t, w, &got)
	return w, got
}

func TestChangeTenant(t *testing.T) {
	memory := directorytest.Memory{"initech": initech()}
	api := serve(memory, t.Output())
	shown, _ := change(t, api, "GET /initech", "", "")
	seen := shown.Header().Get("ETag")
	w, got := change(t, api, "PATCH /initech", seen, `{"name":"Initech Inc","userCap":null,"strict":true,"entra":{"tenantId":"72F988BF-86F1-41AF-91AB-2D7CD011DB47"}}`)
	if w.Code != 200 || got.Name != "Initech Inc" || got.UserCap != nil || !got.Strict || got.Entra.TenantID != "72f988bf-86f1-41af-91ab-2d7cd011db47" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if etag := w.Header().Get("ETag"); etag == seen || etag != `"`+got.Version+`"` {
		t.Errorf("ETag %s after %s, version %s", etag, seen, got.Version)
	}
	if cap := memory["initech"].Counters.Cap; cap != directory.Unlimited {
		t.Errorf("cap %d", cap)
	}
	for _, match := range []string{seen, "W/" + seen} {
		w, got = change(t, api, "PATCH /initech", match, `{"scimOff":true}`)
		if want := "somebody else has changed name, userCap, strict, entra of the tenant initech meanwhile; read the settings again, and then change them"; w.Code != 412 || got.Error.Message != want {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if w, got = change(t, api, "PATCH /initech", "*", `{"scimOff":true,"suspended":true}`); w.Code != 200 || !got.ScimOff || !got.Suspended {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestChangeTenantBadInput(t *testing.T) {
	api := serve(directorytest.Memory{"initech": initech()}, t.Output())
	for body, want := range map[string]string{
		`{"userCap":"many"}`:        "userCap must be a whole number from 0 to 4294967295, or null for no cap, for example 50",
		`{"userCap":-1}`:            "userCap must be a whole number from 0 to 4294967295, or null for no cap, for example 50",
		`{"suspended":"yes"}`:       "suspended must be true or false, for example false",
		`{"domains":"acme.com"}`:    `domains must be a list of strings, for example ["acme.com"]`,
		`{"retentionDays":0}`:       "retentionDays must be from 1 to 3650, for example 365",
		`{"entra":"contoso.com"}`:   `entra must be an object of tenantId, appIds and subject, for example {"tenantId": "72f988bf-86f1-41af-91ab-2d7cd011db47"}`,
		`{"defaultRole":"Boss"}`:    `defaultRole must be one of the tenant's roles (Sales, Reader), for example "Sales"; set a new role first`,
		`{"country":"us"}`:          "country must be one that this deployment serves: US, CA",
		`{"name":"A","name":"B"}`:   `the field "name" is given twice; give it once`,
		`{"strict":true,"name":""}`: `name must be 1 to 256 bytes, for example "Acme Inc"`,
	} {
		if w, got := change(t, api, "PATCH /initech", "", body); w.Code != 400 || got.Error.Message != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if _, got := change(t, api, "GET /initech", "", ""); got.Strict || got.Name != "Initech" {
		t.Errorf("a refused change was made in part: %+v", got)
	}
}

func TestDeleteTenant(t *testing.T) {
	memory := directorytest.Memory{"initech": initech()}
	api := serve(memory, t.Output())
	w, got := change(t, api, "DELETE /initech", "", "")
	if want := "confirm must be the tenant's id once more, for example confirm=initech; everything of the tenant will be deleted, and nothing brings it back"; w.Code != 400 || got.Error.Message != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w, got = change(t, api, "DELETE /initech?confirm=initech", "", ""); w.Code != 202 || got.Deletion == nil || got.Deleting == nil {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(api, "GET /tenants", ""); !strings.Contains(w.Body.String(), `"deleting":"2026-03-01T12:00:00Z"`) {
		t.Errorf("the list does not say so: %s", w.Body)
	}
	if w, got = change(t, api, "POST /initech/tokens", "", `{}`); w.Code != 403 || got.Error.Code != "tenantClosed" {
		t.Errorf("a token for it: %d %s", w.Code, w.Body)
	}
}
