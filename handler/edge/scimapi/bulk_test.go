package scimapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

func bulkBody(failOnErrors int, operations ...string) string {
	end := ""
	if failOnErrors > 0 {
		end = fmt.Sprintf(`,"failOnErrors":%d`, failOnErrors)
	}
	return fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]%s}`, scim.BulkRequestURN, strings.Join(operations, ","), end)
}

func bulkUser(i int, userName string) string {
	return fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"u%d","data":{"userName":%q}}`, i, userName)
}

type bulkAnswer struct {
	Operations []struct {
		Method, BulkID, Location, Status string
		Response                         struct{ Detail string }
	}
}

func operationsOf(t *testing.T, answer *httptest.ResponseRecorder) bulkAnswer {
	t.Helper()
	var body bulkAnswer
	if answer.Code != http.StatusOK {
		t.Fatalf("%d %.300s", answer.Code, answer.Body)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// Creates of one bulk request share transactions of the store, so that they
// cost less than one by one.
func TestBulkOfAThousand(t *testing.T) {
	w := newWorld(t)
	operations := make([]string, 1000)
	for i := range operations {
		operations[i] = bulkUser(i, fmt.Sprintf("user%d", i))
	}
	w.requests.Take()
	body := operationsOf(t, w.do("POST", "/scim/acme/v2/Bulk", bulkBody(0, operations...)))
	for i, o := range body.Operations {
		if o.Status != "201" || o.BulkID != fmt.Sprintf("u%d", i) || o.Location == "" {
			t.Fatalf("operation %d: %+v", i, o)
		}
	}
	if n := w.requests.Take().Total(); len(body.Operations) != 1000 || n > 250 {
		t.Errorf("%d operations in %d requests to the table", len(body.Operations), n)
	}
	answer := w.do("POST", "/scim/acme/v2/Bulk", bulkBody(0, append(operations, bulkUser(1000, "one-more"))...))
	if answer.Code != 413 || !strings.Contains(answer.Body.String(), "maxOperations, which is 1000") {
		t.Errorf("1,001 operations: %d %.300s", answer.Code, answer.Body)
	}
	answer = w.do("POST", "/scim/acme/v2/Bulk", bulkBody(0, bulkUser(1, strings.Repeat("a", 1<<20))))
	if answer.Code != 413 || !strings.Contains(answer.Body.String(), "maxPayloadSize, which is 1048576") {
		t.Errorf("over 1 MiB: %d %.300s", answer.Code, answer.Body)
	}
}

// Each operation costs what the single request costs, without the groups that
// its answer would show.
func TestRoundTripsOfBulk(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	sales := w.group(t, "Sales", ann)
	patch := func(path, change string) string {
		return fmt.Sprintf(`{"method":"PATCH","path":%q,"data":{"schemas":[%q],"Operations":[%s]}}`,
			path[strings.Index(path, "/v2/")+3:], scim.PatchOpURN, change)
	}
	for _, test := range []struct {
		name, operation string
		want            int
	}{
		{"create", bulkUser(1, "bob"), 1},
		{"create in vain", bulkUser(1, "bob"), 1},
		{"change", patch(ann, `{"op":"replace","path":"title","value":"CEO"}`), 2},
		{"change that changes nothing", patch(ann, `{"op":"replace","path":"title","value":"CEO"}`), 1},
		{"rename a group", patch(sales, `{"op":"replace","path":"displayName","value":"Field"}`), 2},
		{"nobody", `{"method":"DELETE","path":"/Users/17"}`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := w.tripsOf(t, "POST", "/scim/acme/v2/Bulk", bulkBody(0, test.operation)); got != test.want {
				t.Errorf("%d round trips, want %d", got, test.want)
			}
		})
	}
}

// tripsOf is how many round trips a request costs when the caller's snapshot is
// fresh.
func (w *world) tripsOf(t *testing.T, method, target, body string) int {
	t.Helper()
	w.do("GET", "/scim/acme/v2/ServiceProviderConfig", "")
	send(w, w.token, method, target, body)
	return w.trips(t)
}

func TestFailOnErrors(t *testing.T) {
	for failOnErrors := range 5 {
		t.Run(fmt.Sprint(failOnErrors), func(t *testing.T) {
			w := newWorld(t)
			w.ann(t)
			var operations []string
			for i := range 10 {
				operations = append(operations, bulkUser(2*i, "ann@acme.com"), bulkUser(2*i+1, fmt.Sprintf("user%d", i)))
			}
			body := operationsOf(t, w.do("POST", "/scim/acme/v2/Bulk", bulkBody(failOnErrors, operations...)))
			failed := 0
			for _, o := range body.Operations {
				if o.Status == "409" {
					failed++
				}
			}
			want := failOnErrors
			if want == 0 {
				want = 10
			}
			if last := body.Operations[len(body.Operations)-1]; failed != want || failOnErrors > 0 && last.Status != "409" {
				t.Errorf("%d failed, want %d; the last one is %+v", failed, want, last)
			}
		})
	}
}

// What is the same name comes to the same as one by one: the first wins.
func TestBulkKeepsTheOrderOfNames(t *testing.T) {
	w := newWorld(t)
	body := operationsOf(t, w.do("POST", "/scim/acme/v2/Bulk", bulkBody(0, bulkUser(1, "ann"), bulkUser(2, "ANN"), bulkUser(3, "bob"))))
	for i, want := range []string{"201", "409", "201"} {
		if got := body.Operations[i].Status; got != want {
			t.Errorf("operation %d: %s, want %s", i, got, want)
		}
	}
}

func TestTroubleInBulk(t *testing.T) {
	w := newWorld(t)
	remove := `{"method":"DELETE","path":"/Users/01970c3e-8f00-7000-8000-000000000000"}`
	for name, err := range map[string]error{"a panic": nil, "busy": fault.New(fault.StorageBusy, "the storage asks for patience")} {
		t.Run(name, func(t *testing.T) {
			w.log.Reset()
			store := troubled{err: err}
			answer := send(w.endpoint(store, store), w.token, "POST", "/scim/acme/v2/Bulk", bulkBody(0, remove, `{"method":"DELETE","path":"/Users/1"}`))
			body := operationsOf(t, answer)
			if o := body.Operations[0]; o.Status[0] != '5' || !strings.Contains(o.Response.Detail, "(reference 4f2a9c)") {
				t.Errorf("%+v", o)
			}
			if body.Operations[1].Status != "404" || !strings.Contains(w.log.String(), "reference=4f2a9c") {
				t.Errorf("%s; log %s", answer.Body, &w.log)
			}
		})
	}
}

func TestBulkOfAnotherTenant(t *testing.T) {
	w := newWorld(t)
	ann := w.ann(t)
	other := w.tenant(t, directory.Tenant{ID: "globex", Name: "Globex", Country: "US", Domains: []string{"*"}}, directory.Unlimited)
	body := operationsOf(t, send(w, other, "POST", "/scim/globex/v2/Bulk", bulkBody(0, `{"method":"DELETE","path":"/Users/`+ann[len(ann)-36:]+`"}`)))
	if body.Operations[0].Status != "404" || w.do("GET", ann, "").Code != http.StatusOK {
		t.Errorf("%+v", body)
	}
}

// unfinished is groups that can be made and not changed.
type unfinished struct{ directory.Groups }

func (u unfinished) CommitGroup(ctx context.Context, tenant string, change directory.GroupChange) (directory.Group, error) {
	if change.Before != nil {
		return directory.Group{}, fault.New(fault.StorageBusy, "the storage asks for patience")
	}
	return u.Groups.CommitGroup(ctx, tenant, change)
}

// Where what a circle left open cannot be completed, the answer says what there
// is, and where.
func TestCircleThatIsNotClosed(t *testing.T) {
	w := newWorld(t)
	group := func(name, other string) string {
		return fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":%q,"data":{"displayName":%q,"members":[{"value":"bulkId:%s"}]}}`, name, name, other)
	}
	answer := send(w.endpoint(w.Store, unfinished{w.Store}), w.token, "POST", "/scim/acme/v2/Bulk", bulkBody(0, group("A", "B"), group("B", "A")))
	body := operationsOf(t, answer)
	if whole := body.Operations[0]; whole.Status != "201" {
		t.Errorf("the one that could be made whole: %+v", whole)
	}
	if open := body.Operations[1]; open.Status != "503" || open.Location == "" || !strings.HasPrefix(open.Response.Detail, "the resource was made, but without its references") {
		t.Errorf("the one that was left open: %+v", open)
	}
}
