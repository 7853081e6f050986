package azure_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// A page that is empty and has another behind it is passed over; a short one is
// answered as it is.
func TestPagesWithTokens(t *testing.T) {
	token := func(n string) http.Header {
		return http.Header{"X-Ms-Continuation-Nextpartitionkey": {"1!p" + n}, "X-Ms-Continuation-Nextrowkey": {"1!r" + n}}
	}
	onlyPartition := http.Header{"X-Ms-Continuation-Nextpartitionkey": {"1!p3"}}
	answers := []*http.Response{
		response(200, token("1"), `{"value":[]}`), response(200, token("2"), `{"value":[]}`),
		response(200, onlyPartition, `{"value":[{"RowKey":"a"},{"RowKey":"b"}]}`), response(200, nil, `{"value":[]}`),
	}
	engine := &fake{answer: func(n int, _ *http.Request) (*http.Response, error) { return answers[n-1], nil }}
	rows := engine.opens(t)
	page, err := rows.Query(t.Context(), table.Query{Partition: "p", Limit: 5})
	if err != nil || len(page.Entities) != 2 || !page.More || page.Next != "b" {
		t.Fatalf("page %+v, error %v", page, err)
	}
	page, err = rows.Query(t.Context(), table.Query{Partition: "p", Limit: 5, After: page.Next})
	if err != nil || len(page.Entities) != 0 || page.More {
		t.Fatalf("page %+v, error %v", page, err)
	}
	var tokens []string
	for _, req := range engine.sent {
		tokens = append(tokens, req.URL.Query().Get("NextPartitionKey")+req.URL.Query().Get("NextRowKey"))
	}
	if diff := cmp.Diff([]string{"", "1!p11!r1", "1!p21!r2", ""}, tokens); diff != "" {
		t.Error(diff)
	}
}

func TestProjections(t *testing.T) {
	engine := always(200, nil, `{"value":[]}`)
	rows := engine.opens(t)
	_, _ = rows.Get(t.Context(), "p", "r", "A", "B")
	_, _ = rows.Get(t.Context(), "p", "r")
	_, _ = rows.Query(t.Context(), table.Query{Partition: "p", Columns: []string{"A", "B"}})
	var wanted []string
	for _, req := range engine.sent {
		wanted = append(wanted, req.URL.Query().Get("$select"))
	}
	if diff := cmp.Diff([]string{"A,B", "", "RowKey,A,B"}, wanted); diff != "" {
		t.Error(diff)
	}
}

// Every operation on a row that must exist says If-Match; without it Azure would
// insert the row.
func TestOperationsOnTheWire(t *testing.T) {
	engine := always(202, nil, batch(done("1"), done("2"), done("3"), done("4"), done("5"), done("6"), "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"))
	etags, err := engine.opens(t).Transact(t.Context(), "p", []table.Operation{
		{Action: table.Insert, Row: "a", Columns: table.Columns{{Name: "N", Value: table.Int(1)}}},
		{Action: table.Upsert, Row: "b"},
		{Action: table.Merge, Row: "c"},
		{Action: table.Merge, Row: "d", IfMatch: `W/"1"`},
		{Action: table.Replace, Row: "e"},
		{Action: table.Replace, Row: "f", IfMatch: `W/"2"`},
		{Action: table.Delete, Row: "g"},
		{Action: table.Delete, Row: "h", IfMatch: `W/"3"`},
	})
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5", "6", "", ""}, etags); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	var got []string
	for _, part := range strings.Split(engine.bodies[0], "Content-Type: application/http\r\n\r\n")[1:] {
		method, _, _ := strings.Cut(part, " ")
		_, match, _ := strings.Cut(part, "If-Match: ")
		match, _, _ = strings.Cut(match, "\r\n")
		got = append(got, strings.TrimSpace(method+" "+match))
	}
	want := []string{"POST", "PUT", "PATCH *", `PATCH W/"1"`, "PUT *", `PUT W/"2"`, "DELETE *", `DELETE W/"3"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(engine.bodies[0], `"N@odata.type":"Edm.Int64"`) {
		t.Error("the type of an integer is missing")
	}
}

// credential answers with a token or an error.
type credential struct{ err error }

func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token for " + strings.Join(o.Scopes, " "), ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

func TestIdentity(t *testing.T) {
	engine := always(200, nil, `{"RowKey":"r"}`)
	open := func(c credential) table.Table {
		tables, err := azure.OpenTables(azure.TableSettings{ServiceURI: "https://acme.table.core.chinacloudapi.cn/", Credential: c, Transport: engine})
		if err != nil {
			t.Fatal(err)
		}
		return tables.Table("directory")
	}
	if _, err := open(credential{}).Get(t.Context(), "p", "r"); err != nil {
		t.Fatal(err)
	}
	sent := engine.sent[0]
	if got := sent.Header.Get("Authorization"); got != "Bearer token for https://storage.azure.com/.default" || sent.URL.Host != "acme.table.core.chinacloudapi.cn" {
		t.Errorf("sent %s to %s", got, sent.URL.Host)
	}
	engine.sent = nil
	denied := open(credential{errors.New("no identity")})
	_, err := denied.Transact(t.Context(), "p", threeInserts())
	wantRefusal(t, err, table.NoOperation, fault.Unavailable, "TableConnection__clientId")
	if len(engine.sent) != 0 {
		t.Error("a request was sent without a token")
	}
}

func TestEnsureTables(t *testing.T) {
	for code, want := range map[string]fault.Code{"TableAlreadyExists": "", "TableBeingDeleted": fault.Unavailable} {
		engine := always(409, nil, reason(code, "no"))
		made, err := azure.OpenTables(azure.TableSettings{ConnectionString: "UseDevelopmentStorage=true", Transport: engine})
		if err != nil {
			t.Fatal(err)
		}
		if err := made.EnsureTables(t.Context(), "directory", "records"); (want == "") != (err == nil) || err != nil && !fault.Is(err, want) {
			t.Errorf("%s: error %v", code, err)
		}
	}
}

// A burst keeps its connections for the next one.
func TestConnectionsAreKept(t *testing.T) {
	const burst = 64
	var opened atomic.Int64
	var arrived sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Done()
		arrived.Wait()
		_, _ = w.Write([]byte(`{"RowKey":"r"}`))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	tables, err := azure.OpenTables(azure.TableSettings{ConnectionString: "AccountName=a;AccountKey=a2V5;TableEndpoint=" + server.URL})
	if err != nil {
		t.Fatal(err)
	}
	rows := tables.Table("directory")
	for range 5 {
		arrived.Add(burst)
		var all sync.WaitGroup
		for range burst {
			all.Go(func() {
				if _, err := rows.Get(t.Context(), "p", "r"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if n := opened.Load(); n > 2*burst {
		t.Errorf("%d connections for bursts of %d", n, burst)
	}
}
