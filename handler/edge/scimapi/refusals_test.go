package scimapi_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
	"handover/handler/edge/scimapi"
	"handover/handler/rule/provision"
)

// watched is the endpoint of a world, and what it says was refused.
func (w *world) watched() (http.Handler, *[]directory.Activity) {
	var lines []directory.Activity
	return scimapi.New(scimapi.Config{
		Gate: w.gate, BaseURL: exchange.BaseURL(""),
		Exchange: &exchange.Exchange{
			Log: slog.New(slog.NewTextHandler(&w.log, nil)), Now: w.now, Reference: func() string { return "4f2a9c" },
		},
		Provision: provision.New(provision.Config{Users: w.Store, Groups: w.Store, Now: w.now, Random: strings.NewReader(strings.Repeat("0123456789", 99))}),
		Refused:   func(_ string, line directory.Activity) { lines = append(lines, line) },
	}), &lines
}

func TestRefusalsAreToldOf(t *testing.T) {
	w := newWorld(t)
	off := w.tenant(t, directory.Tenant{ID: "off", Name: "Off", Country: "US", Domains: []string{"*"}, ScimOff: true}, directory.Unlimited)
	full := w.tenant(t, directory.Tenant{ID: "full", Name: "Full", Country: "US", Domains: []string{"*"}}, 0)
	ann := w.do("POST", "/scim/acme/v2/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@acme.com"}`)
	if ann.Code != 201 {
		t.Fatal(ann.Code, ann.Body)
	}
	const absent = "01970c3e-8f00-7000-8000-000000000000"
	id, _ := directory.ParseID(absent)
	user := func(fields string) string {
		return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],` + fields + `}`
	}
	bulk := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":` + user(`"userName":"ann@acme.com"`) + `}]}`
	tests := []struct {
		name, token, ask, body string
		want                   []directory.Activity
	}{
		{"a name in use", w.token, "POST /scim/acme/v2/Users", user(`"userName":"ann@acme.com"`), []directory.Activity{
			{Kind: directory.UserRefused, Detail: "create: userName", Fault: fault.Uniqueness},
		}},
		{"another domain", w.token, "POST /scim/acme/v2/Users", user(`"userName":"bob@acme.com","emails":[{"value":"bob@evil.example"}]`), []directory.Activity{
			{Kind: directory.UserRefused, Detail: "create: emails", Fault: fault.DomainNotVerified},
		}},
		{"a value of another kind", w.token, "PUT /scim/acme/v2/Users/" + absent, user(`"userName":"x","emails":5`), []directory.Activity{
			{Kind: directory.UserRefused, Target: id, Detail: "replace: emails", Fault: fault.InvalidValue},
		}},
		{"nobody there", w.token, "DELETE /scim/acme/v2/Users/" + absent, "", []directory.Activity{
			{Kind: directory.UserRefused, Target: id, Detail: "delete", Fault: fault.NotFound},
		}},
		{"a group nobody has", w.token, "DELETE /scim/acme/v2/Groups/" + absent, "", []directory.Activity{
			{Kind: directory.GroupRefused, Target: id, Detail: "delete", Fault: fault.NotFound},
		}},
		{"the cap", full, "POST /scim/full/v2/Users", user(`"userName":"x"`), []directory.Activity{
			{Kind: directory.UserRefused, Detail: "create", Fault: fault.UserCapReached},
		}},
		{"a part of a bulk request", w.token, "POST /scim/acme/v2/Bulk", bulk, []directory.Activity{
			{Kind: directory.UserRefused, Detail: "create: userName", Fault: fault.Uniqueness},
		}},
		{"a bulk request", w.token, "POST /scim/acme/v2/Bulk", "{", []directory.Activity{
			{Kind: directory.RequestRefused, Detail: "bulk", Fault: fault.InvalidSyntax},
		}},
		{"a filter", w.token, "GET /scim/acme/v2/Users?filter=)", "", []directory.Activity{
			{Kind: directory.UserRefused, Detail: "read", Fault: fault.InvalidFilter},
		}},
		{"SCIM off", off, "GET /scim/off/v2/Users", "", []directory.Activity{
			{Kind: directory.UserRefused, Detail: "read", Fault: fault.ScimSwitchedOff},
		}},
		{"a read of what is not there", w.token, "GET /scim/acme/v2/Users/" + absent, "", nil},
		{"a stranger", off, "POST /scim/acme/v2/Users", user(`"userName":"ann@acme.com"`), nil},
		{"all well", w.token, "GET /scim/acme/v2/Users", "", nil},
	}
	api, lines := w.watched()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			*lines = nil
			method, path, _ := strings.Cut(test.ask, " ")
			send(api, test.token, method, path, test.body)
			for i := range *lines {
				if (*lines)[i].Actor == "" || !(*lines)[i].At.Equal(w.now()) {
					t.Errorf("who and when are missing: %+v", (*lines)[i])
				}
				(*lines)[i].Actor, (*lines)[i].At = "", time.Time{}
			}
			if diff := cmp.Diff(test.want, *lines); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}
