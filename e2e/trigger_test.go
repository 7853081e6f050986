package e2e_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"handover/e2e/host"
)

const queue = "handover-leaves"

// TestTriggersAreNotReachable sends raw request lines to the host, none of
// which may end at a function that has no HTTP trigger.
func TestTriggersAreNotReachable(t *testing.T) {
	b, _ := onFile(t)
	h := start(t, b)
	paths := []string{
		"/%s", "//%s", "/scim/../%s", "/scim/%%2e%%2e/%s", "/scim/..%%2f%s", "/scim/..;/%s", "/app/./../%s", "/scim//../%s",
		"/%s/", "/%s?x", "/%s#x", "http://127.0.0.1/%s", "/SCIM/../%s", "/scim%%2f..%%2f%s", "/manage/v1/../../%s",
	}
	for _, function := range []string{"reassign", "deadletter", "sweep"} {
		for _, path := range paths {
			line := fmt.Sprintf(path, function)
			for _, marks := range []string{"", "X-Forwarded-Host: \r\nX-Ms-Invocation-Id: \r\n", "Connection: X-Forwarded-Host, X-Forwarded-For, X-Forwarded-Proto, X-Ms-Invocation-Id\r\n"} {
				answer := raw(t, h, line, marks)
				if strings.Contains(answer, "Outputs") {
					t.Errorf("POST %s (%q) reached the function: %s", line, marks, answer)
				}
			}
		}
	}
	for _, line := range h.Lines() {
		if strings.Contains(line.Text, `"invocation"`) && strings.Contains(line.Text, `"function"`) {
			t.Errorf("a function ran: %s", line.Text)
		}
	}
}

func raw(t *testing.T, h *host.Host, path, headers string) string {
	t.Helper()
	address := strings.TrimPrefix(h.URL(), "http://")
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(patience))
	const body = `{"Data":{"message":{},"timer":{}},"Metadata":{}}`
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, address, headers, len(body), body)
	// The connection may stay open: what comes first is the answer.
	read := make([]byte, 4096)
	n, err := connection.Read(read)
	if err != nil && err != io.EOF {
		t.Fatalf("POST %s: %v", path, err)
	}
	return string(read[:n])
}

// TestUnusableMessage wants a message that nobody can decode to be tried ten
// times, and to end in the log of the dead-letter function.
func TestUnusableMessage(t *testing.T) {
	b, queues := onFile(t)
	h := start(t, b)
	w := newWorld(t, h)
	queues.Send(queue, "nonsense", []byte("this is no leave"))
	w.until("the dead-letter function", func() bool { return len(h.Invocations("deadletter")) > 0 }, func() any { return h.Invocations("reassign") })
	if n := len(h.Invocations("reassign")); n != 10 {
		t.Errorf("%d deliveries, wanted 10", n)
	}
	if i := h.Invocations("deadletter")[0]; i.Err != nil || i.Status != 200 {
		t.Errorf("the dead-letter function: %+v", i)
	}
	logged := func() (n int) {
		for _, line := range h.Lines() {
			if line.Severity == host.Error && strings.Contains(line.Text, "messageUnusable") && strings.Contains(line.Text, "deadletter") {
				n++
			}
		}
		return n
	}
	w.until("the line in the log", func() bool { return logged() > 0 }, func() any { return h.Lines() })
	if logged() != 1 || queues.Length(queue+host.DeadLetterQueue) != 0 {
		t.Errorf("%d lines in the log, %d messages left", logged(), queues.Length(queue+host.DeadLetterQueue))
	}
}

// TestMessageOfNoLeave wants messages about what does not exist to be completed.
func TestMessageOfNoLeave(t *testing.T) {
	b, queues := onFile(t)
	h := start(t, b)
	w := newWorld(t, h)
	for i, body := range []string{
		`{"tenant":"` + w.tenant + `","leave":"01938f00-0000-7000-8000-000000000001","attempt":1}`,
		`{"tenant":"nobody","leave":"01938f00-0000-7000-8000-000000000001","attempt":1}`,
	} {
		queues.Send(queue, fmt.Sprint(i), []byte(body))
		queues.Send(queue+host.DeadLetterQueue, fmt.Sprint(i), []byte(body))
	}
	both := func() bool { return len(h.Invocations("reassign")) == 2 && len(h.Invocations("deadletter")) == 2 }
	w.until("four invocations", both, func() any { return h.Invocations("reassign") })
	for _, i := range append(h.Invocations("reassign"), h.Invocations("deadletter")...) {
		if i.Err != nil {
			t.Errorf("%+v", i)
		}
	}
}
