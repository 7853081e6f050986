package directory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

func TestWebhookURL(t *testing.T) {
	tests := []struct {
		name, url string
		want      bool
	}{
		{"https", "https://crm.example.com/events", true},
		{"a port", "https://crm.example.com:8443", true},
		{"http", "http://crm.example.com/events", false},
		{"nothing", "", false},
		{"a query", "https://crm.example.com/events?key=1", false},
		{"a password", "https://u:p@crm.example.com/events", false},
		{"no host", "https:///events", false},
		{"too long", "https://crm.example.com/" + strings.Repeat("e", 512), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := directory.CheckWebhookURL(test.url)
			if (err == nil) != test.want || err != nil && !fault.Is(err, fault.InvalidValue) {
				t.Errorf("%v", err)
			}
			s := directory.Settings{Tenant: directory.Tenant{ID: "acme"}}
			after, changed, err := s.Change(nil, time.Now(), func(s *directory.Settings) error {
				s.Webhook = directory.WebhookSetting{URL: test.url, Hidden: "k"}
				return nil
			})
			if none := test.url == ""; none && (err != nil || len(changed) > 0 || !after.Webhook.IsZero()) || !none && (err == nil) != test.want {
				t.Errorf("as a setting: %v, %v", changed, err)
			}
		})
	}
}

// TestWebhookSecrets lets the secret before the last one sign for another day.
func TestWebhookSecrets(t *testing.T) {
	now := time.Now()
	w := directory.WebhookSetting{URL: "https://crm.example.com"}.Renewed("one", now)
	if got := w.Signing(now); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the first secret: %v", got)
	}
	w = w.Renewed("two", now)
	if got := w.Signing(now.Add(24*time.Hour - 1)); !slices.Equal(got, []string{"two", "one"}) {
		t.Errorf("within a day: %v", got)
	}
	if got := w.Signing(now.Add(24 * time.Hour)); !slices.Equal(got, []string{"two"}) {
		t.Errorf("after a day: %v", got)
	}
	w = w.Renewed("three", now)
	if got := w.Signing(now); !slices.Equal(got, []string{"three", "two"}) {
		t.Errorf("renewed twice: %v", got)
	}
}

// TestNoticed are the states of which a tenant is told, and no others.
func TestNoticed(t *testing.T) {
	var noticed []directory.LeaveState
	for _, state := range directory.LeaveStates() {
		if state.Noticed() {
			noticed = append(noticed, state)
		}
	}
	if want := []directory.LeaveState{directory.Blocked, directory.Parked, directory.Done}; !slices.Equal(noticed, want) {
		t.Errorf("%v, wanted %v", noticed, want)
	}
}
