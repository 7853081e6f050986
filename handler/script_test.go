package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// manage asks the service of a script, whose variables name it.
func manage(ts *testscript.TestScript, method, path string, body, into any) {
	address := ts.Getenv("HANDOVER_URL") + path
	talk(ts, method, address, ts.Getenv("HANDOVER_OPERATOR_KEY"), body, into)
}

func talk(ts *testscript.TestScript, method, address, secret string, body, into any) {
	content, err := json.Marshal(body)
	ts.Check(err)
	request, err := http.NewRequest(method, address, bytes.NewReader(content))
	ts.Check(err)
	request.Header.Set("Authorization", "Bearer "+secret)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		ts.Fatalf("%s %s: %s", method, address, answer.Status)
	}
	ts.Check(json.NewDecoder(answer.Body).Decode(into))
}

// version puts the version of a tenant's settings into a variable.
func version(ts *testscript.TestScript, _ bool, args []string) {
	var tenant struct {
		Version string `json:"version"`
	}
	manage(ts, http.MethodGet, "/manage/v1/tenants/"+args[0], nil, &tenant)
	ts.Setenv(args[1], tenant.Version)
}

// rename plays the directory again: it changes the displayName of USER.
func rename(ts *testscript.TestScript, _ bool, _ []string) {
	var secret struct{ TenantURL, Token string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("token.json")), &secret))
	var changed struct {
		Meta struct{ Version string }
	}
	talk(ts, http.MethodPatch, secret.TenantURL+"/Users/"+ts.Getenv("USER"), secret.Token, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []map[string]any{{"op": "replace", "path": "displayName", "value": "Ann"}},
	}, &changed)
	if changed.Meta.Version != `W/"2"` {
		ts.Fatalf("the second version is %s: the lock counted as one", changed.Meta.Version)
	}
}

// push plays a directory: it creates a user and a group that holds it, and sets
// USER, GROUP and TOKEN, the id of the token that it used.
func push(ts *testscript.TestScript, _ bool, args []string) {
	var secret struct{ TenantURL, Token, ID string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("token.json")), &secret))
	var made struct {
		ID string `json:"id"`
	}
	domain := args[0] + ".com"
	talk(ts, http.MethodPost, secret.TenantURL+"/Users", secret.Token, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": "ann@" + domain, "active": true,
	}, &made)
	ts.Setenv("USER", made.ID)
	talk(ts, http.MethodPost, secret.TenantURL+"/Groups", secret.Token, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": fmt.Sprint("Sales of ", args[0]),
		"members": []map[string]string{{"value": made.ID}},
	}, &made)
	ts.Setenv("GROUP", made.ID)
	ts.Setenv("TOKEN", secret.ID)
}

// appKey issues an app key of a tenant into a file.
func appKey(ts *testscript.TestScript, _ bool, args []string) {
	var made struct{ Key string }
	manage(ts, http.MethodPost, "/manage/v1/tenants/"+args[0]+"/app-keys", map[string]any{}, &made)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(made.Key+"\n"), 0o600))
}
