package exchange_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/core/fault"
	"handover/handler/edge/exchange"
)

func TestRenderJSON(t *testing.T) {
	tests := []struct {
		name      string
		fault     *fault.Fault
		reference string
		status    int
		headers   map[string]string
		body      string
	}{
		{
			name: "a refusal", fault: fault.New(fault.InvalidValue, `name must be <256 bytes`), status: 400,
			headers: map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json", "Www-Authenticate": "", "Retry-After": ""},
			body:    `{"error":{"code":"invalidValue","message":"name must be <256 bytes"}}`,
		},
		{
			name: "no key", fault: fault.New(fault.Unauthorized, "the key is wrong"), status: 401,
			headers: map[string]string{"Www-Authenticate": `Bearer realm="handover"`},
			body:    `{"error":{"code":"unauthorized","message":"the key is wrong"}}`,
		},
		{
			name: "a wait is rounded up", fault: fault.New(fault.StorageBusy, "busy").WithRetryAfter(1200 * time.Millisecond), status: 503, reference: "r7",
			headers: map[string]string{"Retry-After": "2"},
			body:    `{"error":{"code":"storageBusy","message":"busy","reference":"r7"}}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			exchange.RenderJSON(w, nil, test.fault, test.reference)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			for name, want := range test.headers {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if diff := cmp.Diff(test.body+"\n", w.Body.String()); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJSONThatCannotBeWritten(t *testing.T) {
	w := httptest.NewRecorder()
	err := exchange.JSON(w, http.StatusOK, func() {})
	if !fault.Is(err, fault.Internal) || w.Body.Len() > 0 {
		t.Errorf("error %v and a body of %d bytes; want an internal fault before anything is written", err, w.Body.Len())
	}
}

// request is what the fields of these tests fill.
type request struct {
	Name    string
	Domains []string
	Cap     *uint32
}

func decode(body string) (request, error) {
	var r request
	err := exchange.DecodeObject([]byte(body),
		exchange.Text("name", &r.Name, "Acme Inc"),
		exchange.Texts("domains", &r.Domains, "acme.com"),
		exchange.Count("userCap", &r.Cap, 50))
	return r, err
}

func TestDecodeObject(t *testing.T) {
	got, err := decode(` {"userCap":0, "name":"Acmé \"Inc\"", "domains":["a.com","b.com"]} `)
	if err != nil {
		t.Fatal(err)
	}
	want := request{Name: `Acmé "Inc"`, Domains: []string{"a.com", "b.com"}, Cap: new(uint32)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if got, err := decode(`{"name":null,"domains":null,"userCap":null}`); err != nil || !cmp.Equal(got, request{}) {
		t.Errorf("null gives %+v, %v; want what an empty object gives", got, err)
	}
}

func TestDecodeObjectRefuses(t *testing.T) {
	const fields = "name, domains, userCap"
	tests := []struct {
		name, body string
		code       fault.Code
		message    string
	}{
		{"nothing", ``, fault.InvalidSyntax, "the body is not valid JSON; reading stopped at byte 0 of 0"},
		{"no object", `["name"]`, fault.InvalidSyntax, `the body must be a JSON object with fields among ` + fields + `, for example {"name": "Acme Inc"}`},
		{"null", `null`, fault.InvalidSyntax, `the body must be a JSON object with fields among ` + fields + `, for example {"name": "Acme Inc"}`},
		{"cut off", `{"name":"Ac`, fault.InvalidSyntax, "the body is not valid JSON; reading stopped at byte 11 of 11"},
		{"two values", `{} {}`, fault.InvalidSyntax, "the body is not valid JSON; reading stopped at byte 4 of 5"},
		{"not UTF-8", "{\"name\":\"\xff\"}", fault.InvalidSyntax, "the body is not valid UTF-8"},
		{"given twice", `{"name":"a","name":"b"}`, fault.InvalidSyntax, `the field "name" is given twice; give it once`},
		{"unknown", `{"plan":"gold"}`, fault.InvalidValue, `the field "plan" is not known here; the fields are ` + fields + `, for example {"name": "Acme Inc"}`},
		{"letter case", `{"usercap":5}`, fault.InvalidValue, `the field "usercap" is not known here; the fields are ` + fields + `, for example {"name": "Acme Inc"}`},
		{"a long unknown name", `{"` + strings.Repeat("é", 40) + `":1}`, fault.InvalidValue, `the field "` + strings.Repeat("é", 32) + `…" is not known here; the fields are ` + fields + `, for example {"name": "Acme Inc"}`},
		{"number for a string", `{"name":5}`, fault.InvalidValue, `name must be a string, for example "Acme Inc"`},
		{"string for a list", `{"domains":"acme.com"}`, fault.InvalidValue, `domains must be a list of strings, for example ["acme.com"]`},
		{"a fraction", `{"userCap":1.5}`, fault.InvalidValue, "userCap must be a whole number from 0 to 4294967295, for example 50"},
		{"below zero", `{"userCap":-1}`, fault.InvalidValue, "userCap must be a whole number from 0 to 4294967295, for example 50"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := decode(test.body)
			f := fault.Of(err)
			if f == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff([]string{string(test.code), test.message}, []string{string(f.Code), f.Message}); diff != "" {
				t.Errorf("refusal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeObjectReadsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		w := httptest.NewRecorder()
		if err := exchange.JSON(w, http.StatusOK, map[string]string{"name": name}); err != nil {
			t.Fatal(err)
		}
		got, err := decode(w.Body.String())
		if err != nil || got.Name != name {
			t.Fatalf("wrote %q, read %q, %v", name, got.Name, err)
		}
	})
}

func FuzzDecodeObject(f *testing.F) {
	f.Add(`{"name":"a","domains":["b"],"userCap":1}`)
	f.Add(`{"name":"a","name":"b"}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		_, err := decode(body)
		if err != nil && fault.Of(err).Code.Status() != http.StatusBadRequest {
			t.Errorf("%q: %v; want a refusal of the client's or none", body, err)
		}
	})
}

func TestQuery(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"absent", "", "50 "},
		{"given", "limit=500&after=01970C3E-8F00-7000-8000-0000000000AB", "500 01970c3e-8f00-7000-8000-0000000000ab"},
		{"no number", "limit=all", "limit must be a whole number from 1 to 500, for example limit=50"},
		{"zero", "limit=0", "limit must be a whole number from 1 to 500, for example limit=50"},
		{"too many", "limit=501", "limit must be a whole number from 1 to 500, for example limit=50"},
		{"no id", "after=ann", "after must be an id of 36 characters, for example after=01970c3e-8f00-7000-8000-000000000000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/?"+test.query, nil)
			if got := queried(r); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func queried(r *http.Request) string {
	limit, err := exchange.Limit(r)
	if err != nil {
		return fault.Of(err).Message
	}
	after, err := exchange.QueryID(r, "after")
	if err != nil {
		return fault.Of(err).Message
	}
	text, _ := after.MarshalText()
	return strconv.Itoa(limit) + " " + string(text)
}
