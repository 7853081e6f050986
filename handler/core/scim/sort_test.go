package scim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

func TestSort(t *testing.T) {
	kind := newModel(t, false).User()
	const badge = `"urn:acme:params:scim:schemas:extension:Badge:2.0:User"`
	bodies := []string{
		`{"userName":"a","title":"beta","emails":[{"value":"z@x"},{"value":"b@x","primary":true}],` + badge + `:{"level":10}}`,
		`{"userName":"b","title":"Alpha","emails":[{"value":"a@x"}],` + badge + `:{"level":-2}}`,
		`{"userName":"c","active":false,` + badge + `:{"level":9}}`,
	}
	for _, c := range []struct{ name, by, order, want string }{
		{"case by caseExact, missing last", "title", "", "bac"},
		{"descending, missing first", "title", "descending", "cab"},
		{"primary or first value", "emails", "ascending", "bac"},
		{"sub-attribute", "emails.value", "ascending", "bac"},
		{"numbers", "urn:acme:params:scim:schemas:extension:Badge:2.0:User:level", "", "bca"},
		{"booleans", "active", "", "cab"},
		{"what the service knows", "meta.lastModified", "descending", "cba"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := kind.Sort(c.by, c.order)
			if err != nil {
				t.Fatal(err)
			}
			type entry struct{ name, key string }
			var all []entry
			for i, body := range bodies {
				r := mustDecode(t, kind, body)
				all = append(all, entry{r.UserName(), s.Key(r, scim.Envelope{Modified: time.Unix(int64(i), 0)})})
			}
			slices.SortStableFunc(all, func(a, b entry) int { return s.Compare(a.key, b.key) })
			got := ""
			for _, e := range all {
				got += e.name
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if s, err := kind.Sort("", "descending"); s != nil || err != nil {
		t.Errorf("no sortBy: got %v, %v", s, err)
	}
	for by, code := range map[string]fault.Code{"shoeSize": fault.InvalidPath, "name": fault.InvalidPath, "a b": fault.InvalidPath} {
		if _, err := kind.Sort(by, ""); !fault.Is(err, code) {
			t.Errorf("sortBy=%s: got %v, want %s", by, err, code)
		}
	}
	if _, err := kind.Sort("title", "up"); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("sortOrder=up: got %v", err)
	}
}
