package play_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
	"handover/handler/play"
)

func small() play.Options {
	return play.Options{Users: 24, Groups: 3, Leavers: 2, Seed: 7, Domain: "acme.com", Now: time.Now}
}

func playAgainst(t *testing.T, defect string, options play.Options) (play.Report, *endpoint) {
	t.Helper()
	e, url := newEndpoint(t, defect)
	report, err := play.Entra(t.Context(), play.Target{URL: url, Token: "good"}, options)
	if err != nil {
		t.Fatalf("the cycle was not played: %v", err)
	}
	return report, e
}

func TestRightEndpoint(t *testing.T) {
	report, e := playAgainst(t, "", small())
	if report.Wrong() != 0 {
		var table bytes.Buffer
		_ = report.Print(&table)
		t.Errorf("a right endpoint was called wrong:\n%s", &table)
	}
	var names []string
	for _, p := range report.Phases {
		names = append(names, p.Name)
		if p.Requests == 0 || p.OK != p.Requests || p.P50 <= 0 || p.P99 < p.P50 {
			t.Errorf("phase without figures: %+v", p)
		}
	}
	want := []string{
		"test connection", "users", "managers", "groups", "members",
		"changes", "renames", "memberships", "soft deletes", "leavers", "hard deletes",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if report.Requests() != len(e.seen) {
		t.Errorf("%d requests reported, %d arrived", report.Requests(), len(e.seen))
	}
	if len(e.users) != 23 || len(e.groups) != 3 {
		t.Errorf("%d users and %d groups are left, wanted 23 and 3", len(e.users), len(e.groups))
	}
}

func TestEachDefectIsFound(t *testing.T) {
	tests := []struct{ defect, words string }{
		{"create answers 200", "POST /Users answered 200, wanted 201"},
		{"application/json", `with Content-Type "application/json", wanted application/scim+json`},
		{"no id", "without an id"},
		{"no Location", `POST /Users answered with Location "", wanted the address of the new resource`},
		{"id changes", "answered with id"},
		{"no schemas", "POST /Users answered without urn:ietf:params:scim:schemas:core:2.0:User in schemas"},
		{"values are trimmed", `answered displayName "`},
		{"another userName", `answered userName "somebody", wanted`},
		{"no enterprise extension", "department missing, wanted"},
		{"no e-mail addresses", "emails without the work address"},
		{"duplicates are taken", "POST /Users answered 201, wanted 409"},
		{"no scimType", `answered scimType missing, wanted "uniqueness"`},
		{"error status is a number", "answered status 409 in the body, wanted the text \"409\""},
		{"errors are not SCIM", "answered without urn:ietf:params:scim:api:messages:2.0:Error in schemas"},
		{"filter is case-sensitive", "answered totalResults 0 and 0 Resources, wanted 1"},
		{"filter hides the disabled", "answered totalResults 0 and 0 Resources, wanted 1"},
		{"totalResults is text", `answered totalResults as text "0", wanted an integer`},
		{"totalResults has a fraction", "answered totalResults 0.0, wanted an integer"},
		{"totalResults is wrong", "answered totalResults 1 and 0 Resources, wanted 0"},
		{"list has no schema", "answered without urn:ietf:params:scim:api:messages:2.0:ListResponse in schemas"},
		{"patch fails", "answered 500, wanted 200 or 204; its detail says: it is so"},
		{"patch answers html", "answered with a body that is no JSON object"},
		{"patch changes nothing", `answered displayName "`},
		{"active stays text", `answered active as text "False", wanted the boolean false`},
		{"manager is text", "manager.value missing, wanted"},
		{"old name stays", "answered totalResults 1 and 1 Resources, wanted 0"},
		{"excludedAttributes is ignored", "with members, although excludedAttributes=members was asked"},
		{"members are lost", "4 members, wanted"},
		{"members are doubled", "2 times"},
		{"remove with a value empties the group", "members, wanted"},
		{"delete answers 200", "answered 200, wanted 204"},
		{"delete keeps the user", "answered 200, wanted 404"},
		{"deleted users are answered", "answered 200, wanted 404"},
	}
	for _, test := range tests {
		t.Run(test.defect, func(t *testing.T) {
			report, e := playAgainst(t, test.defect, small())
			// A second cycle meets users, and groups that have members.
			again, err := play.Entra(t.Context(), play.Target{URL: e.url, Token: "good"}, small())
			var words []string
			for _, p := range append(report.Phases, again.Phases...) {
				words = append(words, p.Faults...)
			}
			if err != nil {
				t.Errorf("the second cycle was not played: %v", err)
			}
			if !strings.Contains(strings.Join(words, "\n"), test.words) {
				t.Errorf("%q was not found; the report says:\n%s", test.words, strings.Join(words, "\n"))
			}
		})
	}
}

func TestCannotBePlayed(t *testing.T) {
	_, right := newEndpoint(t, "")
	_, wrong := newEndpoint(t, "no hit is 404")
	elsewhere := httptest.NewServer(http.RedirectHandler(right, http.StatusTemporaryRedirect))
	defer elsewhere.Close()
	tests := []struct {
		name   string
		target play.Target
		words  string
	}{
		{"nobody there", play.Target{URL: "http://127.0.0.1:1", Token: "good"}, "nothing answers at http://127.0.0.1:1"},
		{"wrong token", play.Target{URL: right, Token: "bad"}, "refuses the token with status 401"},
		{"no SCIM", play.Target{URL: wrong, Token: "good"}, "answered 404 to Test Connection, wanted 200"},
		{"a redirect", play.Target{URL: elsewhere.URL, Token: "good"}, "answered 307 to Test Connection, wanted 200"},
		{"no address", play.Target{URL: "scim.example.com", Token: "good"}, "must be an http or https address"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := play.Entra(t.Context(), test.target, small())
			if f := fault.Of(err); f == nil || !strings.Contains(f.Message, test.words) {
				t.Errorf("said %v, wanted %q", err, test.words)
			}
		})
	}
}

func TestSeedDecides(t *testing.T) {
	requests := func(seed uint64) []string {
		options := small()
		options.Seed, options.Connections = seed, 1
		_, e := playAgainst(t, "", options)
		return e.seen
	}
	if diff := cmp.Diff(requests(3), requests(3)); diff != "" {
		t.Errorf("the same seed played another cycle:\n%s", diff)
	}
	if slices.Equal(requests(3), requests(4)) {
		t.Error("another seed played the same cycle")
	}
}

func TestSecondCycleMatches(t *testing.T) {
	_, url := newEndpoint(t, "")
	for _, turn := range []string{"first", "second"} {
		report, err := play.Entra(t.Context(), play.Target{URL: url, Token: "good"}, small())
		if err != nil || report.Wrong() > 0 {
			t.Errorf("%s cycle: %v, %+v", turn, err, report)
		}
	}
}

func TestWireForm(t *testing.T) {
	options := small()
	options.Connections = 1
	_, e := playAgainst(t, "", options)
	first := e.seen[2]
	if !strings.HasPrefix(first, `GET /v2/Users?filter=userName+eq+"`) || !strings.HasSuffix(first, `%40acme.com"&aadOptscim062020`) {
		t.Errorf("the match query is %s", first)
	}
	if !strings.HasPrefix(e.seen[1], `GET /v2/Groups?excludedAttributes=members&filter=displayName+eq+"`) {
		t.Errorf("the match query of groups is %s", e.seen[1])
	}
}

func TestKeepEveryone(t *testing.T) {
	options := small()
	options.KeepEveryone, options.Leavers = true, 0
	_, e := playAgainst(t, "", options)
	for id, u := range e.users {
		if u["active"] != true {
			t.Errorf("%s is not active", id)
		}
	}
	if len(e.users) != options.Users {
		t.Errorf("%d users, wanted %d", len(e.users), options.Users)
	}
}

func TestProgress(t *testing.T) {
	options := small()
	_, url := newEndpoint(t, "")
	last, steps := 0, 0
	options.Progress = func(done, total int, phase string) {
		steps++
		if done > total || phase == "" || (done != last+1 && done != 1) {
			t.Errorf("%d of %d in %q after %d", done, total, phase, last)
		}
		last = done
	}
	cycle, err := play.NewCycle(play.Target{URL: url, Token: "good"}, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := cycle.Initial(t.Context()); err != nil || steps != 24+16+3+3 {
		t.Errorf("%d steps, %v", steps, err)
	}
}

func TestStops(t *testing.T) {
	_, url := newEndpoint(t, "")
	ctx, stop := context.WithCancel(t.Context())
	options := small()
	options.Progress = func(done, _ int, _ string) {
		if done == 5 {
			stop()
		}
	}
	cycle, err := play.NewCycle(play.Target{URL: url, Token: "good"}, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := cycle.Initial(ctx); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a stopped cycle returned %v", err)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name    string
		refusal play.Refusal
		want    int
		words   string
	}{
		{"refused", play.Refusal{UserName: "sam@acme.com", Status: 403}, 1, ""},
		{"taken in", play.Refusal{UserName: "ann@acme.com", Status: 403}, 0, "POST /Users answered 201, wanted 403"},
		{"refused otherwise", play.Refusal{UserName: "sam@acme.com", Status: 400}, 0, "POST /Users answered 403, wanted 400"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, url := newEndpoint(t, "")
			e.forbids = "sam@acme.com"
			cycle, err := play.NewCycle(play.Target{URL: url, Token: "good"}, small())
			if err != nil {
				t.Fatal(err)
			}
			got, err := cycle.Refused(t.Context(), test.refusal)
			faults := strings.Join(cycle.Report().Phases[0].Faults, "\n")
			if got != test.want || err != nil || !strings.Contains(faults, test.words) {
				t.Errorf("%d refused, %v, faults %q", got, err, faults)
			}
		})
	}
}
