package manageapi_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/rule/reassign"
)

// asked is a rule about leaves that knows Bob and his leave.
type asked struct{}

var (
	bob      = directory.Person{ID: directory.ID{15: 2}, UserName: "bob@globex.com"}
	bobsDone = directory.ID{14: 1, 15: 1}
)

func (asked) Preview(_ context.Context, _ string, user directory.ID) (reassign.Preview, error) {
	if user != bob.ID {
		return reassign.Preview{}, fault.New(fault.NotFound, "there is no such user")
	}
	return reassign.Preview{User: bob, Types: []reassign.TypeCount{{Type: "quote", Records: 3}}, Records: 3, AtLeast: true}, nil
}

func (asked) Replay(_ context.Context, by, _ string, leave directory.ID) (directory.Leave, error) {
	if leave != bobsDone {
		return directory.Leave{}, fault.New(fault.IllegalMove, "the leave is done")
	}
	return directory.Leave{ID: leave, Leaver: directory.Person{ID: bob.ID, UserName: by}, State: directory.Queued, Attempt: 2, Opened: noon, Changed: noon}, nil
}

func (a asked) HandBack(ctx context.Context, by, tenant string, leave directory.ID) (reassign.HandBack, error) {
	replayed, err := a.Replay(ctx, by, tenant, leave)
	replayed.State = directory.HandedBack
	return reassign.HandBack{
		Leave: replayed, Returned: make([]directory.MovedRecord, 2), Kept: []directory.MovedRecord{{Type: "quote", ID: "Q-1", Title: "Offer"}},
	}, err
}

// TestLeavesAsked asks what administrators may ask of leaves.
func TestLeavesAsked(t *testing.T) {
	api := serve(directorytest.Memory{"globex": globex(), "acme": {Settings: directory.Tenant{ID: "acme"}}}, io.Discard)
	const bobsLeave = `"id":"00000000-0000-0000-0000-000000000101","user":{"id":"00000000-0000-0000-0000-000000000002","userName":"operator"},"state":`
	tests := []struct {
		request string
		status  int
		want    string
	}{
		{
			"GET /tenants/globex/users/00000000-0000-0000-0000-000000000002/leave-preview", 200,
			`{"user":{"id":"00000000-0000-0000-0000-000000000002","userName":"bob@globex.com"},"types":[{"type":"quote","records":3}],"records":3,"atLeast":true}`,
		},
		{"GET /tenants/globex/users/00000000-0000-0000-0000-000000000003/leave-preview", 404, "no such user"},
		{"GET /tenants/globex/users/x/leave-preview", 404, "its id has 36 characters"},
		{"POST /tenants/globex/leaves/00000000-0000-0000-0000-000000000101/replay", 200, `{` + bobsLeave + `"queued","attempt":2,`},
		{"POST /tenants/globex/leaves/00000000-0000-0000-0000-000000000102/replay", 409, "the leave is done"},
		{"POST /tenants/globex/leaves/x/replay", 404, "its id has 36 characters"},
		{
			"POST /tenants/globex/leaves/00000000-0000-0000-0000-000000000101/hand-back", 200,
			`{"leave":{` + bobsLeave + `"handed back","attempt":2,"moved":0,"opened":"2026-03-01T12:00:00Z","changed":"2026-03-01T12:00:00Z"},"returned":2,"kept":[{"type":"quote","id":"Q-1","title":"Offer"}]}`,
		},
		{"POST /tenants/globex/leaves/00000000-0000-0000-0000-000000000102/hand-back", 409, "the leave is done"},
		{"POST /tenants/globex/leaves/x/hand-back", 404, "its id has 36 characters"},
		{"GET /tenants/globex/leaves?state=blocked", 200, `{"leaves":[{` + leaveBlocked + `}]}`},
		{"GET /tenants/globex/leaves?state=done", 200, `{"leaves":[{` + leaveDone + `}]}`},
		{"GET /tenants/globex/leaves?state=overdue", 200, `{"leaves":[]}`},
		{"GET /tenants/globex/leaves?state=late", 400, `state must be a state of a leave or \"overdue\"`},
	}
	for _, test := range tests {
		t.Run(test.request, func(t *testing.T) {
			answer := ask(api, test.request, "")
			if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.want) {
				t.Errorf("%d %s, wanted %d %s", answer.Code, answer.Body, test.status, test.want)
			}
		})
	}
}

// TestJournalTellsAHandBack shows a leave whose records went and came back.
func TestJournalTellsAHandBack(t *testing.T) {
	content := globex()
	back := content.Journal[0]
	back.Number, back.From, back.To = 2, back.To, back.From
	content.Journal = append(content.Journal, back)
	answer := ask(serve(directorytest.Memory{"globex": content}, io.Discard), "GET /tenants/globex/leaves/00000000-0000-0000-0000-000000000101", "").Body.String()
	if strings.Count(answer, `"handedBack":true`) != 1 || !strings.Contains(answer, `{"number":2,"at":"2026-03-01T12:01:00Z","to":"00000000-0000-0000-0000-000000000002","handedBack":true`) {
		t.Errorf("%s", answer)
	}
}
