package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// traffic stands between a process and its tables and counts what passes.
type traffic struct {
	connection string
	server     *httptest.Server
	next       http.Transport
	// on tells whether what passes is counted at this moment.
	on atomic.Bool

	mu sync.Mutex
	// reads of rows and of ranges, by table.
	reads map[string]int
	// writes are the changes that were asked for, alone or as transactions;
	// refused are those that were answered no, by status, table and kind of row.
	writes  int
	refused map[string]int
	// rows is how often each row was written, by table and key.
	rows map[string]int
}

func newTraffic(connection string) (*traffic, error) {
	_, endpoint, _ := strings.Cut(connection, "TableEndpoint=")
	endpoint, _, _ = strings.Cut(endpoint, ";")
	target, err := url.Parse(endpoint)
	if err != nil || target.Scheme != "http" {
		return nil, errors.New("--tables has no TableEndpoint=http://…, as an emulator has; what passes could not be counted")
	}
	t := &traffic{reads: map[string]int{}, refused: map[string]int{}, rows: map[string]int{}, next: http.Transport{MaxIdleConnsPerHost: 64}}
	t.server = httptest.NewServer(&httputil.ReverseProxy{Transport: t, ErrorHandler: t.gaveUp, Rewrite: func(r *httputil.ProxyRequest) {
		// What is signed is the path, which stays as it is.
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, target.Host
	}})
	near := *target
	near.Host = strings.TrimPrefix(t.server.URL, "http://")
	t.connection = strings.Replace(connection, endpoint, near.String(), 1)
	return t, nil
}

func (t *traffic) close() { t.server.Close() }

// gaveUp counts a request that the process did not wait for.
func (t *traffic) gaveUp(w http.ResponseWriter, _ *http.Request, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused["gave up waiting"]++
	w.WriteHeader(http.StatusBadGateway)
}

// RoundTrip implements http.RoundTripper.
func (t *traffic) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.on.Load() {
		return t.next.RoundTrip(r)
	}
	if r.Method == http.MethodGet {
		t.read(r.URL.Path)
		return t.next.RoundTrip(r)
	}
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(asked))
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answered, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(answered))
	t.wrote(r.Method+" "+r.URL.Path+"\n"+string(asked), response.Status+"\n"+string(answered))
	return response, err
}

// read takes note of a read. A path that names no key is that of a range.
func (t *traffic) read(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	table, key, _ := strings.Cut(path[strings.LastIndex(path, "/")+1:], "(")
	if strings.Contains(key, "RowKey") {
		t.reads[table+" row"]++
	} else {
		t.reads[table+" range"]++
	}
}

var (
	// operation is a change of a row: alone the first line of a request, in a
	// transaction the first line of a part.
	operation = regexp.MustCompile(`(?m)^(?:POST|PUT|PATCH|MERGE|DELETE) \S*/(\w+)(?:\(PartitionKey='[^']*',RowKey='([^']*)'\))?(?:[? ]|$)`)
	// inserted is the key of a row whose operation does not name it.
	inserted = regexp.MustCompile(`"RowKey":"([^"]*)"`)
	// refusal is the status of what was not done.
	refusal = regexp.MustCompile(`(?m)^(?:HTTP/1.1 )?([45]\d\d) `)
	// failed is the place of the operation that was refused.
	failed = regexp.MustCompile(`"value":"(\d+):`)
)

// wrote takes note of a change.
func (t *traffic) wrote(asked, answered string) {
	rows := rowsOf(asked)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes++
	if no := refusal.FindStringSubmatch(answered); no != nil {
		t.refused[no[1]+kindOf(rows, answered)]++
		return
	}
	for _, row := range rows {
		t.rows[row]++
	}
}

// rowsOf are table and key of what a request changes, in its order.
func rowsOf(asked string) (rows []string) {
	for _, at := range operation.FindAllStringSubmatchIndex(asked, -1) {
		row := ""
		if at[4] >= 0 {
			row = asked[at[4]:at[5]]
		} else if key := inserted.FindStringSubmatch(asked[at[1]:]); key != nil {
			row = key[1]
		}
		if row != "" {
			rows = append(rows, asked[at[2]:at[3]]+" "+row)
		}
	}
	return rows
}

// kindOf names the kind of row that a refusal is about: the service's message
// begins with the place of the operation.
func kindOf(rows []string, answered string) string {
	at := 0
	if place := failed.FindStringSubmatch(answered); place != nil {
		at, _ = strconv.Atoi(place[1])
	}
	if at >= len(rows) {
		return ""
	}
	kind, _, _ := strings.Cut(rows[at], "-")
	return " at " + kind
}
