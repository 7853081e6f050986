package history_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
	"handover/handler/core/fault"
	"handover/handler/rule/history"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func serve(m directorytest.Memory, now time.Time) *history.Service {
	return &history.Service{History: m, Tenants: m, Users: m, Leaves: m, Now: func() time.Time { return now }}
}

func TestHealthLooksAtTheDirectorysCredentials(t *testing.T) {
	used := func(kind credential.Kind, minutes int) credential.Credential {
		return credential.Credential{Kind: kind, LastUsed: noon.Add(-time.Duration(minutes) * time.Minute)}
	}
	m := directorytest.Memory{
		"a": {Credentials: []credential.Credential{used(credential.ScimToken, 9), used(credential.OAuthClient, 5), used(credential.AppKey, 1)}},
		"b": {Credentials: []credential.Credential{used(credential.AppKey, 1)}},
	}
	got, err := serve(m, noon).Healths(t.Context(), []string{"b", "a"})
	want := []directory.Health{{State: directory.NeverContacted}, {State: directory.Healthy, LastContact: noon.Add(-5 * time.Minute)}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestPurgeComesToEveryTenant lets an hour pass with a purge a minute: whatever
// is older than its tenant's retention is gone, and nothing else.
func TestPurgeComesToEveryTenant(t *testing.T) {
	m := directorytest.Memory{}
	day := 24 * time.Hour
	for i := range 130 {
		m[fmt.Sprintf("t-%03d", i)] = &directorytest.Content{
			Settings: directory.Tenant{ID: fmt.Sprintf("t-%03d", i), RetentionDays: 10 + i%2*20},
			Activity: []directory.Activity{{At: noon.Add(-31 * day)}, {At: noon.Add(-11 * day)}, {At: noon.Add(-9 * day)}},
			Journal:  []directory.Chunk{{At: noon.Add(-31 * day)}, {At: noon.Add(-9 * day)}},
		}
	}
	whole := 0
	for minute := range 60 {
		n, err := serve(m, noon.Add(time.Duration(minute)*time.Minute)).Purge(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		whole += n
	}
	if want := 65*2 + 65 + 130; whole != want {
		t.Errorf("%d lines and chunks purged, want %d", whole, want)
	}
	for i, want := range []int{1, 2} {
		if got := len(m[fmt.Sprintf("t-%03d", i)].Activity); got != want {
			t.Errorf("tenant %d keeps %d lines, want %d", i, got, want)
		}
	}
}

// leaver is a tenant whose user eve was deleted; ann, still there, got the
// records, and eve had received bob's before.
func leaver() (m directorytest.Memory, eve directory.ID) {
	ann, eve, bob := directory.ID{15: 1}, directory.ID{15: 2}, directory.ID{15: 3}
	person := func(id directory.ID, name string) directory.Person {
		return directory.Person{ID: id, UserName: name, ExternalID: "x-" + name}
	}
	content := &directorytest.Content{
		Settings: directory.Tenant{ID: "acme"},
		Users:    []directory.User{{ID: ann, UserName: "ann"}},
		Leaves: []directory.Leave{
			{ID: directory.ID{14: 1, 15: 1}, Leaver: person(bob, "bob"), Recipient: person(eve, "eve"), State: directory.Done, Moved: 1},
			{ID: directory.ID{14: 1, 15: 2}, Leaver: person(eve, "eve"), Recipient: person(ann, "ann"), State: directory.Done, Moved: 1},
		},
		Journal: []directory.Chunk{
			{Leave: directory.ID{14: 1, 15: 1}, From: bob, To: eve, Moved: []directory.MovedRecord{{Type: "quote", ID: "1", Title: "Bob's"}}},
			{Leave: directory.ID{14: 1, 15: 2}, From: eve, To: ann, Moved: []directory.MovedRecord{{Type: "quote", ID: "2", Title: "Eve's"}}},
		},
	}
	for range 12 {
		content.Activity = append(content.Activity,
			directory.Activity{Kind: directory.UserChanged, Target: eve, Detail: "title"},
			directory.Activity{Kind: directory.UserChanged, Target: ann, Detail: "title"})
	}
	return directorytest.Memory{"acme": content}, eve
}

// TestErase calls until nothing is left to do, once by name and once by id, and
// wants nothing but eve's ids to be left of her.
func TestErase(t *testing.T) {
	for _, who := range []string{"EVE", "00000000-0000-0000-0000-000000000002"} {
		t.Run(who, func(t *testing.T) {
			m, eve := leaver()
			s := serve(m, noon)
			lines, steps := 0, 0
			var done history.Erasure
			for from := ""; steps == 0 || from != ""; steps++ {
				var err error
				if done, err = s.Erase(t.Context(), "acme", "operator", who, from); err != nil {
					t.Fatal(err)
				}
				lines, from = lines+done.Lines, done.Next
			}
			if diff := cmp.Diff(history.Erasure{Users: []directory.ID{eve}, Leaves: 2, Chunks: 1, Lines: done.Lines}, done); diff != "" || lines != 12 {
				t.Errorf("%d lines in %d steps (-want +got):\n%s", lines, steps, diff)
			}
			content := m["acme"]
			ann := directory.Person{ID: directory.ID{15: 1}, UserName: "ann", ExternalID: "x-ann"}
			if l := content.Leaves[1]; l.Leaver != (directory.Person{ID: eve}) || l.Recipient != ann || l.Moved != 1 {
				t.Errorf("her leave: %+v", l)
			}
			if l := content.Leaves[0]; l.Recipient != (directory.Person{ID: eve}) || l.Leaver.UserName != "bob" {
				t.Errorf("the leave that she received: %+v", l)
			}
			if content.Journal[0].Moved[0].Title != "Bob's" || content.Journal[1].Moved[0] != (directory.MovedRecord{Type: "quote", ID: "2"}) {
				t.Errorf("journal: %+v", content.Journal)
			}
			if last := content.Activity[len(content.Activity)-1]; last.Kind != directory.UserErased || last.Target != eve || last.Actor != "operator" {
				t.Errorf("last line: %+v", last)
			}
			again, err := s.Erase(t.Context(), "acme", "operator", eve.String(), "")
			if err != nil || again.Leaves+again.Lines != 0 {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
}

func TestEraseIsRefused(t *testing.T) {
	tests := []struct {
		name, tenant, who string
		state             directory.LeaveState
		want              fault.Code
	}{
		{"no such tenant", "globex", "eve", directory.Done, fault.NotFound},
		{"nobody", "acme", "", directory.Done, fault.InvalidValue},
		{"a stranger", "acme", "zoe", directory.Done, fault.NotFound},
		{"a user who is there", "acme", "ann", directory.Done, fault.Conflict},
		{"the same by id", "acme", "00000000-0000-0000-0000-000000000001", directory.Done, fault.Conflict},
		{"a leave under way", "acme", "eve", directory.Blocked, fault.Conflict},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, _ := leaver()
			m["acme"].Leaves[1].State = test.state
			_, err := serve(m, noon).Erase(t.Context(), test.tenant, "operator", test.who, "")
			if !fault.Is(err, test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
			if m["acme"].Leaves[1].Leaver.UserName != "eve" || m["acme"].Activity[0].Detail == "" {
				t.Error("something was erased")
			}
		})
	}
}
