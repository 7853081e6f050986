package azure_test

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"handover/handler/adapter/table"
	"handover/handler/adapter/table/tabletest"
)

// Azurite's pages are always full. irregular makes them as Azure's may be: an
// empty page with a token in front, a page of fewer rows than asked for, and an
// empty last page.
type irregular struct {
	http.Client
	mu     sync.Mutex
	random *rand.Rand
}

const (
	nextPartition = "NextPartitionKey"
	continuation  = "X-Ms-Continuation-Nextpartitionkey"
	// The tokens that Azurite is not shown.
	fromStart, atEnd = "1!start", "1!end"
)

// Do implements policy.Transporter.
func (i *irregular) Do(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, "()") {
		return i.Client.Do(req)
	}
	i.mu.Lock()
	empty, trailing, size := i.random.IntN(3) == 0, i.random.IntN(3) == 0, 1+i.random.IntN(7)
	i.mu.Unlock()
	q := req.URL.Query()
	switch token := q.Get(nextPartition); {
	case token == atEnd:
		return response(200, nil, `{"value":[]}`), nil
	case token == "" && empty:
		return response(200, http.Header{continuation: {fromStart}}, `{"value":[]}`), nil
	case token == fromStart:
		q.Del(nextPartition)
	}
	if top, err := strconv.Atoi(q.Get("$top")); err != nil || top > size {
		q.Set("$top", strconv.Itoa(size))
	}
	again := req.Clone(req.Context())
	again.URL.RawQuery = q.Encode()
	resp, err := i.Client.Do(again)
	if err == nil && trailing && resp.StatusCode == http.StatusOK && resp.Header.Get(continuation) == "" {
		resp.Header.Set(continuation, atEnd)
	}
	return resp, err
}

func TestConformanceOnIrregularPages(t *testing.T) {
	tables := openTables(t, &irregular{random: rand.New(rand.NewPCG(1, 2))})
	tabletest.Run(t, func(t *testing.T) table.Table {
		t.Parallel()
		return asAzure{newTable(t, tables)}
	})
}
