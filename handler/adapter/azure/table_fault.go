package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

// patience is what a caller is asked for where the service does not say.
const patience = time.Second

// outcome is the fault of a call that did not bring the answer of a success.
func (c *call) outcome(ctx context.Context, err error) error {
	if err := c.failure(ctx, err); err != nil {
		return err
	}
	return c.check()
}

// failure is the fault of a call that brought no answer at all. A context that
// has ended speaks for itself.
func (c *call) failure(ctx context.Context, err error) error {
	switch {
	case c.answer.status != 0:
		return nil // what the SDK thinks of the stand-in does not matter
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		err = errMalformed
	}
	return &table.Error{Index: table.NoOperation, Fault: c.unreached(err).WithCause(loggable(err))}
}

// check is the fault of an answer with another status than the expected one.
func (c *call) check() error {
	if c.answer.status == c.success {
		return nil
	}
	return c.refused(c.answer.refusal(), table.NoOperation)
}

func (a *answer) refusal() *refusal { return newRefusal(a.status, a.header, a.body) }

// refused is the port's error for a refusal of the operation at an index.
func (c *call) refused(r *refusal, index int) error {
	f := c.faultOf(r).WithCause(r)
	if f.Code == fault.StorageBusy {
		f = f.WithRetryAfter(retryAfter(r.header, c.answer.header))
	}
	return &table.Error{Index: index, Fault: f}
}

// strange is the error of a success that cannot be read. A transaction may have
// happened all the same.
func (c *call) strange(cause error) error {
	f := unavailable("what answered for table %s is not Table Storage, or something on the way changed the answer", c.table)
	if c.writes {
		f = unknown()
	}
	return &table.Error{Index: table.NoOperation, Fault: f.WithCause(cause)}
}

func unavailable(format string, args ...any) *fault.Fault {
	return fault.New(fault.Unavailable, format, args...)
}

func unknown() *fault.Fault {
	return fault.New(fault.StorageUnknown, "the storage did not answer, and whether it wrote is not known; trying again is safe")
}

// unreached tells why there is no answer. Only what failed before the request
// left is known to have done nothing.
func (c *call) unreached(err error) *fault.Fault {
	_, lookup := errors.AsType[*net.DNSError](err)
	dial, isNet := errors.AsType[*net.OpError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case !c.sent:
		return unavailable("no access token for Table Storage: check that the identity of TableConnection__clientId is assigned to this app")
	case lookup:
		return unavailable("the host of the table service has no address: check its name in TableConnection, and DNS (a private endpoint needs its private zone)")
	case isNet && dial.Op == "dial":
		return unavailable("no connection to the table service: check its address in TableConnection, and the network")
	case untrusted:
		return unavailable("the certificate of the table service is not trusted: check its address in TableConnection, and proxies on the way")
	case c.writes:
		return unknown()
	}
	return unavailable("Table Storage did not answer in time; try again")
}

// tooLarge are the reasons for which a row or a transaction is refused with
// status 400 because of its size. Ours are checked before they are sent, but
// only the service knows what a merge makes.
var tooLarge = []string{"EntityTooLarge", "PropertyValueTooLarge", "TooManyProperties", "RequestBodyTooLarge", "ContentLengthExceeded"}

// faultOf reads the status; the code only where the status says too little.
func (c *call) faultOf(r *refusal) *fault.Fault {
	switch status := r.status; {
	case r.code == "TableNotFound":
		return unavailable("the storage account has no table %s: restart the service, which creates it", c.table)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return c.noEntry(r)
	case status == http.StatusRequestTimeout, status >= 500, status == http.StatusTooManyRequests:
		return c.overloaded(r)
	case r.code == "":
		return unavailable("what answered for table %s with status %d is not Table Storage: check the address in TableConnection, and proxies on the way", c.table, status)
	case status == http.StatusNotFound:
		return fault.New(fault.RowNotFound, "the row is not there")
	case status == http.StatusConflict && r.code != "TableBeingDeleted":
		return fault.New(fault.RowExists, "the row to insert is already there")
	case status == http.StatusPreconditionFailed:
		return fault.New(fault.RowChanged, "the row has changed since it was read")
	case status == http.StatusRequestEntityTooLarge || slices.Contains(tooLarge, r.code):
		return fault.New(fault.RowTooLarge, "Table Storage refuses the row as too large (%s)", r.code)
	case status == http.StatusBadRequest:
		return fault.New(fault.RowInvalid, "Table Storage refuses the request as invalid (%s)", r.code)
	}
	return unavailable("Table Storage answers for table %s with status %d (%s)", c.table, r.status, r.code)
}

// overloaded is the fault of an answer that asks for another try. Nothing was
// written only if the service itself refused to begin.
func (c *call) overloaded(r *refusal) *fault.Fault {
	refused := r.code != "" && (r.status == http.StatusServiceUnavailable || r.status == http.StatusTooManyRequests)
	if c.writes && !refused {
		return unknown()
	}
	return fault.New(fault.StorageBusy, "Table Storage is busy; try again")
}

// noEntry says to the operator what is missing.
func (c *call) noEntry(r *refusal) *fault.Fault {
	switch r.code {
	case "AuthorizationPermissionMismatch", "AuthorizationPermissionDenied", "InsufficientAccountPermissions":
		return unavailable("the app's identity has no right on table %s: give it the role Storage Table Data Contributor on the storage account; it takes effect within ten minutes", c.table)
	case "AuthorizationFailure":
		return unavailable("the storage account's firewall refuses this app: allow its network, or give it a private endpoint")
	case "KeyBasedAuthenticationNotPermitted":
		return unavailable("the storage account takes no keys: set TableConnection__tableServiceUri and an identity in place of TableConnection")
	case "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation":
		return unavailable("the storage account does not accept the key or token for table %s: check TableConnection (was the key renewed?), the identity's tenant, and this machine's clock", c.table)
	}
	return unavailable("the storage account refuses access to table %s with status %d (%s): check TableConnection and the rights of the identity", c.table, r.status, r.code)
}

// retryAfter is the first Retry-After in seconds.
func retryAfter(headers ...http.Header) time.Duration {
	for _, header := range headers {
		if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
			return time.Duration(seconds) * time.Second
		}
	}
	return patience
}

// Error is the refusal for logs, with the number that support asks for. The
// service's own message is left out: it may quote keys.
func (r *refusal) Error() string {
	return fmt.Sprintf("table storage: status %d, code %q, request %q", r.status, r.code, r.header.Get("x-ms-request-id"))
}

// loggable takes the address out of an error of net/http: row keys encode
// names, and the query may hold a signature. The end of a try is not the end of
// the caller's context, and must not look like it.
func loggable(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %v", tryTimeout)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
