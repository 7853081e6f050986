package azure

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecodeBatch holds the reader of transaction answers to one rule: ETags or
// a refusal or nothing, never a panic, and never more ETags than parts.
func FuzzDecodeBatch(f *testing.F) {
	f.Add("\r\nHTTP/1.1 204 No Content\r\nETag: W/\"1\"\r\n\r\n")
	f.Add("\nHTTP/1.1 409 Conflict\r\n\r\n{\"odata.error\":{\"code\":\"EntityAlreadyExists\",\"message\":{\"value\":\"12:no\"}}}--x")
	f.Fuzz(func(t *testing.T, body string) {
		etags, refused := decodeBatch([]byte(body))
		if refused != nil && (len(etags) > 0 || refused.status/100 == 2) {
			t.Errorf("both %v and %v", etags, refused)
		}
		if n := strings.Count(body, "\nHTTP/1.1 "); len(etags) > n {
			t.Errorf("%d ETags of %d parts", len(etags), n)
		}
		for _, operations := range []int{1, 100} {
			if refused != nil && refused.index(operations) >= operations {
				t.Errorf("operation %d of %d", refused.index(operations), operations)
			}
		}
	})
}

func TestDecodeBatch(t *testing.T) {
	var body strings.Builder
	var want []string
	for i := range 100 {
		etag := fmt.Sprintf("W/\"datetime'2026-03-02T10%%3A00%%3A00.%07dZ'\"", i)
		fmt.Fprintf(&body, "--c\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\nX-Other: a:b\r\netag:  %s \r\nPreference-Applied: return-no-content\r\n\r\n\r\n", etag)
		want = append(want, etag)
	}
	got, refused := decodeBatch([]byte(body.String()))
	if diff := cmp.Diff(want, got); diff != "" || refused != nil {
		t.Errorf("%v %s", refused, diff)
	}
}
