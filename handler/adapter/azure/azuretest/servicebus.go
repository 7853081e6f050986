package azuretest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// ServiceBusVariable is the environment variable that names another Service
// Bus: a connection string with the right to manage queues.
const ServiceBusVariable = "HANDOVER_TEST_SERVICEBUS"

// Queue is a queue that a test wants. Zero values are those of the deployed
// queue.
type Queue struct {
	Name             string
	LockDuration     time.Duration
	MaxDeliveryCount int
	DuplicateWindow  time.Duration
}

func (q Queue) withDefaults() Queue {
	if q.LockDuration == 0 {
		q.LockDuration = 5 * time.Minute
	}
	if q.MaxDeliveryCount == 0 {
		q.MaxDeliveryCount = 10
	}
	if q.DuplicateWindow == 0 {
		q.DuplicateWindow = 5 * time.Minute
	}
	return q
}

// QueueName returns a name that no other test and no other run has.
func QueueName(t testing.TB) string {
	plain := strings.Map(func(r rune) rune {
		if r == '/' || r == ' ' {
			return '-'
		}
		return r
	}, t.Name())
	return plain + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
}

// ShortLock is the shortest lock that a queue can have here: Service Bus wants
// 5 seconds, the emulator does with one.
func ShortLock() time.Duration {
	if os.Getenv(ServiceBusVariable) != "" {
		return 5 * time.Second
	}
	return time.Second
}

// ServiceBus makes queues and returns the connection string of their namespace,
// and what can make trouble there.
func ServiceBus(t testing.TB, queues ...Queue) (connection string, admin Admin) {
	t.Helper()
	if given := os.Getenv(ServiceBusVariable); given != "" {
		for _, q := range queues {
			createQueue(t, given, q.withDefaults())
		}
		return given, Admin{t: t}
	}
	emulator, err := serviceBus()
	if err != nil {
		t.Fatal(err)
	}
	admin = Admin{t: t, url: emulator.addresses["admin"]}
	for _, q := range queues {
		admin.declare(q.withDefaults())
	}
	return emulator.addresses["ServiceBusConnection"], admin
}

var serviceBus = sync.OnceValues(func() (*emulator, error) {
	return start("servicebus.mjs")
})

// Admin makes trouble for one queue, and for everybody who uses it. Only the
// emulator can be told to; elsewhere a test that asks for it ends as skipped,
// and says so.
type Admin struct {
	t   testing.TB
	url string
}

// Counts is how many messages a queue has, by their state.
type Counts struct{ Active, Locked, Deferred, Scheduled, DeadLetters int }

// Cut breaks off every connection that uses the queue.
func (a Admin) Cut(queue string) { a.t.Helper(); a.trouble(queue, "cut") }

// Pause lets the queue seem away: connections stay, and nothing is answered.
func (a Admin) Pause(queue string) { a.t.Helper(); a.trouble(queue, "pause") }

// Resume answers again, also what was asked meanwhile.
func (a Admin) Resume(queue string) { a.t.Helper(); a.trouble(queue, "resume") }

// LoseAnswer stores the next message that is sent, and breaks the connection
// off instead of saying so.
func (a Admin) LoseAnswer(queue string) { a.t.Helper(); a.trouble(queue, "lose-answer") }

// Counts looks at the queue.
func (a Admin) Counts(queue string) Counts {
	a.t.Helper()
	var counts Counts
	if err := json.Unmarshal(a.call(http.MethodGet, queue, "", nil), &counts); err != nil {
		a.t.Fatal(err)
	}
	return counts
}

func (a Admin) trouble(queue, what string) {
	a.t.Helper()
	a.call(http.MethodPost, queue, "/"+what, nil)
}

func (a Admin) declare(q Queue) {
	a.t.Helper()
	settings, err := json.Marshal(map[string]int64{
		"lockDuration":     q.LockDuration.Milliseconds(),
		"maxDeliveryCount": int64(q.MaxDeliveryCount),
		"duplicateWindow":  q.DuplicateWindow.Milliseconds(),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.call(http.MethodPut, q.Name, "", settings)
}

func (a Admin) call(method, queue, rest string, body []byte) []byte {
	a.t.Helper()
	if a.url == "" {
		a.t.Skip("this test makes trouble that only the emulator makes; it runs without " + ServiceBusVariable)
	}
	answer, err := a.do(method, a.url+"/queues/"+url.PathEscape(queue)+rest, body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

func (a Admin) do(method, address string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(a.t.Context()), method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, address, answer)
	}
	return answer, err
}
