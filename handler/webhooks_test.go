package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/connector"
)

// eventPatience ends a test whose event never comes.
const eventPatience = 2 * time.Minute

// listener is an application with a webhook, and the program that tells it.
type listener struct {
	*testing.T
	app   *recordsApp
	data  string
	began time.Time
	// ahead is by how much the program's clock was put forward.
	ahead atomic.Int64
	log   words
}

// now is the program's clock. It is slow, so that on a busy machine, too, nothing
// is due before the clock is put forward.
func (l *listener) now() time.Time {
	return l.began.Add(time.Since(l.began)/100 + time.Duration(l.ahead.Load()))
}

func (l *listener) program() *Program {
	l.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.Fatal(err)
	}
	settings, err := readSettings([]string{"HANDOVER_DATA=" + l.data, "HANDOVER_OPERATOR_KEY=" + killOperator, someKeys}, "dev")
	if err != nil {
		l.Fatal(err)
	}
	transport := connector.Transport([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	transport.TLSClientConfig = &tls.Config{RootCAs: l.app.roots}
	program, err := newProgram(l.Context(), settings, Options{
		Listener: socket, Log: slog.New(slog.NewJSONHandler(&l.log, nil)), Random: rand.Reader, ConnectorTransport: transport, Now: l.now,
	})
	if err != nil {
		l.Fatal(err)
	}
	return program
}

// know gives the application the secret with which it checks signatures.
func (l *listener) know(secret string) {
	l.Helper()
	if err := os.WriteFile(filepath.Join(l.app.folder, "webhook-secret"), []byte(secret), 0o600); err != nil {
		l.Fatal(err)
	}
}

// eventSeen is an event as the application keeps it.
type eventSeen struct {
	Type string
	Data struct {
		Attempt         int
		User, Recipient struct{ UserName string }
		Moved           struct {
			Records int
			Types   map[string]int
		}
		Code string
	}
}

// await waits for the event of a type.
func (l *listener) await(kind string) (found eventSeen) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), eventPatience)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		var list struct{ Events map[string]eventSeen }
		l.app.ask(http.MethodGet, "/events", nil, &list)
		for _, one := range list.Events {
			if one.Type == kind {
				return one
			}
		}
	}
	l.Fatalf("no %s has come", kind)
	return found
}

// TestWebhook has an application told that a leave is blocked and then done. The
// application refuses the second event until Handover was started again.
func TestWebhook(t *testing.T) {
	l := &listener{T: t, app: startRecordsApp(t, buildRecordsApp(t), nil), data: t.TempDir(), began: time.Now()}
	var token, secret, eve string
	running(t, l.program(), func(c *caller) {
		c.must(201, "POST", "/manage/v1/tenants", killOperator, map[string]any{
			"id": "acme", "name": "Acme", "country": "US", "domains": []string{"acme.com"}, "masterAdmin": "ann@acme.com",
		})
		token = c.must(201, "POST", "/manage/v1/tenants/acme/tokens", killOperator, map[string]any{})["token"].(string)
		key := c.must(201, "POST", "/manage/v1/tenants/acme/app-keys", killOperator, map[string]any{})["key"].(string)
		secret = c.must(200, "PUT", "/manage/v1/tenants/acme/webhook", killOperator, map[string]any{"url": l.app.url + "/events"})["secret"].(string)
		c.must(422, "POST", "/manage/v1/tenants/acme/webhook/test", killOperator, nil)
		l.know(secret)
		c.must(204, "POST", "/manage/v1/tenants/acme/webhook/test", killOperator, nil)
		l.await("webhook.test")

		eve = c.must(201, "POST", "/scim/acme/v2/Users", token, map[string]any{"userName": "eve@acme.com", "active": true})["id"].(string)
		for _, record := range []string{"quote/1", "quote/2", "document/1"} {
			c.put("/app/v1/acme/records/"+record, key, map[string]any{"owner": eve, "title": "Big deal", "status": "open"})
		}
		if _, err := departures[0].send(c, &stage{eve: eve, token: token}); err != nil {
			t.Fatal(err)
		}
		var want eventSeen
		want.Type, want.Data.Attempt, want.Data.Code = "leave.blocked", 1, "noRecipient"
		want.Data.User.UserName, want.Data.Moved.Types = "eve@acme.com", map[string]int{}
		if diff := cmp.Diff(want, l.await("leave.blocked")); diff != "" {
			t.Error(diff)
		}

		l.know("whsec_" + strings.Repeat("A", 44))
		c.must(201, "POST", "/scim/acme/v2/Users", token, map[string]any{"userName": "ann@acme.com", "active": true})
		l.ahead.Add(int64(time.Minute)) // for the next look at a leave that is blocked
		l.awaitState(c, "done")
		l.log.await(t, regexp.MustCompile(`"code":"webhookRefused".*"state":"done","try":1`))
	})
	l.know(secret)
	l.ahead.Add(int64(2 * time.Minute)) // for the next try
	running(t, l.program(), func(c *caller) {
		var want eventSeen
		want.Type, want.Data.Attempt, want.Data.User.UserName, want.Data.Recipient.UserName = "leave.done", 2, "eve@acme.com", "ann@acme.com"
		want.Data.Moved.Records, want.Data.Moved.Types = 3, map[string]int{"document": 1, "quote": 2}
		if diff := cmp.Diff(want, l.await("leave.done")); diff != "" {
			t.Error(diff)
		}
		l.awaitHistory(c, "blocked, try 1", "done, try 2")
	})
	if strings.Contains(l.log.String(), secret) || strings.Contains(l.log.String(), "eve@acme.com") {
		t.Error("the log has the secret, or a name")
	}
}

func (l *listener) until(what string, is func() bool) {
	l.Helper()
	for deadline := time.Now().Add(eventPatience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.Fatal(what)
		}
	}
}

// awaitState waits until the one leave is in a state.
func (l *listener) awaitState(c *caller, state string) {
	l.Helper()
	l.until("the leave is not "+state, func() bool {
		leaves := c.must(200, "GET", "/manage/v1/tenants/acme/leaves", killOperator, nil)["leaves"].([]any)
		return leaves[0].(map[string]any)["state"] == state
	})
}

// awaitHistory waits until the history tells of these notices, in their order.
func (l *listener) awaitHistory(c *caller, want ...string) {
	l.Helper()
	var got []string
	l.until("the history does not tell of the notices", func() bool {
		lines := c.must(200, "GET", "/manage/v1/tenants/acme/activity?kind=notice.sent", killOperator, nil)["activity"].([]any)
		got = nil
		for _, line := range lines {
			got = append([]string{line.(map[string]any)["detail"].(string)}, got...)
		}
		return len(got) >= len(want)
	})
	if diff := cmp.Diff(want, got); diff != "" {
		l.Error(diff)
	}
}
