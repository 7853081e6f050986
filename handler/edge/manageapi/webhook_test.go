package manageapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"handover/handler/core/directory/directorytest"
)

// TestWebhook sets where a tenant is told of its leaves, and wants the secret in
// the answer that issues it and nowhere else.
func TestWebhook(t *testing.T) {
	memory, log := directorytest.Memory{"initech": initech()}, &bytes.Buffer{}
	api := serve(memory, log)
	const url = `{"url":"https://crm.example.com/events"}`
	const secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" // of zeros
	want := func(line, body string, status int, answer string) {
		t.Helper()
		w := ask(api, line, body)
		if got := strings.TrimSpace(w.Body.String()); w.Code != status || got != answer {
			t.Errorf("%s %s: %d %s, wanted %d %s", line, body, w.Code, got, status, answer)
		}
	}
	const put = "PUT /tenants/initech/webhook"
	want(put, url, 200, `{"url":"https://crm.example.com/events","secret":"`+secret+`"}`)
	want(put, url, 200, `{"url":"https://crm.example.com/events"}`)
	until := `"previousUntil":"` + noon.Add(24*time.Hour).Format(time.RFC3339) + `"`
	want(put, `{"url":"https://crm.example.com/v2","newSecret":true}`, 200, `{"url":"https://crm.example.com/v2",`+until+`,"secret":"`+secret+`"}`)
	shown := ask(api, "GET /tenants/initech", "").Body.String()
	if !strings.Contains(shown, `"webhook":{"url":"https://crm.example.com/v2",`+until+`}`) || strings.Contains(shown, "concealed") {
		t.Errorf("shown: %s", shown)
	}
	stored := memory["initech"].Settings.Webhook
	if stored.Hidden != "concealed for initech" || strings.Contains(log.String(), secret) {
		t.Errorf("stored %q, logged %s", stored.Hidden, log)
	}
	if w := ask(api, "POST /tenants/initech/webhook/test", ""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "of initech answers") {
		t.Errorf("a test that fails: %d %s", w.Code, w.Body)
	}
	want("DELETE /tenants/initech/webhook", "", 204, "")
	if shown := ask(api, "GET /tenants/initech", "").Body.String(); strings.Contains(shown, "webhook") {
		t.Errorf("removed: %s", shown)
	}
	for _, refused := range []string{`{}`, `{"url":""}`, `{"url":"http://crm.example.com"}`, `{"url":"https://crm.example.com?a=b"}`} {
		if w := ask(api, put, refused); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "url must be an https address") {
			t.Errorf("%s: %d %s", refused, w.Code, w.Body)
		}
	}
	if w := ask(api, put, `{"url":"https://crm.example.com","newSecret":"yes"}`); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "newSecret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !memory["initech"].Settings.Webhook.IsZero() {
		t.Error("what was refused has changed something")
	}
}
