package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// hire plays a directory: it creates a user of acme by each of some names, and
// puts the id into the variable of that name.
func hire(ts *testscript.TestScript, _ bool, names []string) {
	var secret struct{ TenantURL, Token string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("token.json")), &secret))
	for _, name := range names {
		var made struct {
			ID string `json:"id"`
		}
		talk(ts, http.MethodPost, secret.TenantURL+"/Users", secret.Token, map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name + "@acme.com", "active": true,
		}, &made)
		ts.Setenv(strings.ToUpper(name), made.ID)
	}
}

// allow plays a directory: "allow true ID" enables a user, "allow false ID"
// disables one.
func allow(ts *testscript.TestScript, _ bool, args []string) {
	var secret struct{ TenantURL, Token string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("token.json")), &secret))
	talk(ts, http.MethodPatch, secret.TenantURL+"/Users/"+args[1], secret.Token, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []map[string]any{{"op": "replace", "path": "active", "value": args[0] == "true"}},
	}, &struct{}{})
}

// record plays the application: "record TYPE ID OWNER STATUS".
func record(ts *testscript.TestScript, _ bool, args []string) {
	var secret struct{ URL, Key string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("key.json")), &secret))
	talk(ts, http.MethodPut, secret.URL+"/records/"+args[0]+"/"+args[1], secret.Key,
		map[string]string{"owner": args[2], "title": "Offer " + args[1], "status": args[3]}, &struct{}{})
}

// await waits until the newest leave of acme is in a state, and puts its id into
// the variable LEAVE.
func await(ts *testscript.TestScript, _ bool, args []string) {
	var list struct {
		Leaves []struct{ ID, State string }
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		manage(ts, http.MethodGet, "/manage/v1/tenants/acme/leaves?limit=1", nil, &list)
		if len(list.Leaves) == 1 && list.Leaves[0].State == args[0] {
			ts.Setenv("LEAVE", list.Leaves[0].ID)
			return
		}
	}
	ts.Fatalf("the newest leave is not %s: %v", args[0], list.Leaves)
}
