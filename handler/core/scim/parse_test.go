package scim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"nothing", ``, "the body ends where a value is expected, at byte 1"},
		{"not JSON", `hello`, "a JSON value is expected, at byte 1"},
		{"NaN", `{"a":NaN}`, `a JSON value is expected, at byte 6, in or after "a"`},
		{"a comma too many", `{"a":1,}`, `a name in quotes is expected, at byte 8, in or after "a"`},
		{"no comma", `{"a":1 "b":2}`, `a comma or } is expected, at byte 8, in or after "a"`},
		{"no colon", `{"a" 1}`, `a colon is expected, at byte 6, in or after "a"`},
		{"more after the end", `{} {}`, "the body goes on after its end, at byte 4"},
		{"a leading zero", `{"a":01}`, `the number is not written as JSON writes numbers, at byte 6, in or after "a"`},
		{"a name twice", `{"a":1,"A":2}`, `the name appears twice in one object, at byte 13, in or after "A"`},
		{"half a surrogate pair", `{"a":"\ud800"}`, `the escape is none of JSON's, at byte 7, in or after "a"`},
		{"a control character", "{\"a\":\"\n\"}", `a control character inside a string must be escaped, at byte 7, in or after "a"`},
		{"no closing quote", `{"a":"x`, `the string has no closing quote, at byte 8, in or after "a"`},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "the body is not valid UTF-8, at byte 7"},
		{"too deep", strings.Repeat("[", 33), "the JSON nests deeper than 32 levels, at byte 33"},
		{"too many values", "[" + strings.Repeat("0,", scim.MaxValues), "the body holds more than 100000 JSON values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := scim.Parse([]byte(c.body))
			if f := fault.Of(err); f == nil || f.Message != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestParseManyNamesInTime(t *testing.T) {
	var b strings.Builder
	for i := range 90_000 {
		fmt.Fprintf(&b, `,"a%d":1`, i)
	}
	body := []byte("{" + b.String()[1:] + "}")
	start := time.Now()
	if _, err := scim.Parse(body); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > bounded {
		t.Errorf("90,000 names took %v", took)
	}
	twice := append(body[:len(body)-1:len(body)-1], `,"A77777":2}`...)
	if _, err := scim.Parse(twice); !fault.Is(err, fault.InvalidSyntax) {
		t.Errorf("a name twice among many: got %v", err)
	}
}

func TestStringsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		v, err := scim.Parse(scim.Text(want).Append(nil))
		if err != nil || v.Text() != want {
			t.Fatalf("%q reads back as %q: %v", want, v.Text(), err)
		}
	})
}

func TestPatchLimits(t *testing.T) {
	kind := newModel(t, false).User()
	one := `{"op":"replace","path":"title","value":"x"}`
	many := `{"Operations":[` + strings.TrimSuffix(strings.Repeat(one+",", 10_000), ",") + `]}`
	if _, err := kind.DecodePatch([]byte(many)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("10,000 operations: got %v", err)
	}
	members := `{"Operations":[{"op":"add","path":"members","value":[` + strings.TrimSuffix(strings.Repeat(`{"value":"u"},`, 1000), ",") + `]}]}`
	p, err := newModel(t, false).Group().DecodePatch([]byte(members))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.MemberChanges(); len(got) != 1 || len(got[0].IDs) != 1 {
		t.Errorf("one member named 1,000 times: got %v", got)
	}
}

func TestListLimits(t *testing.T) {
	kind := newModel(t, false).User()
	entries := func(from, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"value":"%d"}`, from+i)
		}
		return "[" + b.String()[1:] + "]"
	}
	if _, err := kind.Decode([]byte(`{"userName":"ann","roles":` + entries(0, scim.MaxEntries+1) + `}`)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("one value too many: got %v", err)
	}
	r := mustDecode(t, kind, `{"userName":"ann","roles":`+entries(0, scim.MaxEntries)+`}`)
	p, err := kind.DecodePatch([]byte(`{"Operations":[{"op":"add","path":"roles","value":` + entries(9000, 1) + `}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(r); !fault.Is(err, fault.TooLarge) {
		t.Errorf("one value too many by PATCH: got %v", err)
	}
	var b strings.Builder
	for i := range 21 {
		fmt.Fprintf(&b, `,"urn:a:b%d:2.0:User":{"x":"1"}`, i)
	}
	if _, err := kind.Decode([]byte(`{"userName":"ann"` + b.String() + `}`)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("21 undefined extensions: got %v", err)
	}
	p, err = kind.DecodePatch([]byte(`{"Operations":[{"op":"add","value":{` + b.String()[1:] + `}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(mustDecode(t, kind, `{"userName":"ann"}`)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("21 undefined extensions by PATCH: got %v", err)
	}
}

func TestNoSecretInMessages(t *testing.T) {
	kind := newModel(t, false).User()
	for _, body := range []string{
		`{"userName":"ann","active":"hunter2"}`, `{"userName":"ann","password":{"hunter2":1},"active":7}`,
		`{"userName":"ann","title":["hunter2"]}`, `{"userName":"ann","emails":[{"value":"x","primary":"hunter2"}]}`,
	} {
		if _, err := kind.Decode([]byte(body)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", body, err)
		}
	}
}
