package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/fault"
)

func clientOf(t *testing.T, h http.HandlerFunc) *client {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return newClient(server.URL+"/manage/v1", "key", 1)
}

func TestClientSpeaksJSON(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		var body map[string]string
		err := json.NewDecoder(r.Body).Decode(&body)
		if err != nil || body["label"] != "entra" || r.Method != "POST" || r.URL.Path != "/manage/v1/x" ||
			r.Header.Get("Authorization") != "Bearer key" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("sent %s %s %v %v %v", r.Method, r.URL, r.Header, body, err)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id":"1","extra":true}`))
	})
	var got issued
	answer, err := c.call(t.Context(), http.MethodPost, "/x", newCredential{Label: "entra"}, &got)
	if err != nil || got.ID != "1" || string(answer) != `{"id":"1","extra":true}` {
		t.Errorf("got %+v from %s, %v", got, answer, err)
	}
}

func TestClientTellsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name, answer string
		status       int
		code         fault.Code
		words        string
	}{
		{"the service's own sentence", `{"error":{"code":"notFound","message":"there is no tenant nobody"}}`, 404, fault.NotFound, "there is no tenant nobody"},
		{"another service", `<html>`, 502, fault.Unavailable, "is no Handover (status 502)"},
		{"another service that is content", `<html>`, 200, fault.Unavailable, "is no Handover (status 200)"},
		{"JSON of another service", `{"error":"unauthorized"}`, 401, fault.Unavailable, "is no Handover (status 401)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.answer))
			})
			var result tenantView
			_, err := c.call(t.Context(), http.MethodGet, "/tenants/nobody", nil, &result)
			if f := fault.Of(err); f == nil || f.Code != test.code || !strings.Contains(f.Message, test.words) {
				t.Errorf("said %v", err)
			}
		})
	}
}

func TestClientReadsEveryPage(t *testing.T) {
	pages := map[string]string{
		"":  `{"tenants":[{"id":"a"},{"id":"b","new":1}],"next":"b"}`,
		"b": `{"tenants":[],"next":"c"}`,
		"c": `{"tenants":[{"id":"d"}]}`,
	}
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("limit") != pageSize || r.URL.Query().Get("kind") != "x" {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = w.Write([]byte(pages[r.URL.Query().Get("after")]))
	})
	var tenants []tenantView
	answer, err := c.list(t.Context(), "/tenants?kind=x", "tenants", "after", &tenants)
	if err != nil || string(answer) != `{"tenants":[{"id":"a"},{"id":"b","new":1},{"id":"d"}]}` {
		t.Errorf("answer %s, %v", answer, err)
	}
	var ids []string
	for _, tenant := range tenants {
		ids = append(ids, tenant.ID)
	}
	if diff := cmp.Diff([]string{"a", "b", "d"}, ids); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
}

func TestClientTakesNoOtherList(t *testing.T) {
	for _, answer := range []string{`{}`, `{"tenants":{}}`, `{"tenants":[],"next":7}`, `{"tenants":["a"]}`} {
		c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })
		var tenants []tenantView
		if _, err := c.list(t.Context(), "/tenants", "tenants", "after", &tenants); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s was taken as a list: %v", answer, err)
		}
	}
}
