package connector_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func TestAuthentication(t *testing.T) {
	var tokens []string
	fetched, tokenStatus := 0, 200
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			says(200, `{"moved":[]}`)(w, r)
			return
		}
		fetched++
		id, secret, _ := r.BasicAuth()
		tokens = append(tokens, id+" "+secret)
		answer, _ := json.Marshal(map[string]any{"access_token": fmt.Sprint("t", fetched), "expires_in": 1e9})
		says(tokenStatus, string(answer))(w, r)
	})
	c := a.connector(a.transport(loopback))
	move := func(setting directory.ConnectorSetting) (string, error) {
		_, err := c.To(setting).Move(t.Context(), aMove())
		return a.bearers[len(a.bearers)-1], err
	}
	setting := a.setting()
	setting.Auth, setting.TokenURL, setting.ClientID, setting.Scope = directory.AuthClientCredentials, a.URL+"/token", "handover", "records"
	for range 3 {
		if got, err := move(setting); err != nil || got != "Bearer t1" {
			t.Errorf("%q, %v", got, err)
		}
	}
	setting.Hidden = "acme:new key"
	if got, err := move(setting); err != nil || got != "Bearer t2" {
		t.Errorf("after a new secret: %q, %v", got, err)
	}
	if diff := cmp.Diff([]string{"handover key", "handover new+key"}, tokens); diff != "" {
		t.Error(diff)
	}
	for status, want := range map[int]fault.Code{401: fault.ConnectorRefused, 503: fault.Unavailable} {
		setting.ClientID, tokenStatus = fmt.Sprint("client ", status), status
		if _, err := move(setting); !fault.Is(err, want) || strings.Contains(err.Error(), "new key") {
			t.Errorf("%d of the token endpoint: %v", status, err)
		}
	}
	identity := a.setting()
	identity.Auth, identity.Scope = directory.AuthManagedIdentity, "api://crm/.default"
	if got, err := move(identity); err != nil || got != "Bearer identity for api://crm/.default" {
		t.Errorf("%q, %v", got, err)
	}
	lost := a.setting()
	lost.Hidden = "another key"
	if _, err := move(lost); !fault.Is(err, fault.ConnectorRefused) {
		t.Errorf("a secret that cannot be decrypted: %v", err)
	}
}

// TestRefusedTokenIsFetchedAgain lets an application take no token but the second.
func TestRefusedTokenIsFetchedAgain(t *testing.T) {
	fetched := 0
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			fetched++
			says(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, fetched))(w, r)
		case r.Header.Get("Authorization") != "Bearer t2":
			says(401, "")(w, r)
		default:
			says(200, `{"moved":[]}`)(w, r)
		}
	})
	c := a.connector(a.transport(loopback))
	setting := a.setting()
	setting.Auth, setting.TokenURL, setting.ClientID = directory.AuthClientCredentials, a.URL+"/token", "handover"
	if _, err := c.To(setting).Move(t.Context(), aMove()); !fault.Is(err, fault.ConnectorRefused) {
		t.Errorf("%v", err)
	}
	if _, err := c.To(setting).Move(t.Context(), aMove()); err != nil {
		t.Errorf("%v", err)
	}
}
