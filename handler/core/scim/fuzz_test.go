package scim_test

import (
	"bytes"
	"strings"
	"testing"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

// seed adds the requests of the golden cases to a fuzz target.
func seed(f *testing.F, folder string) {
	for _, c := range goldenCases(f, folder) {
		f.Add([]byte(c.file("request")))
	}
}

func FuzzFilter(f *testing.F) {
	for _, text := range []string{
		`userName eq "x"`, `emails[type eq "work"].value eq "x"`, `id eq A and manager eq "B"`, `not (a pr) and (b gt 1 or c le -1.5e3)`,
		`urn:a:b:2.0:User:x.y eq null`, `a eq"\u00e9\ud83d\ude00"`, `roles[primary eq "True" or not (value pr)]`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := scim.ParseFilter(text)
		if err != nil {
			if !fault.Is(err, fault.InvalidFilter) {
				t.Fatalf("%q: %v is not invalidFilter", text, err)
			}
			return
		}
		printed := first.String()
		second, err := scim.ParseFilter(printed)
		if len(printed) > scim.MaxFilterLength {
			return
		}
		if err != nil {
			t.Fatalf("%q prints as %q, which is refused: %v", text, printed, err)
		}
		if second.String() != printed || !sameFilter(first, second) {
			t.Fatalf("%q prints as %q, which prints as %q", text, printed, second)
		}
		m := newModel(t, false)
		ann := mustDecode(t, m.User(), annBody)
		if first.Match(m.User(), ann, annEnvelope) != second.Match(m.User(), ann, annEnvelope) {
			t.Fatalf("%q and %q match differently", text, printed)
		}
	})
}

func sameFilter(a, b *scim.Filter) bool {
	if a.Operator != b.Operator || a.Name != b.Name || len(a.Terms) != len(b.Terms) ||
		!bytes.Equal(a.Value.Append(nil), b.Value.Append(nil)) {
		return false
	}
	for i := range a.Terms {
		if !sameFilter(a.Terms[i], b.Terms[i]) {
			return false
		}
	}
	return true
}

func FuzzPath(f *testing.F) {
	for _, text := range []string{
		"userName", "name.givenName", `emails[type eq "work"].value`, "urn:a:b:2.0:User", "urn:a:b:2.0:User:x.y", `urn:a:b:x[y pr]`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := scim.ParsePath(text)
		if err != nil {
			if !fault.Is(err, fault.InvalidPath) {
				t.Fatalf("%q: %v is not invalidPath", text, err)
			}
			return
		}
		printed := first.String()
		if len(printed) > scim.MaxFilterLength {
			return
		}
		second, err := scim.ParsePath(printed)
		if err != nil || second.String() != printed || second.Name != first.Name || second.Sub != first.Sub {
			t.Fatalf("%q prints as %q, which reads as %q: %v", text, printed, second, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	seed(f, "post")
	f.Add([]byte(entraUser))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, strict := range []bool{false, true} {
			m := newModel(t, strict)
			for _, kind := range []*scim.ResourceType{m.User(), m.Group()} {
				r, err := kind.Decode(body)
				if err != nil {
					clientsFault(t, err)
					continue
				}
				loadsAgain(t, kind, r)
			}
		}
	})
}

func FuzzPatch(f *testing.F) {
	seed(f, "patch")
	f.Add([]byte(entraPatch))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, strict := range []bool{false, true} {
			kind := newModel(t, strict).User()
			p, err := kind.DecodePatch(body)
			if err != nil {
				clientsFault(t, err)
				continue
			}
			r, err := newModel(t, false).User().Load(mustDecode(t, newModel(t, false).User(), annBody).Document())
			if err != nil {
				t.Fatal(err)
			}
			twin := r.Clone()
			before := string(r.Document())
			changed, err := p.Apply(r)
			if err != nil {
				clientsFault(t, err)
			}
			if after := string(r.Document()); (after != before) != changed {
				t.Fatalf("changed is %v\nbefore %s\nafter  %s", changed, before, after)
			}
			if _, err := p.Apply(twin); err == nil && !twin.Equal(r) {
				t.Fatalf("the same patch gives\n%s\nand\n%s", r.Document(), twin.Document())
			}
			loadsAgain(t, kind, r)
		}
	})
}

// clientsFault fails when a body that a client sent gives a fault of ours.
func clientsFault(t *testing.T, err error) {
	t.Helper()
	if f := fault.Of(err); f.Code.Status() >= 500 || strings.TrimSpace(f.Message) == "" {
		t.Fatalf("not a client's fault: %v", err)
	}
}

// loadsAgain fails when a document is not what it becomes by loading it.
func loadsAgain(t *testing.T, kind *scim.ResourceType, r *scim.Resource) {
	t.Helper()
	document := r.Document()
	again, err := kind.Load(document)
	if err != nil {
		t.Fatalf("%s cannot be loaded: %v", document, err)
	}
	if got := again.Document(); !bytes.Equal(got, document) || !again.Equal(r) {
		t.Fatalf("%s\nloads as\n%s", document, got)
	}
	if _, err := kind.AppendJSON(nil, document, annEnvelope, nil); err != nil {
		t.Fatal(err)
	}
}
