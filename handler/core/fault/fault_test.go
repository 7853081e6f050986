package fault_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"handover/handler/core/fault"
)

var update = flag.Bool("update", false, "write docs/faults.md from the table of codes")

const document = "../../../docs/faults.md"

func TestDocumentShowsEveryCode(t *testing.T) {
	rows := &strings.Builder{}
	for _, e := range fault.Table() {
		fmt.Fprintf(rows, "| `%s` | %d | %s | %s |\n", e.Code, e.Status, e.ScimType, e.Meaning)
	}
	const header = "| code | status | scimType | what it means, and what to do |\n|---|---|---|---|\n"
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), header)
	if !found {
		t.Fatalf("%s has no table of codes", document)
	}
	_, after, _ := strings.Cut(rest, "\n\n")
	want := before + header + rows.String() + "\n" + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s differs from the table in codes.go; run go test ./handler/core/fault -update", document)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTableIsComplete reads codes.go: every constant stands in the table once.
func TestTableIsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			constants += len(spec.Names)
		}
		return true
	})
	seen := map[fault.Code]bool{}
	for _, e := range fault.Table() {
		if seen[e.Code] || e.Status < 400 || e.Status > 599 || !strings.HasSuffix(e.Meaning, ".") {
			t.Errorf("row of %s: twice, with an odd status, or without a sentence", e.Code)
		}
		seen[e.Code] = true
	}
	if len(seen) != constants {
		t.Errorf("%d constants, %d rows in the table", constants, len(seen))
	}
}

func TestFaultsTellWhatToDo(t *testing.T) {
	cause := errors.New("dial tcp: secret host")
	tests := []struct {
		name      string
		err       error
		status    int
		whose     smithy.ErrorFault
		retryable bool
	}{
		{"the client's", fault.New(fault.Uniqueness, "taken"), 409, smithy.FaultClient, false},
		{"ours", fault.New(fault.StorageBusy, "busy").WithRetryAfter(time.Second), 503, smithy.FaultServer, true},
		{"wrapped", fmt.Errorf("store: %w", fault.New(fault.NotFound, "no such user")), 404, smithy.FaultClient, false},
		{"nobody classified it", cause, 500, smithy.FaultServer, true},
		{"a deadline has passed", fmt.Errorf("read: %w", context.DeadlineExceeded), 503, smithy.FaultServer, true},
		{"a deadline that has passed, classified", fault.New(fault.StorageBusy, "busy").WithCause(context.DeadlineExceeded), 503, smithy.FaultServer, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := fault.Of(test.err)
			if f.Code.Status() != test.status || f.ErrorFault() != test.whose || fault.Retryable(test.err) != test.retryable {
				t.Errorf("status %d, fault %v, retryable %v", f.Code.Status(), f.ErrorFault(), fault.Retryable(test.err))
			}
			if strings.Contains(f.ErrorMessage(), "secret") {
				t.Error("the cause is in the message")
			}
		})
	}
	if f := fault.Of(cause); !errors.Is(f, cause) || !strings.Contains(f.Error(), "secret host") {
		t.Error("the log does not get the cause")
	}
	if fault.Of(nil) != nil || fault.Retryable(nil) {
		t.Error("no error is a fault")
	}
}
