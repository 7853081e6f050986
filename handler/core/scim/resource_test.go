package scim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestCheckImmutable(t *testing.T) {
	kind := newModel(t, false).User()
	body := func(issuer string) string {
		return `{"userName":"ann","urn:acme:params:scim:schemas:extension:Badge:2.0:User":{"issuedBy":"` + issuer + `","level":1}}`
	}
	old := mustDecode(t, kind, body("Ann"))
	if err := mustDecode(t, kind, body("Ann")).CheckImmutable(old); err != nil {
		t.Errorf("the same value: %v", err)
	}
	if err := mustDecode(t, kind, body("Bo")).CheckImmutable(old); !fault.Is(err, fault.Mutability) {
		t.Errorf("another value: got %v, want mutability", err)
	}
	if err := old.CheckImmutable(mustDecode(t, kind, `{"userName":"ann"}`)); err != nil {
		t.Errorf("set for the first time: %v", err)
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
