package manageapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"handover/handler/core/directory"
	"handover/handler/core/directory/directorytest"
)

// TestConnector sets how records are reached, and wants the secret in no answer,
// no line of the log and, as it is, in no row.
func TestConnector(t *testing.T) {
	const secret = "correct-horse"
	memory, log := directorytest.Memory{"initech": initech()}, &bytes.Buffer{}
	api := serve(memory, log)
	const application = `"kind":"http","url":"https://crm.example.com","types":["quote"],"auth":"apiKey"`
	set := ask(api, "PATCH /tenants/initech", `{"connector":{`+application+`,"secret":"`+secret+`"}}`)
	shown := ask(api, "GET /tenants/initech", "")
	for _, answer := range []string{set.Body.String(), shown.Body.String()} {
		if !strings.Contains(answer, `"connector":{`+application+`}`) {
			t.Errorf("answered %s", answer)
		}
		if strings.Contains(answer, secret) || strings.Contains(answer, "hidden") {
			t.Errorf("the secret is shown: %s", answer)
		}
	}
	stored := memory["initech"].Settings.Connector
	if stored.Hidden != "concealed for initech" || strings.Contains(log.String(), secret) {
		t.Errorf("stored %q, logged %s", stored.Hidden, log)
	}
	if w := ask(api, "PATCH /tenants/initech", `{"connector":{`+application+`,"scope":""}}`); w.Code != http.StatusOK || memory["initech"].Settings.Connector.Hidden != stored.Hidden {
		t.Errorf("%d %s: the secret is gone", w.Code, w.Body)
	}
	for _, refused := range []string{
		`{"connector":{"kind":"http","url":"https://other.example.com","auth":"apiKey"}}`,
		`{"connector":{` + application + `,"secret":"a b"}}`,
		`{"connector":{"kind":"http","url":"http://crm.example.com","auth":"apiKey","secret":"x"}}`,
		`{"connector":"http"}`,
	} {
		if w := ask(api, "PATCH /tenants/initech", refused); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "connector") {
			t.Errorf("%s: %d %s", refused, w.Code, w.Body)
		}
	}
	w := ask(api, "PATCH /tenants/initech", `{"connector":{"kind":"builtin"}}`)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"connector"`) || memory["initech"].Settings.Connector.Kind == directory.HTTPConnector {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
