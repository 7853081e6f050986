package manageapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
)

// refused is a tenant whose directory fails since a quarter to twelve.
func refused() *directorytest.Content {
	content := globex()
	content.Activity = nil
	for i, line := range []directory.Activity{
		{Kind: directory.UserCreated, Actor: "k", Target: directory.ID{15: 2}},
		{Kind: directory.LeaveMoved, Actor: "reassign", Target: directory.ID{15: 5}, User: directory.ID{15: 2}, Detail: "done"},
		{Kind: directory.UserRefused, Actor: "k", Detail: "create: userName", Fault: fault.Uniqueness},
		{Kind: directory.UserRefused, Actor: "k", Target: directory.ID{15: 2}, Detail: "change: emails", Fault: fault.DomainNotVerified, LeftOut: 9},
	} {
		line.At = noon.Add(time.Duration(i*5-25) * time.Minute)
		content.Activity = append(content.Activity, line)
	}
	return content
}

func TestActivityIsFiltered(t *testing.T) {
	const (
		created  = `{"at":"2026-03-01T11:35:00Z","kind":"user.created","actor":"k","target":"00000000-0000-0000-0000-000000000002","result":"done"}`
		moved    = `{"at":"2026-03-01T11:40:00Z","kind":"leave.moved","actor":"reassign","target":"00000000-0000-0000-0000-000000000005","user":"00000000-0000-0000-0000-000000000002","detail":"done","result":"done"}`
		taken    = `{"at":"2026-03-01T11:45:00Z","kind":"user.refused","actor":"k","detail":"create: userName","result":"refused","fault":"uniqueness"}`
		stranger = `{"at":"2026-03-01T11:50:00Z","kind":"user.refused","actor":"k","target":"00000000-0000-0000-0000-000000000002","detail":"change: emails","result":"refused","fault":"domainNotVerified","leftOut":9}`
	)
	api := serve(directorytest.Memory{"globex": refused()}, t.Output())
	for query, want := range map[string]string{
		"": `{"activity":[` + stranger + "," + taken + "," + moved + "," + created + `]}`,
		"user=00000000-0000-0000-0000-000000000002": `{"activity":[` + stranger + "," + moved + "," + created + `]}`,
		"fault=uniqueness":                          `{"activity":[` + taken + `]}`,
		"kind=user.refused&limit=1":                 `{"activity":[` + stranger + `],"next":"3"}`,
		"kind=user.refused&limit=1&before=3":        `{"activity":[` + taken + `],"next":"2"}`,
		"kind=user.refused&fault=userCapReached":    `{"activity":[]}`,
	} {
		got := strings.TrimSpace(ask(api, "GET /tenants/globex/activity?"+query, "").Body.String())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for _, query := range []string{"user=x", "before=x", "limit=0"} {
		if w := ask(api, "GET /tenants/globex/activity?"+query, ""); w.Code != 400 {
			t.Errorf("%s: status %d", query, w.Code)
		}
	}
}

func TestTenantShowsHowItGoes(t *testing.T) {
	api := serve(directorytest.Memory{"globex": refused()}, t.Output())
	const want = `"health":"failing","healthSince":"2026-03-01T11:45:00Z","lastContact":"2026-03-01T11:50:00Z"`
	for _, path := range []string{"/tenants", "/tenants/globex"} {
		if got := ask(api, "GET "+path, "").Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestErasure(t *testing.T) {
	memory := directorytest.Memory{"globex": globex()}
	api := serve(memory, t.Output())
	for _, turn := range []struct {
		body   string
		status int
		want   string
	}{
		{`{}`, 400, `user must be the id or userName of a deleted user`},
		{`{"user":"zoe@globex.com"}`, 404, `no leave of this tenant names such a user`},
		{`{"user":"ann@globex.com"}`, 409, `is blocked; erase once the records are handed over`},
		{`{"user":"Bob@globex.com"}`, 200, `{"users":["00000000-0000-0000-0000-000000000002"],"leaves":1,"chunks":1,"activity":1}`},
		{`{"user":"00000000-0000-0000-0000-000000000002"}`, 200, `"leaves":0`},
	} {
		w := ask(api, "POST /tenants/globex/erasures", turn.body)
		if w.Code != turn.status || !strings.Contains(w.Body.String(), turn.want) {
			t.Errorf("%s: %d %s", turn.body, w.Code, w.Body)
		}
	}
	leaves := ask(api, "GET /tenants/globex/leaves", "").Body.String()
	if strings.Contains(leaves, "bob@") || !strings.Contains(leaves, `"user":{"id":"00000000-0000-0000-0000-000000000002","userName":""}`) {
		t.Errorf("leaves: %s", leaves)
	}
}
