package azure_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/table"
)

// fake is a transport in memory: it answers by a function and keeps what was
// sent.
type fake struct {
	answer func(n int, req *http.Request) (*http.Response, error)
	mu     sync.Mutex
	sent   []*http.Request
	bodies []string
}

// Do implements policy.Transporter. n counts requests from 1.
func (f *fake) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	f.mu.Lock()
	f.sent, f.bodies = append(f.sent, req), append(f.bodies, string(body))
	n := len(f.sent)
	f.mu.Unlock()
	return f.answer(n, req)
}

// opens makes a table whose requests go to the fake.
func (f *fake) opens(t testing.TB) table.Table {
	t.Helper()
	tables, err := azure.OpenTables(azure.TableSettings{ConnectionString: "UseDevelopmentStorage=true", Transport: f})
	if err != nil {
		t.Fatal(err)
	}
	return tables.Table("directory")
}

// always answers every request alike.
func always(status int, header http.Header, body string) *fake {
	return &fake{answer: func(int, *http.Request) (*http.Response, error) { return response(status, header, body), nil }}
}

func response(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// reason is an error's body as Table Storage writes it.
func reason(code, message string) string {
	return fmt.Sprintf(`{"odata.error":{"code":%q,"message":{"lang":"en-US","value":%q}}}`, code, message+"\nRequestId:0\nTime:0")
}

// batch is the answer to a transaction.
func batch(parts ...string) string {
	var b bytes.Buffer
	b.WriteString("--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n")
	for _, part := range parts {
		b.WriteString("--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n" + part + "\r\n")
	}
	b.WriteString("--changesetresponse_1--\r\n--batchresponse_1--\r\n")
	return b.String()
}

// done is a part of such an answer: an operation that succeeded, with its ETag.
func done(etag string) string {
	return "HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nDataServiceVersion: 1.0;\r\nETag: " + etag + "\r\n\r\n"
}

// failed is the one part of a transaction that failed.
func failed(status int, code, message string) string {
	return fmt.Sprintf("HTTP/1.1 %d No\r\nDataServiceVersion: 3.0;\r\nContent-Type: application/json;odata=minimalmetadata\r\n\r\n%s", status, reason(code, message))
}

// threeInserts is a transaction.
func threeInserts() []table.Operation {
	return []table.Operation{{Action: table.Insert, Row: "a"}, {Action: table.Insert, Row: "b"}, {Action: table.Insert, Row: "c"}}
}
