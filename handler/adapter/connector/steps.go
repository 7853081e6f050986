package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth/bearer"
	"github.com/aws/smithy-go/middleware"
	smithytime "github.com/aws/smithy-go/time"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"handover/handler/core/fault"
)

const (
	// maxAnswer bounds an answer in bytes.
	maxAnswer = 1 << 20
	// refusedWait is how long a refusal that needs a person makes a leave wait.
	refusedWait = 30 * time.Minute
	// maxRetryAfter is the most that Retry-After is believed.
	maxRetryAfter = 24 * time.Hour
)

// stack is the steps of a call in their order.
func (a application) stack(tokens bearer.TokenProvider) (*middleware.Stack, error) {
	stack := middleware.NewStack(operation, smithyhttp.NewStackRequest)
	err := errors.Join(
		stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ReassignDeadline", bounded), middleware.After),
		stack.Serialize.Add(middleware.SerializeMiddlewareFunc("ReassignSerializer", a.serialize), middleware.After),
		bearer.AddAuthenticationMiddleware(stack, bearer.NewSignHTTPSMessage(), tokens),
		stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("ReassignDeserializer", a.deserialize), middleware.After),
	)
	for _, option := range a.Options {
		err = errors.Join(err, option(stack))
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "the call of the business application could not be prepared").WithCause(err)
	}
	return stack, nil
}

// bounded gives a call its time, and makes a fault of what none of the other
// steps has named: the application was not reached, or did not answer in time.
func bounded(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, metadata, err := next.HandleInitialize(ctx, in)
	if err != nil && !named(err) {
		err = fault.New(fault.Unavailable, "the business application was not reached, or did not answer within %v; it is tried again", callTimeout).WithCause(err)
	}
	return out, metadata, err
}

func (a application) serialize(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
	request, err := a.request(in)
	if err != nil {
		return middleware.SerializeOutput{}, middleware.Metadata{}, &smithy.SerializationError{Err: err}
	}
	in.Request = request
	return next.HandleSerialize(ctx, in)
}

func (a application) request(in middleware.SerializeInput) (*smithyhttp.Request, error) {
	request, isHTTP := in.Request.(*smithyhttp.Request)
	call, isCall := in.Parameters.(*call)
	if !isHTTP || !isCall {
		return nil, fmt.Errorf("connector: a request of %T with %T", in.Request, in.Parameters)
	}
	// The slash makes the path absolute where the base address has none.
	base, err := url.Parse(strings.TrimRight(a.setting.URL, "/") + "/")
	if err != nil {
		return nil, refused("the connector's url cannot be read; correct it").WithCause(err)
	}
	body, err := json.Marshal(call.input)
	if err != nil {
		return nil, fmt.Errorf("connector: %w", err)
	}
	request.Method, request.URL = http.MethodPost, base.JoinPath("ownership:reassign")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if call.key != "" {
		request.Header.Set("Idempotency-Key", call.key)
	}
	// Without the reader's WriteTo: smithy-go closes the body as soon as there is
	// an answer, and its WriteTo then fails in the hands of net/http, which still
	// looks for more to send, and cuts the answer off.
	return request.SetStream(struct{ io.ReadSeeker }{bytes.NewReader(body)})
}

func (a application) deserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	response, isHTTP := out.RawResponse.(*smithyhttp.Response)
	if !isHTTP {
		return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("connector: a response of %T", out.RawResponse)}
	}
	defer func() { smithyhttp.CloseResponseBody(ctx, response, false, err) }()
	content, err := readAnswer(response.Body)
	if ctx.Err() != nil {
		// A server that notices our hanging up may still send an empty answer.
		return out, metadata, &smithy.CanceledError{Err: ctx.Err()}
	}
	if err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	if response.StatusCode == http.StatusNotFound && unknownOwner(content) {
		out.Result = &reassignOutput{}
		return out, metadata, nil
	}
	if response.StatusCode != http.StatusOK {
		return out, metadata, &smithyhttp.ResponseError{Response: response, Err: a.refusal(response)}
	}
	output, err := outputOf(response.Header.Get("Content-Type"), content)
	if err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	out.Result = output
	return out, metadata, nil
}

// readAnswer reads at most 1 MiB. An answer that breaks off may be given again.
func readAnswer(body io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "the answer of the business application broke off; it is asked again").WithCause(err)
	}
	if len(content) > maxAnswer {
		return nil, invalid("the answer of the business application is over %d bytes; move fewer records in one call", maxAnswer)
	}
	return content, nil
}

// refusal is what a status other than 200 means: later, never, or not before
// somebody has corrected a setting. What the answer says stays out of it, and so
// out of every log: it may name people.
func (a application) refusal(response *smithyhttp.Response) *fault.Fault {
	status := response.StatusCode
	var f *fault.Fault
	switch {
	case later(status):
		f = fault.New(fault.Unavailable, "the business application asks for patience (status %d); it is tried again", status).
			WithRetryAfter(retryAfter(response.Header.Get("Retry-After"), a.Now()))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f = refused("the business application does not accept the connector's credential (status %d); set a valid one", status)
	case status == http.StatusNotFound:
		f = refused("the business application has no such route (status 404); correct the connector's url")
	case status >= 300 && status < 400:
		f = refused("the business application answers with a redirect (status %d), which is not followed; correct the connector's url", status)
	default:
		f = invalid("the business application refuses the call for good (status %d)", status)
	}
	return f
}

// later tells whether a status promises that another try may pass.
func later(status int) bool {
	return status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); 0 for neither.
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := smithytime.ParseHTTPDate(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
