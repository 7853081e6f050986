package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

func TestResourceReads(t *testing.T) {
	kind := newModel(t, false).User()
	r := mustDecode(t, kind, annBody)
	got := map[string]any{
		"userName": r.UserName(), "externalId": r.ExternalID(), "displayName": r.DisplayName(), "manager": r.Manager(),
		"workEmail": r.WorkEmail(), "emails": r.Emails(), "active": r.Active(), "title": r.Get("TITLE").Text(),
	}
	want := map[string]any{
		"userName": "Ann@acme.com", "externalId": "E-1", "displayName": "", "manager": "B",
		"workEmail": "ann@acme.com", "emails": []string{"ann@acme.com", "ann@home.example"}, "active": true, "title": "Head of Sales",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stored, err := kind.Load([]byte(`{"schemas":["` + scim.UserURN + `"],"userName":"ann"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !stored.Active() || stored.WorkEmail() != "" {
		t.Errorf("without active: %v; without e-mail: %q", stored.Active(), stored.WorkEmail())
	}
}

func TestCloneIsApart(t *testing.T) {
	kind := newModel(t, false).User()
	r := mustDecode(t, kind, annBody)
	before := string(r.Document())
	p, err := kind.DecodePatch([]byte(`{"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	twin := r.Clone()
	if _, err := p.Apply(twin); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, string(r.Document())); diff != "" || r.Equal(twin) {
		t.Errorf("patching the clone changed the original (-before +after):\n%s", diff)
	}
}

func TestReplaces(t *testing.T) {
	kind := newModel(t, false).User()
	body := func(issuer string) string {
		return `{"userName":"ann","urn:acme:params:scim:schemas:extension:Badge:2.0:User":{"issuedBy":"` + issuer + `","level":1}}`
	}
	old := mustDecode(t, kind, body("Ann"))
	if err := mustDecode(t, kind, body("Ann")).Replaces(old); err != nil {
		t.Errorf("the same value: %v", err)
	}
	if err := mustDecode(t, kind, body("Bo")).Replaces(old); !fault.Is(err, fault.Mutability) {
		t.Errorf("another value: got %v, want mutability", err)
	}
	if err := old.Replaces(mustDecode(t, kind, `{"userName":"ann"}`)); err != nil {
		t.Errorf("set for the first time: %v", err)
	}
}

// A body that says nothing about active, or null, keeps the state; a group has
// none.
func TestReplacesKeepsTheState(t *testing.T) {
	for _, strict := range []bool{false, true} {
		kind := newModel(t, strict).User()
		for _, active := range []bool{false, true} {
			old := mustDecode(t, kind, fmt.Sprintf(`{"schemas":[%q],"userName":"ann","active":%t}`, scim.UserURN, active))
			for said, want := range map[string]bool{"": active, `,"active":null`: active, `,"active":true`: true, `,"active":false`: false} {
				now := mustDecode(t, kind, fmt.Sprintf(`{"schemas":[%q],"userName":"ann"%s}`, scim.UserURN, said))
				if err := now.Replaces(old); err != nil || now.Active() != want {
					t.Errorf("strict %t, %t before, the body says %q: active is %t, %v", strict, active, said, now.Active(), err)
				}
			}
		}
	}
	groups := newModel(t, false).Group()
	sales := mustDecode(t, groups, `{"displayName":"Sales"}`)
	if err := sales.Replaces(mustDecode(t, groups, `{"displayName":"Field"}`)); err != nil || strings.Contains(string(sales.Document()), "active") {
		t.Errorf("%s, %v", sales.Document(), err)
	}
}

func TestChanged(t *testing.T) {
	kind := newModel(t, false).User()
	before := mustDecode(t, kind, `{"userName":"ann","title":"CEO","name":{"givenName":"Ann"},"`+scim.EnterpriseURN+`":{"department":"Sales","division":"North"}}`)
	for body, want := range map[string]string{
		`{"userName":"ann","title":"CEO","name":{"givenName":"Ann"},"` + scim.EnterpriseURN + `":{"department":"Sales","division":"North"}}`: "",
		`{"userName":"bob","nickName":"B","name":{"givenName":"Bo"},"` + scim.EnterpriseURN + `":{"department":"IT","division":"North"}}`:    "userName name nickName department title",
		`{"userName":"ann","title":"CEO","name":{"givenName":"Ann"}}`:                                                                        "department division",
		`{"userName":"ann","name":{"givenName":"Ann"},"urn:acme:params:x:2.0:User":{"shoe":"7"}}`:                                            "shoe title department division",
	} {
		got := mustDecode(t, kind, body).Changed(before)
		if diff := cmp.Diff(strings.Fields(want), got, cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

func TestMentionsActive(t *testing.T) {
	kind := newModel(t, false).User()
	for body, want := range map[string]bool{
		`{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`:                   true,
		`{"Operations":[{"op":"replace","value":{"active":true}}]}`:                           true,
		`{"Operations":[{"op":"replace","path":"` + scim.UserURN + `:active","value":true}]}`: true,
		`{"Operations":[{"op":"replace","path":"title","value":"active"}]}`:                   false,
	} {
		p, err := kind.DecodePatch([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.MentionsActive(); got != want {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
}
