package play_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
	"handover/handler/play"
)

// A directory is one of those that can be played, with all that it can do.
type directory struct {
	name string
	play func(context.Context, play.Target, play.Options) (play.Report, error)
	set  func(*play.Options)
	// phases are those beyond the cycle that every Entra has, or all of Okta.
	phases []string
}

func directories() []directory {
	all := func(dialect play.Dialect) func(*play.Options) {
		return func(o *play.Options) {
			o.Dialect, o.GroupChanges, o.ManagerShapes, o.Roles = dialect, true, true, true
		}
	}
	details := []string{"new hires", "manager removals", "roles", "group changes"}
	okta := []string{
		"test connection", "users", "groups", "profile updates", "group renames", "memberships",
		"deactivations", "leavers", "group deletes",
	}
	return []directory{
		{"entra-default", play.Entra, all(play.DefaultDialect), details},
		{"entra-aadOptscim062020", play.Entra, all(play.FlagDialect), append([]string{"value paths"}, details...)},
		{"okta-wizard", play.Okta, func(o *play.Options) { o.App = play.WizardApp }, okta},
		{"okta-oin", play.Okta, func(o *play.Options) { o.App = play.OINApp }, okta},
	}
}

func (d directory) against(t *testing.T, url string) play.Report {
	t.Helper()
	options := small()
	d.set(&options)
	report, err := d.play(t.Context(), play.Target{URL: url, Token: "good"}, options)
	if err != nil {
		t.Fatalf("the cycle was not played: %v", err)
	}
	return report
}

// A right endpoint passes, the second time as well, when everybody is there.
func TestDirectoriesFindNothingWrong(t *testing.T) {
	for _, d := range directories() {
		t.Run(d.name, func(t *testing.T) {
			e, url := newEndpoint(t, "")
			for _, turn := range []string{"first", "second"} {
				report := d.against(t, url)
				if report.Wrong() != 0 {
					var table bytes.Buffer
					_ = report.Print(&table)
					t.Fatalf("%s cycle: a right endpoint was called wrong:\n%s", turn, &table)
				}
				var missing []string
				for _, phase := range d.phases {
					if !slices.ContainsFunc(report.Phases, func(p play.Phase) bool { return p.Name == phase }) {
						missing = append(missing, phase)
					}
				}
				if diff := cmp.Diff([]string(nil), missing); diff != "" {
					t.Errorf("%s cycle: phases that were not played:\n%s", turn, diff)
				}
			}
			for _, request := range e.seen {
				if strings.HasPrefix(d.name, "okta") && strings.HasPrefix(request, "DELETE /v2/Users") {
					t.Errorf("Okta never deletes users: %s", request)
				}
			}
		})
	}
}

func TestDirectoriesFindEachDefect(t *testing.T) {
	tests := []struct{ directory, defect, words string }{
		{"entra-default", "a created manager stays text", "manager.value missing, wanted"},
		{"entra-default", "managers stay", "manager.value as text"},
		{"entra-default", "a manager in a list is lost", "manager.value as an array, wanted"},
		{"entra-default", "primary stays text", `a role whose primary is the text "True", wanted a boolean`},
		{"entra-default", "roles are never replaced", "roles, wanted 2: what was there before is replaced"},
		{"entra-default", "roles are always replaced", "0 times, wanted once"},
		{"entra-default", "each operation makes an entry", "0 primary roles with value and display"},
		{"entra-default", "group names repeat", "POST /Groups answered 201, wanted 409"},
		{"entra-default", "groups keep their name", "answered totalResults 0 and 0 Resources, wanted 1"},
		{"entra-default", "everybody is a member", "answered totalResults 1 and 1 Resources, wanted 0"},
		{"entra-default", "nobody is removed without a value", "2 members, wanted 0"},
		{"entra-default", "members are doubled", "2 times"},
		{"entra-default", "brackets must find", "answered 400, wanted 200 or 204"},
		{"entra-aadOptscim062020", "brackets must find", "answered 400, wanted 200 or 204"},
		{"entra-aadOptscim062020", "dotted names are kept", `name.givenName "`},
		{"entra-aadOptscim062020", "dotted names are kept as well", `an attribute named "name.givenName", which is a path`},
		{"entra-aadOptscim062020", "each operation makes an entry", `addresses with 6 entries of type "work", wanted one`},
		{"entra-aadOptscim062020", "a part of the address is lost", `addresses of type "work" with locality missing, wanted "Toronto"`},
		{"entra-aadOptscim062020", "clearing is ignored", `nickName as text "Kim", although it was cleared`},
		{"okta-wizard", "there is no PUT", "PUT /Users/Users-"},
		{"okta-wizard", "put changes nothing", `answered name.familyName "`},
		{"okta-wizard", "put answers before it acts", "answered title missing, wanted"},
		{"okta-wizard", "the password is told", "with a password, which is never returned"},
		{"okta-wizard", "filter hides the disabled", "answered totalResults 0 and 0 Resources, wanted 1"},
		{"okta-wizard", "duplicates are taken", "POST /Users answered 201, wanted 409"},
		{"okta-oin", "patch changes nothing", "active true, wanted the boolean false"},
		{"okta-oin", "the own id is refused", "answered 400, wanted 200 or 204"},
		{"okta-oin", "groups keep their name", `answered displayName "`},
		{"okta-oin", "members are never emptied", "members, wanted 0"},
		{"okta-oin", "members are lost", "members, wanted"},
		{"okta-oin", "groups are not deleted", "answered 200, wanted 404"},
		{"okta-oin", "no e-mail addresses", "emails without the work address"},
	}
	for _, test := range tests {
		t.Run(test.directory+" "+test.defect, func(t *testing.T) {
			i := slices.IndexFunc(directories(), func(d directory) bool { return d.name == test.directory })
			_, url := newEndpoint(t, test.defect)
			var words []string
			for _, p := range directories()[i].against(t, url).Phases {
				words = append(words, p.Faults...)
			}
			if all := strings.Join(words, "\n"); !strings.Contains(all, test.words) {
				t.Errorf("%q was not found; the report says:\n%s", test.words, all)
			}
		})
	}
}

// The flag stands in the Tenant URL once, whether it was pasted with it or not.
func TestFlagInTheURL(t *testing.T) {
	for _, url := range []string{"/v2", "/v2?aadOptscim062020", "/v2?x=1"} {
		e, base := newEndpoint(t, "")
		base = strings.TrimSuffix(base, "/v2?aadOptscim062020")
		options := small()
		options.Dialect = play.FlagDialect
		if _, err := play.Entra(t.Context(), play.Target{URL: base + url, Token: "good"}, options); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(e.seen[0], "aadOptscim062020"); got != 1 {
			t.Errorf("%s: the flag stands in %s %d times", url, e.seen[0], got)
		}
	}
}

// Okta's queries arrive with %20 and %22, and ask for a page.
func TestOktaWireForm(t *testing.T) {
	e, url := newEndpoint(t, "")
	options := small()
	options.Connections = 1
	if _, err := play.Okta(t.Context(), play.Target{URL: url, Token: "good"}, options); err != nil {
		t.Fatal(err)
	}
	if got := e.seen[2]; !strings.HasPrefix(got, "GET /v2/Users?filter=userName%20eq%20%22") || !strings.Contains(got, "%40acme.com%22&startIndex=1&count=100") {
		t.Errorf("the match query is %s", got)
	}
}

func TestDirectoriesRefused(t *testing.T) {
	_, url := newEndpoint(t, "")
	for _, test := range []struct {
		name  string
		set   func(*play.Options)
		words string
	}{
		{"dialect", func(o *play.Options) { o.Dialect = "2020" }, "a dialect is default or aadOptscim062020"},
		{"app", func(o *play.Options) { o.App = "saml" }, "an application of Okta is wizard or oin"},
	} {
		options := play.Options{Users: 1, Now: time.Now}
		test.set(&options)
		_, err := play.NewCycle(play.Target{URL: url, Token: "good"}, options)
		if f := fault.Of(err); f == nil || !strings.Contains(f.Message, test.words) {
			t.Errorf("%s: said %v, wanted %q", test.name, err, test.words)
		}
	}
	_, missing := newEndpoint(t, "no hit is 404")
	if _, err := play.Okta(t.Context(), play.Target{URL: missing, Token: "good"}, small()); err == nil {
		t.Error("an endpoint that answers 404 to a filter was played")
	}
}
