// Package connector asks the business application to move its records, and tells
// it what became of leaves.
//
// The application implements one call, which is repeated until it says that it
// is finished; docs/records-connector.md describes it for its developer. What it
// says it has moved is written into the journal of the leave. The calls go
// through smithy-go's middleware stack: serialize, sign, send, deserialize. A
// tenant's webhook gets its events signed, as docs/webhooks.md describes.
package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth/bearer"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// service and operation name the call.
	service, operation = "Records", "Reassign"
	// callTimeout is how long the application has for one answer: a leave's claim
	// must outlast several.
	callTimeout = 30 * time.Second
	// maxRenumbered is how many numbers of the journal are tried for one answer.
	maxRenumbered = 16
)

// Config is what a Connector needs.
type Config struct {
	Journal directory.JournalWriter
	// Transport carries the calls; Transport of this package makes a careful one.
	Transport http.RoundTripper
	// Reveal decrypts the secret of a tenant's setting; ok is false if it cannot.
	Reveal func(tenant, hidden string) (secret string, ok bool)
	// Identity gives tokens of the deployment's managed identity for a scope; nil
	// where there is none.
	Identity func(scope string) bearer.TokenProvider
	Now      func() time.Time
	// Options add steps to each call, for whoever watches the calls.
	Options []func(*middleware.Stack) error
}

// Connector calls business applications. It is safe for concurrent use.
type Connector struct {
	Config
	client *http.Client
	tokens tokenShelf
}

// New makes a Connector. It calls nobody before the first move.
func New(c Config) *Connector {
	return &Connector{Config: c, client: followingNobody(c.Transport)}
}

// followingNobody is a client that takes a redirect for an answer: it could lead
// to where the tenant's setting does not.
func followingNobody(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// To is the connector of a tenant's setting.
func (c *Connector) To(setting directory.ConnectorSetting) directory.Connector {
	return application{c, setting}
}

// application is one business application.
type application struct {
	*Connector
	setting directory.ConnectorSetting
}

// Move asks for the next chunk and writes the answer into the journal. Asked
// again with the same number, as after a kill, the application answers the same.
// An error is a fault in a smithy.OperationError: fault.Unavailable for what may
// pass, fault.ConnectorRefused for what the tenant's setting or the application's
// must mend, fault.ConnectorInvalid for what another try cannot help.
func (a application) Move(ctx context.Context, move directory.Move) (directory.Moved, error) {
	answer, err := a.reassign(ctx, &move)
	if err != nil {
		if fault.Is(err, fault.ConnectorRefused) {
			a.tokens.forget(move.Tenant)
		}
		return directory.Moved{}, &smithy.OperationError{ServiceID: service, OperationName: operation, Err: err}
	}
	if len(move.Records) > 0 {
		// A hand-back names few enough for one answer.
		answer.NextCursor = ""
	}
	moved := directory.Moved{Records: answer.Moved, Cursor: answer.NextCursor, Finished: answer.NextCursor == ""}
	if answer.To != move.To.ID {
		moved.To = answer.To
	}
	if move.DryRun || len(moved.Records) == 0 && moved.Finished {
		return moved, nil
	}
	return moved, a.journal(ctx, &move, answer)
}

// journal writes the chunk down. A number that holds another chunk (an
// application that does not answer the same to the same) is passed over, so that
// nothing that moved goes unwritten.
func (a application) journal(ctx context.Context, move *directory.Move, answer *reassignOutput) error {
	chunk := directory.Chunk{
		Leave: move.Leave, Number: move.Number, From: move.From.ID, To: move.To.ID, At: move.At, Moved: answer.Moved,
	}
	if !answer.To.IsZero() {
		chunk.To = answer.To
	}
	for {
		err := a.Journal.AppendChunk(ctx, move.Tenant, chunk)
		if err == nil {
			return nil
		}
		if chunk.Number++; !fault.Is(err, fault.RowExists) || chunk.Number >= move.Number+maxRenumbered {
			return fmt.Errorf("connector: write journal: %w", err)
		}
	}
}

// reassign is one call.
func (a application) reassign(ctx context.Context, move *directory.Move) (*reassignOutput, error) {
	tokens, err := a.provider(move.Tenant)
	if err != nil {
		return nil, err
	}
	stack, err := a.stack(tokens)
	if err != nil {
		return nil, err
	}
	ctx = middleware.WithOperationName(middleware.WithServiceID(ctx, service), operation)
	handler := middleware.DecorateHandler(smithyhttp.NewClientHandlerWithOptions(a.client), stack)
	answer, _, err := handler.Handle(ctx, callOf(move, a.setting.Types))
	if err != nil {
		return nil, err
	}
	return answer.(*reassignOutput), nil
}

// named tells whether somebody has said already what an error means.
func named(err error) bool {
	_, ok := errors.AsType[*fault.Fault](err)
	return ok
}
