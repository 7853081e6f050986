package scimapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/scim"
)

// still is a directory that answers at once with the same user.
type still struct {
	directory.Users
	directory.Groups
	user directory.User
}

func (s still) User(context.Context, string, directory.ID) (directory.User, error) {
	return s.user, nil
}

func (s still) UserByName(context.Context, string, string) (directory.User, error) {
	return s.user, nil
}

func (s still) ListUsers(_ context.Context, _ string, _ directory.ID, limit int) ([]directory.User, error) {
	all := make([]directory.User, limit)
	for i := range all {
		all[i] = s.user
	}
	return all, nil
}

func (s still) Counters(context.Context, string) (directory.Counters, error) {
	return directory.Counters{Users: 1000}, nil
}

func (s still) GroupsOf(context.Context, string, directory.ID) ([]directory.ID, error) {
	return []directory.ID{{6: 0x80}, {6: 0x81}}, nil
}

func (s still) CommitUser(_ context.Context, _ string, change directory.UserChange) (directory.User, error) {
	return *change.After, nil
}

const wholeUser = `{"schemas":["` + scim.UserURN + `","` + scim.EnterpriseURN + `"],"userName":"ann@acme.com","externalId":"0a21f0f2",
"name":{"formatted":"Ann Lee","familyName":"Lee","givenName":"Ann"},"displayName":"Ann Lee","title":"CEO","active":true,
"emails":[{"value":"ann@acme.com","type":"work","primary":true}],"phoneNumbers":[{"value":"+1 555 0100","type":"work"}],
"addresses":[{"type":"work","streetAddress":"1 Main St","locality":"Springfield","region":"IL","postalCode":"62701","country":"US"}],
"` + scim.EnterpriseURN + `":{"employeeNumber":"701984","department":"Sales","manager":{"value":"01970c3e-8f00-7000-8000-000000000000"}}}`

// BenchmarkHandler is the CPU of one request in the process, without the store.
func BenchmarkHandler(b *testing.B) {
	w := newWorld(b)
	model, err := scim.NewModel(scim.Options{})
	if err != nil {
		b.Fatal(err)
	}
	r, err := model.User().Decode([]byte(wholeUser))
	if err != nil {
		b.Fatal(err)
	}
	id, err := directory.NewID(directory.SortUser, w.now(), strings.NewReader("12345678"))
	if err != nil {
		b.Fatal(err)
	}
	user := directory.User{ID: id, UserName: r.UserName(), Active: true, Document: r.Document(), Version: 3, Created: w.now(), Modified: w.now().Add(time.Hour)}
	handler := w.endpoint(still{user: user}, still{user: user})
	for _, bench := range []struct{ name, method, target, body string }{
		{"GET user", "GET", "/scim/acme/v2/Users/" + id.String(), ""},
		{"GET user without groups", "GET", "/scim/acme/v2/Users/" + id.String() + "?excludedAttributes=groups", ""},
		{"match on userName", "GET", "/scim/acme/v2/Users?filter=userName+eq+%22ann%40acme.com%22", ""},
		{"list 100", "GET", "/scim/acme/v2/Users?count=100", ""},
		{"PATCH", "PATCH", "/scim/acme/v2/Users/" + id.String(), `{"schemas":["` + scim.PatchOpURN + `"],"Operations":[{"op":"Replace","path":"title","value":"CTO"}]}`},
		{"POST", "POST", "/scim/acme/v2/Users", wholeUser},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.log.Reset()
				if answer := send(handler, w.token, bench.method, bench.target, bench.body); answer.Code >= http.StatusBadRequest {
					b.Fatal(answer.Code, answer.Body)
				}
			}
		})
	}
	b.Run("nothing but the recorder", func(b *testing.B) {
		nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		for b.Loop() {
			if answer := send(nothing, w.token, "GET", "/scim/acme/v2/Users", ""); answer.Code != http.StatusNoContent {
				b.Fatal(answer.Code)
			}
		}
	})
}
