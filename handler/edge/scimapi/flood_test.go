package scimapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"handover/handler/core/scim"
)

// bounded is far more than a busy machine needs for one request; what it keeps
// out takes minutes.
const bounded = time.Minute

// inTime fails the test when what it does is not bounded.
func inTime(t *testing.T, do func()) {
	t.Helper()
	began := time.Now()
	if do(); time.Since(began) > bounded {
		t.Errorf("it took %v", time.Since(began))
	}
}

// Members beyond all measure are refused by the size of the body, and as many
// unknown ones as fit are refused by name, in bounded time.
func TestFloodOfMembers(t *testing.T) {
	w := newWorld(t)
	sales := w.group(t, "Sales")
	for _, test := range []struct{ members, status int }{{60_000, 413}, {19_000, 400}} {
		list := make([]string, test.members)
		for i := range list {
			list[i] = fmt.Sprintf(`{"value":"01970c3e-8f00-7000-8000-%012x"}`, i)
		}
		body := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"add","path":"members","value":[%s]}]}`, scim.PatchOpURN, strings.Join(list, ","))
		inTime(t, func() {
			answer := w.do("PATCH", sales, body)
			if answer.Code != test.status {
				t.Errorf("%d bytes: %d %.200s", len(body), answer.Code, answer.Body)
			}
			wantError(t, answer, test.status)
		})
	}
}

func TestFloodOfHeaders(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	var headers []string
	for i := range 10_000 {
		headers = append(headers, fmt.Sprintf("X-%d", i), "x")
	}
	for _, name := range []string{"If-Match", "If-None-Match", "Accept", "Content-Type", "X-Forwarded-Host"} {
		for _, value := range []string{strings.Repeat(`"1",`, 250_000), strings.Repeat("a", 1<<20)} {
			inTime(t, func() {
				for _, method := range []string{"GET", "PATCH"} {
					answer := w.do(method, ann, `{"Operations":[]}`, append(headers, name, value)...)
					if answer.Code >= 500 {
						t.Errorf("%s %s: %d %.200s", method, name, answer.Code, answer.Body)
					}
				}
			})
		}
	}
	if answer := send(w, strings.Repeat("a", 1<<20), "GET", ann, ""); answer.Code != http.StatusUnauthorized {
		t.Errorf("a token of 1 MiB: %d", answer.Code)
	}
}

// A client that hangs up gets no answer, and nobody is woken for it; nothing of
// a bulk request is begun after that.
func TestHangUp(t *testing.T) {
	w := newWorld(t)
	w.ann(t)
	w.log.Reset()
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	r := httptest.NewRequestWithContext(ctx, "POST", "/scim/acme/v2/Bulk", strings.NewReader(bulkBody(0, bulkUser(1, "bob"))))
	r.Header.Set("Authorization", "Bearer "+w.token)
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	if answer.Body.Len() > 0 || !strings.Contains(w.log.String(), "level=INFO") || !strings.Contains(w.log.String(), "status=499") {
		t.Errorf("answered %s, logged %s", answer.Body, &w.log)
	}
	if p := w.page(t, `/scim/acme/v2/Users?filter=userName+eq+"bob"`); len(p.Resources) > 0 {
		t.Error("the user was made nevertheless")
	}
}
