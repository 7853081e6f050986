package azure_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// What the service refuses as a whole, whatever was asked. sentence is part of
// what the operator reads.
func TestRefusedRequests(t *testing.T) {
	tests := []struct {
		name        string
		status      int
		code        string
		read, write fault.Code
		sentence    string
	}{
		{"no table", 404, "TableNotFound", fault.Unavailable, fault.Unavailable, "no table directory: restart"},
		{"no right", 403, "AuthorizationPermissionMismatch", fault.Unavailable, fault.Unavailable, "Storage Table Data Contributor"},
		{"wrong key", 403, "AuthenticationFailed", fault.Unavailable, fault.Unavailable, "clock"},
		{"wrong token", 401, "InvalidAuthenticationInfo", fault.Unavailable, fault.Unavailable, "identity's tenant"},
		{"firewall", 403, "AuthorizationFailure", fault.Unavailable, fault.Unavailable, "firewall"},
		{"keys switched off", 403, "KeyBasedAuthenticationNotPermitted", fault.Unavailable, fault.Unavailable, "TableConnection__tableServiceUri"},
		{"another refusal", 403, "AccountIsDisabled", fault.Unavailable, fault.Unavailable, "AccountIsDisabled"},
		{"a proxy's 404", 404, "", fault.Unavailable, fault.Unavailable, "not Table Storage"},
		{"a redirect", 302, "", fault.Unavailable, fault.Unavailable, "not Table Storage"},
		{"invalid", 400, "InvalidInput", fault.RowInvalid, fault.RowInvalid, "InvalidInput"},
		{"too large", 413, "RequestBodyTooLarge", fault.RowTooLarge, fault.RowTooLarge, "RequestBodyTooLarge"},
		{"busy", 503, "ServerBusy", fault.StorageBusy, fault.StorageBusy, "busy"},
		{"a gateway's 503", 503, "", fault.StorageBusy, fault.StorageUnknown, ""},
		{"a gateway's 502", 502, "", fault.StorageBusy, fault.StorageUnknown, ""},
		{"timed out", 500, "OperationTimedOut", fault.StorageBusy, fault.StorageUnknown, ""},
		{"internal", 500, "InternalError", fault.StorageBusy, fault.StorageUnknown, ""},
		{"being deleted", 409, "TableBeingDeleted", fault.Unavailable, fault.Unavailable, "TableBeingDeleted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := "<html>proxy</html>"
				if test.code != "" {
					body = reason(test.code, "secret of Ann")
				}
				rows := always(test.status, nil, body).opens(t)
				_, get := rows.Get(t.Context(), "p", "r")
				_, query := rows.Query(t.Context(), table.Query{Partition: "p"})
				_, write := rows.Transact(t.Context(), "p", threeInserts())
				wantRefusal(t, get, table.NoOperation, test.read, test.sentence)
				wantRefusal(t, query, table.NoOperation, test.read, test.sentence)
				wantRefusal(t, write, table.NoOperation, test.write, test.sentence)
			})
		})
	}
}

func wantRefusal(t *testing.T, err error, index int, code fault.Code, sentence string) {
	t.Helper()
	e, ok := errors.AsType[*table.Error](err)
	if !ok || e.Index != index || e.Fault.Code != code || !strings.Contains(e.Fault.Message, sentence) {
		t.Errorf("%v: want %s at operation %d, saying %q", err, code, index, sentence)
	}
	if err != nil && (strings.Contains(err.Error(), "Ann") || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("the log gets what it should not: %v", err)
	}
}

// The status inside a transaction decides, whatever name it goes by.
func TestRefusedOperations(t *testing.T) {
	tests := []struct {
		name   string
		answer string
		index  int
		code   fault.Code
	}{
		{"exists", failed(409, "EntityAlreadyExists", "2:The specified entity already exists."), 2, fault.RowExists},
		{"not found", failed(404, "ResourceNotFound", "1:The specified resource does not exist."), 1, fault.RowNotFound},
		{"changed", failed(412, "UpdateConditionNotSatisfied", "0:The update condition was not satisfied."), 0, fault.RowChanged},
		{"changed, as blobs say it", failed(412, "ConditionNotMet", "1:The condition was not met."), 1, fault.RowChanged},
		{"entity too large", failed(400, "EntityTooLarge", "1:The entity is larger than allowed."), 1, fault.RowTooLarge},
		{"merged beyond 252 columns", failed(400, "TooManyProperties", "1:The entity contains more properties than allowed."), 1, fault.RowTooLarge},
		{"invalid", failed(400, "InvalidInput", "2:One of the inputs is not valid."), 2, fault.RowInvalid},
		{"no table", failed(404, "TableNotFound", "0:The table specified does not exist."), 0, fault.Unavailable},
		{"busy", failed(503, "ServerBusy", "0:The server is busy."), 0, fault.StorageBusy},
		{"timed out", failed(500, "OperationTimedOut", "0:The operation could not be completed."), 0, fault.StorageUnknown},
		{"no number", failed(409, "EntityAlreadyExists", "The specified entity already exists."), table.NoOperation, fault.RowExists},
		{"a number beyond", failed(409, "EntityAlreadyExists", "3:The specified entity already exists."), table.NoOperation, fault.RowExists},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			engine := always(202, nil, batch(test.answer))
			_, err := engine.opens(t).Transact(t.Context(), "p", threeInserts())
			wantRefusal(t, err, test.index, test.code, "")
			if len(engine.sent) != 1 {
				t.Errorf("%d requests", len(engine.sent))
			}
		})
	}
}

// An answer that nobody can read leaves open whether the transaction happened.
func TestMalformedTransactionAnswers(t *testing.T) {
	for _, body := range []string{
		"", "-", "{}", "<html>", "--x", "--x\r\n", batch(), batch(done("1")), batch(done("1"), done("2")), batch(done("1"), done("2"), done("3"), done("4")),
		batch("HTTP/1.1 abc\r\n\r\n", done("2"), done("3")), batch("HTTP/1.1 "), "\nHTTP/1.1", strings.Repeat("\nHTTP/1.1 204", 2),
	} {
		_, err := always(202, nil, body).opens(t).Transact(t.Context(), "p", threeInserts())
		wantRefusal(t, err, table.NoOperation, fault.StorageUnknown, "")
	}
}

func TestMalformedReads(t *testing.T) {
	for _, body := range []string{"", "<html>", `{"value":`, `{"A":{}}`} {
		rows := always(200, nil, body).opens(t)
		_, err := rows.Get(t.Context(), "p", "r")
		wantRefusal(t, err, table.NoOperation, fault.Unavailable, "is not Table Storage")
		_, err = rows.Query(t.Context(), table.Query{Partition: "p"})
		wantRefusal(t, err, table.NoOperation, fault.Unavailable, "is not Table Storage")
	}
}

func TestRetries(t *testing.T) {
	busy := func() *http.Response { return response(503, nil, reason("ServerBusy", "busy")) }
	long := func() *http.Response {
		return response(503, http.Header{"Retry-After": {"7"}}, reason("ServerBusy", "busy"))
	}
	row := func() *http.Response { return response(200, nil, `{"RowKey":"r"}`) }
	tests := []struct {
		name        string
		answers     []func() *http.Response
		read, wrote int
		retryAfter  time.Duration
	}{
		{"busy for a moment", []func() *http.Response{busy, busy, row}, 3, 1, time.Second},
		{"busy for seven seconds", []func() *http.Response{long, row}, 1, 1, 7 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := &fake{answer: func(n int, _ *http.Request) (*http.Response, error) { return test.answers[n-1](), nil }}
				_, err := engine.opens(t).Get(t.Context(), "p", "r")
				if len(engine.sent) != test.read || (test.read == len(test.answers)) != (err == nil) {
					t.Errorf("%d requests to read, error %v", len(engine.sent), err)
				}
				engine.sent = nil
				_, err = engine.opens(t).Transact(t.Context(), "p", threeInserts())
				if len(engine.sent) != test.wrote || !fault.Is(err, fault.StorageBusy) || fault.Of(err).RetryAfter != test.retryAfter {
					t.Errorf("%d requests to write, error %v, %v", len(engine.sent), err, fault.Of(err).RetryAfter)
				}
			})
		})
	}
}

// broken is an error of net/http, which quotes the address.
func broken(cause error) error {
	return &url.Error{Op: "Post", URL: "http://127.0.0.1:10002/devstoreaccount1/directory?sig=secret", Err: cause}
}

func TestBrokenConnections(t *testing.T) {
	tests := []struct {
		name     string
		cause    error
		write    fault.Code
		sentence string
	}{
		{"no such host", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, fault.Unavailable, "DNS"},
		{"nobody listens", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, fault.Unavailable, "no connection"},
		{"reset", &net.OpError{Op: "read", Err: errors.New("connection reset")}, fault.StorageUnknown, ""},
		{"closed", io.EOF, fault.StorageUnknown, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := &fake{answer: func(int, *http.Request) (*http.Response, error) { return nil, broken(test.cause) }}
				_, err := engine.opens(t).Get(t.Context(), "p", "r")
				wantRefusal(t, err, table.NoOperation, fault.Unavailable, test.sentence)
				if len(engine.sent) != 3 {
					t.Errorf("%d requests to read", len(engine.sent))
				}
				_, err = engine.opens(t).Transact(t.Context(), "p", threeInserts())
				wantRefusal(t, err, table.NoOperation, test.write, test.sentence)
				if len(engine.sent) != 4 {
					t.Errorf("%d requests to write", len(engine.sent)-3)
				}
			})
		})
	}
}

// A service that never answers does not hold a request for ever.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := &fake{answer: func(_ int, req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, broken(req.Context().Err())
		}}
		start := time.Now()
		_, err := engine.opens(t).Transact(t.Context(), "p", threeInserts())
		wantRefusal(t, err, table.NoOperation, fault.StorageUnknown, "")
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v looks as if the caller's own context had ended", err)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("a transaction waits %v", took)
		}
		start = time.Now()
		_, err = engine.opens(t).Get(t.Context(), "p", "r")
		wantRefusal(t, err, table.NoOperation, fault.Unavailable, "in time")
		if took := time.Since(start); took > 32*time.Second {
			t.Errorf("a read waits %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err = engine.opens(t).Transact(ctx, "p", threeInserts()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want that of the context", err)
		}
	})
}

// losing carries requests out and loses the answers that it is told to.
type losing struct {
	http.Client
	lose func(*http.Request) bool
	// cut lets the beginning of the answer through.
	cut bool
}

func (l *losing) Do(req *http.Request) (*http.Response, error) {
	resp, err := l.Client.Do(req)
	if err != nil || !l.lose(req) {
		return resp, err
	}
	if l.cut {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(resp.Body, 60), errorReader{}), resp.Body}
		return resp, nil
	}
	_ = resp.Body.Close()
	return nil, broken(io.ErrUnexpectedEOF)
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A transaction whose answer is lost is not sent again, and it happened.
func TestAnswerLostAfterTheCommit(t *testing.T) {
	for _, cut := range []bool{false, true} {
		transport := &losing{cut: cut, lose: func(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "$batch") }}
		rows := newTable(t, openTables(t, transport))
		_, err := rows.Transact(t.Context(), "p", threeInserts())
		wantRefusal(t, err, table.NoOperation, fault.StorageUnknown, "")
		page, err := rows.Query(t.Context(), table.Query{Partition: "p"})
		if err != nil || len(page.Entities) != 3 {
			t.Errorf("%d rows, error %v", len(page.Entities), err)
		}
	}
}
