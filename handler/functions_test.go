package main

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEveryFunctionIsServed calls each function of the Functions app in the way
// in which the host would: what the host may send must not end nowhere.
func TestEveryFunctionIsServed(t *testing.T) {
	folders, err := filepath.Glob("../functions/*/function.json")
	if err != nil || len(folders) == 0 {
		t.Fatal("no functions found", err)
	}
	served := handlerOfServe(t)
	known := map[string]struct {
		path   string
		status int
	}{
		"scim": {"/acme/v2/Users", 401}, "app": {"/v1/acme/users", 401}, "manage": {"/v1/tenants", 401}, "oauth2": {"/acme/token", 405},
	}
	for _, folder := range folders {
		name := filepath.Base(filepath.Dir(folder))
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(folder)
			if err != nil {
				t.Fatal(err)
			}
			answer := httptest.NewRecorder()
			if strings.Contains(string(content), "httpTrigger") {
				served.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/"+name+known[name].path, nil))
				if answer.Code != known[name].status {
					t.Errorf("a GET without a proof of identity: %d %s", answer.Code, answer.Body)
				}
				return
			}
			request := httptest.NewRequest(http.MethodPost, "/"+name, strings.NewReader(`{"Data":{},"Metadata":{}}`))
			request.Header.Set("Content-Type", "application/json; charset=utf-8")
			served.ServeHTTP(answer, request)
			var got struct{ Outputs map[string]any }
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.Outputs == nil {
				t.Errorf("the host is answered %d %s", answer.Code, answer.Body)
			}
		})
	}
}

func handlerOfServe(t *testing.T) http.Handler {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := readSettings([]string{"HANDOVER_DATA=" + t.TempDir(), "HANDOVER_OPERATOR_KEY=0123456789abcdef", "FUNCTIONS_CUSTOMHANDLER_PORT=1", someKeys}, "serve")
	if err != nil {
		t.Fatal(err)
	}
	program, err := newProgram(t.Context(), settings, Options{
		Listener: listener, Triggers: true, Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := program.Close(); err != nil {
			t.Error(err)
		}
	})
	return program.server.Handler
}

// TestFunctionTimeoutIsTheHosts holds the default of the setting against
// host.json, which the program does not read.
func TestFunctionTimeoutIsTheHosts(t *testing.T) {
	content, err := os.ReadFile("../host.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ FunctionTimeout string }
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	for _, s := range SettingsList() {
		if s.Name == "AzureFunctionsJobHost__functionTimeout" && s.Default != file.FunctionTimeout {
			t.Errorf("host.json says %s, the setting's default is %s", file.FunctionTimeout, s.Default)
		}
	}
}
