package scimapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzHandler sends anything to the endpoint as a caller with a good token.
// Whatever it is, the service does not fail and answers soon. {ann} and {sales} are a user and a
// group that exist.
func FuzzHandler(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, request := range archive.Files {
			if strings.HasPrefix(request.Name, "request: ") {
				head, body, _ := strings.Cut(string(request.Data), "\n\n")
				head, _, _ = strings.Cut(head, "\n")
				method, target, _ := strings.Cut(head, " ")
				f.Add(method, target, "", body)
			}
		}
	}
	f.Add("PATCH", "/scim/acme/v2/Users/{ann}", `W/"1"`, `{"Operations":[{"op":"add","path":"roles[primary eq \"True\"].value","value":"x"}]}`)
	f.Add("GET", "/scim/acme/v2/Groups?filter=members.value+eq+\"{ann}\"+or+not+(meta.lastModified+gt+\"2026\")&startIndex=-1&count=3", `*`, "")
	w := newWorld(f)
	ann := w.ann(f)
	ann = ann[len(ann)-36:]
	sales := w.do(http.MethodPost, "/scim/acme/v2/Groups", `{"displayName":"Sales","members":[{"value":"`+ann+`"}]}`).Header().Get("Location")
	known := strings.NewReplacer("{ann}", ann, "{sales}", sales[len(sales)-36:])
	f.Fuzz(func(t *testing.T, method, target, tags, body string) {
		u, err := url.ParseRequestURI(known.Replace(target))
		if err != nil {
			t.Skip()
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method, r.URL = method, u
		r.Body = io.NopCloser(strings.NewReader(known.Replace(body)))
		r.ContentLength = -1
		r.Header = http.Header{"Authorization": {"Bearer " + w.token}, "If-Match": {tags}, "If-None-Match": {tags}, "Accept": {tags}}
		answer, began := httptest.NewRecorder(), time.Now()
		w.ServeHTTP(answer, r)
		if w.log.Reset(); time.Since(began) > bounded {
			t.Errorf("%s %s took %v", method, target, time.Since(began))
		}
		if answer.Code >= 500 && answer.Code != http.StatusNotImplemented || answer.Code < 200 || answer.Code >= 300 && answer.Code < 400 && answer.Code != http.StatusNotModified {
			t.Errorf("%s %s: %d %s", method, target, answer.Code, answer.Body)
		}
	})
}
