package scim_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

const annBody = `{"userName":"Ann@acme.com","externalId":"E-1","name":{"givenName":"Ann","familyName":"Lee"},
	"title":"Head of Sales","active":true,
	"emails":[{"value":"ann@acme.com","type":"work","primary":true},{"value":"ann@home.example","type":"home"}],
	"roles":[{"value":"Admin","primary":true},{"value":"User"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"B"}},
	"urn:acme:params:scim:schemas:extension:Badge:2.0:User":{"level":7,"tags":["red","Blue"]}}`

var annEnvelope = scim.Envelope{
	ID: "A", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Modified: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	Location: "https://h/Users/A", Version: `W/"1"`, Groups: []scim.Reference{{Value: "G", Display: "Sales"}},
}

func TestFilterMatch(t *testing.T) {
	m := newModel(t, false)
	ann, err := m.User().Decode([]byte(annBody))
	if err != nil {
		t.Fatal(err)
	}
	const ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for _, c := range []struct {
		name, filter string
		want         bool
	}{
		{"1.1 row 1 userName", `userName eq "Ann@acme.com"`, true},
		{"1.1 row 2 userName in another case", `USERNAME Eq "ANN@ACME.COM"`, true},
		{"1.1 row 3 externalId", `externalId eq "E-1"`, true},
		{"1.1 row 3 externalId is case exact", `externalId eq "e-1"`, false},
		{"1.1 row 3 an unquoted word", `externalId eq E-1`, true},
		{"1.1 row 4 a sub-attribute behind the bracket", `emails[type eq "work"].value eq "ann@acme.com"`, true},
		{"1.1 row 4 both must hold of one value", `emails[type eq "work"].value eq "ann@home.example"`, false},
		{"1.1 row 5 id and manager", `id eq "A" and manager eq "B"`, true},
		{"1.1 row 5 the other order, unquoted", `manager eq B and id eq A`, true},
		{"1.1 row 5 another manager", `id eq "A" and manager eq "C"`, false},
		{"1.1 row 20 a boolean as a string", `roles[primary eq "True"].value eq "Admin"`, true},
		{"1.1 row 28 a name with its URN", `urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann"`, true},
		{"4 precedence: and before or", `title eq "x" and userName pr or active eq true`, true},
		{"4 precedence: brackets", `title eq "x" and (userName pr or active eq true)`, false},
		{"4 not", `not (title eq "x")`, true},
		{"4 not binds to its bracket", `not (title eq "x") and title co "sales"`, true},
		{"4 multi-valued, any value", `emails co "home"`, true},
		{"4 sub-attribute of any value", `emails.type eq "home"`, true},
		{"4 brackets bind to one value", `emails[type eq "home" and primary eq true]`, false},
		{"4 without brackets any value each", `emails.type eq "home" and emails.primary eq true`, true},
		{"4 ew", `userName ew ".COM"`, true},
		{"4 pr of an empty attribute", `nickName pr`, false},
		{"4 pr of a complex attribute", `name pr`, true},
		{"4 ne", `title ne "x"`, true},
		{"4 ne of an absent attribute", `nickName ne "x"`, true},
		{"4 eq null", `nickName eq null`, true},
		{"4 ne null", `title ne null`, true},
		{"4 schemas", `schemas eq "` + ent + `"`, true},
		{"4 schemas, absent", `schemas eq "urn:x:y:z"`, false},
		{"4 lastModified is chronological", `meta.lastModified gt "2026-02-28T23:59:59+00:00"`, true},
		{"4 lastModified in another zone", `meta.lastModified gt "2026-02-28T23:00:00-05:00"`, false},
		{"4 resourceType without quotes", `meta.resourceType eq User`, true},
		{"4 no blank before the quote", `userName eq"ann@acme.com"`, true},
		{"4 extension attribute", ent + `:department eq "sales"`, true},
		{"4 extension sub-attribute", ent + `:manager.value eq "b"`, true},
		{"4 extension brackets on plain values", `urn:acme:params:scim:schemas:extension:Badge:2.0:User:tags[value eq "blue"]`, true},
		{"4 numbers", `urn:acme:params:scim:schemas:extension:Badge:2.0:User:level gt 6.5`, true},
		{"4 numbers, equal in another form", `urn:acme:params:scim:schemas:extension:Badge:2.0:User:level eq 7.0`, true},
		{"4 groups of a user", `groups eq "G"`, true},
		{"4 groups by brackets", `groups[display sw "Sa"]`, true},
		{"4 strings are ordered", `name.familyName ge "LEE"`, true},
		{"4 strings below", `name.familyName lt "Lea"`, false},
		{"4 boolean", `active eq false`, false},
		{"4 escapes in strings", `userName eq "\u0061nn@acme.com"`, true},
		{"4 trailing blank", `userName pr `, true},
		{"4 attribute of an undefined extension", `urn:a:b:c eq "x"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := m.User().ParseFilter(c.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(m.User(), ann, annEnvelope); got != c.want {
				t.Errorf("%s: got %v, want %v", f, got, c.want)
			}
		})
	}
}

func TestFilterRefused(t *testing.T) {
	for _, c := range []struct {
		name, filter, want string
		strict             bool
	}{
		{"empty", ``, "at byte 1 of the filter, the name of an attribute is expected", false},
		{"no operator", `userName`, "at byte 9 of the filter, an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le) is expected", false},
		{"unknown operator", `userName like "x"`, `at byte 10 of the filter, an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le) and not "like" is expected`, false},
		{"no value", `userName eq `, "at byte 13 of the filter, a value is expected", false},
		{"no quote", `userName eq "x`, "at byte 15, the string has no closing quote", false},
		{"no bracket", `(userName pr`, `at byte 13 of the filter, "and", "or" or ")" is expected`, false},
		{"two filters", `userName pr title pr`, `at byte 13 of the filter, "and", "or" or the end of the filter is expected`, false},
		{"brackets in brackets", `emails[type[value eq "x"]]`, "at byte 12, brackets are not possible: they follow a whole attribute and do not nest", false},
		{"unknown attribute", `shoeSize eq "x"`, "shoeSize is not an attribute of a User", false},
		{"unknown sub-attribute", `emails[size eq "x"]`, "size is not a sub-attribute of emails", false},
		{"order of a boolean", `active gt true`, "active cannot be compared by gt: a boolean only takes eq, ne and pr", false},
		{"order of a binary", `x509Certificates.value gt "x"`, "x509Certificates.value cannot be compared by gt: a binary value only takes eq, ne and pr", false},
		{"boolean with a word", `active eq "perhaps"`, "active is compared with true or false", false},
		{"string with a number", `title eq 7`, "title is compared with a string in quotes", false},
		{"date with a word", `meta.lastModified gt "yesterday"`, "meta.lastModified is compared with a date and time such as 2026-01-31T12:00:00Z", false},
		{"object", `name eq "x"`, "name is an object and cannot be compared; name one of its sub-attributes, or use pr", false},
		{"strict: unquoted word", `userName eq ann`, "at byte 13 of the filter, a value: a string in quotes, a number, true, false or null is expected", true},
		{"strict: behind the bracket", `emails[type eq "work"].value eq "x"`, `at byte 29 of the filter, no sub-attribute behind "]" is expected`, true},
		{"strict: boolean as a string", `active eq "true"`, "active is compared with true or false", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newModel(t, c.strict).User().ParseFilter(c.filter)
			if !fault.Is(err, fault.InvalidFilter) {
				t.Fatalf("got %v, want invalidFilter", err)
			}
			if got := fault.Of(err).Message; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// bounded is far more than a busy machine needs for what takes time in proportion
// to its length; what takes the square of it needs minutes.
const bounded = time.Minute

func TestFilterIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"100,000 brackets":        strings.Repeat("(", 100_000),
		"brackets within length":  strings.Repeat("(", 10_000),
		"nots within length":      strings.Repeat("not (", 3_000),
		"one megabyte of a value": `userName eq "` + strings.Repeat("x", 1<<20) + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := scim.ParseFilter(text)
			if !fault.Is(err, fault.InvalidFilter) {
				t.Errorf("got %v, want invalidFilter", err)
			}
			if took := time.Since(start); took > bounded {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestFilterForPlanner(t *testing.T) {
	for _, c := range []struct {
		name, filter, path, want string
		found                    bool
	}{
		{"userName", `userName eq "x"`, "userName", "x", true},
		{"in a conjunction", `active eq true and USERNAME eq "x"`, "userName", "x", true},
		{"not under or", `userName eq "x" or active eq true`, "userName", "", false},
		{"not under not", `not (userName eq "x")`, "userName", "", false},
		{"with the URN", `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"`, "userName", "x", true},
		{"work e-mail, Entra's form", `emails[type eq "work"].value eq "x"`, `emails[type eq "work"].value`, "x", true},
		{"work e-mail, the RFC's form", `emails[value eq "x" and type eq "Work"]`, `emails[type eq "work"].value`, "x", true},
		{"home e-mail is not the work one", `emails[type eq "home"].value eq "x"`, `emails[type eq "work"].value`, "", false},
		{"any e-mail", `emails eq "x"`, "emails.value", "x", true},
		{"members compared directly", `id eq "G" and members eq "U"`, "members.value", "U", true},
		{"members in brackets", `members[value eq "U"]`, "members.value", "U", true},
		{"members.value", `members.value eq "U"`, "members.value", "U", true},
		{"manager", `id eq "A" and manager eq "B"`, "manager.value", "B", true},
		{"id", `id eq "A" and manager eq "B"`, "id", "A", true},
		{"another comparison", `userName sw "x"`, "userName", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := scim.ParseFilter(c.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got, found := f.EqualTo(c.path); got != c.want || found != c.found {
				t.Errorf("got %q, %v; want %q, %v", got, found, c.want, c.found)
			}
		})
	}
	f, err := scim.ParseFilter(`userName sw "an" and active eq true`)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := f.StartsWith("userName"); got != "an" || !ok {
		t.Errorf("StartsWith: got %q, %v", got, ok)
	}
}

func TestSelectionsForPlanner(t *testing.T) {
	at := func(ms int) time.Time { return time.Date(2026, 3, 1, 0, 0, 0, ms*1e6, time.UTC) }
	for _, c := range []struct {
		name, filter string
		active       string
		from, before time.Time
	}{
		{"a boolean", `title pr and active eq false`, "false", time.Time{}, time.Time{}},
		{"a boolean as a string", `ACTIVE eq "True"`, "true", time.Time{}, time.Time{}},
		{"not by ne", `active ne false`, "", time.Time{}, time.Time{}},
		{"not under not", `not (active eq false)`, "", time.Time{}, time.Time{}},
		{"not under or", `active eq false or meta.lastModified gt "2026-03-01T00:00:00Z"`, "", time.Time{}, time.Time{}},
		{"not without a value", `active pr and active eq null`, "", time.Time{}, time.Time{}},
		{"after", `meta.lastModified gt "2026-03-01T00:00:00Z"`, "", at(0), time.Time{}},
		{"from, in another zone", `meta.lastModified ge "2026-03-01T01:00:00+01:00"`, "", at(0), time.Time{}},
		{"before", `meta.lastModified lt "2026-03-01T00:00:00Z"`, "", time.Time{}, at(1)},
		{"until", `meta.lastModified le "2026-03-01T00:00:00Z"`, "", time.Time{}, at(1)},
		{
			"the narrowest of several", `meta.lastModified gt "2026-03-01T00:00:00.001Z" and meta.lastModified ge "2026-03-01T00:00:00Z"` +
				` and meta.lastModified lt "2026-03-01T00:00:00.009Z" and meta.lastModified le "2026-03-01T00:00:00.008Z"`, "", at(1), at(9),
		},
		{"not by eq", `meta.lastModified eq "2026-03-01T00:00:00Z"`, "", time.Time{}, time.Time{}},
		{"another time", `meta.created gt "2026-03-01T00:00:00Z"`, "", time.Time{}, time.Time{}},
		{"no time", `meta.lastModified gt "yesterday"`, "", time.Time{}, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := scim.ParseFilter(c.filter)
			if err != nil {
				t.Fatal(err)
			}
			active := ""
			if value, ok := f.EqualToBool("active"); ok {
				active = strconv.FormatBool(value)
			}
			from, before := f.Between("meta.lastModified")
			if active != c.active || !from.Equal(c.from) || !before.Equal(c.before) {
				t.Errorf("active %q, from %v, before %v", active, from, before)
			}
		})
	}
}

func TestPathPrints(t *testing.T) {
	for _, text := range []string{
		"userName", "name.givenName", `emails[type eq "work"]`, `emails[type eq "work" and primary eq true].value`,
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
		`urn:acme:hr:doors[type eq "x" or not (value pr)].value`, "members[value eq \"a\"]",
	} {
		p, err := scim.ParsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if p.String() != text {
			t.Errorf("%s prints as %s", text, p)
		}
	}
}

// The examples of RFC 7644 Figure 2 hold for a strict tenant and print as they
// are written.
func TestFilterExamplesOfTheRFC(t *testing.T) {
	kind := newModel(t, true).User()
	for _, text := range []string{
		`userName eq "bjensen"`,
		`name.familyName co "O'Malley"`,
		`userName sw "J"`,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`,
		`title pr`,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`,
		`meta.lastModified le "2011-05-13T04:42:34Z"`,
		`title pr and userType eq "Employee"`,
		`title pr or userType eq "Intern"`,
		`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`,
		`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`,
		`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`,
		`userType eq "Employee" and (emails.type eq "work")`,
		`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`,
		`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`,
	} {
		f, err := kind.ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if want := strings.Replace(text, `(emails.type eq "work")`, `emails.type eq "work"`, 1); f.String() != want {
			t.Errorf("got  %s\nwant %s", f, want)
		}
	}
}
