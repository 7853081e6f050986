package scim

import (
	"strconv"
	"strings"

	"handover/handler/core/fault"
)

// The URNs of bulk requests and their answers (RFC 7644 §3.7).
const (
	BulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	BulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// BulkLimits are what /ServiceProviderConfig announces as maxOperations and
// maxPayloadSize, the latter in bytes.
type BulkLimits struct{ MaxOperations, MaxPayloadSize int }

// Bulk is a bulk request. Whoever serves it does the steps of Order one by one,
// each with what Resolve makes of it, until Enough have failed, and answers
// with AppendBulkResponse.
type Bulk struct {
	Operations []BulkOperation

	failOnErrors int
	// created finds the POST that has a bulkId.
	created map[string]int
}

// BulkOperation is one element of Operations.
type BulkOperation struct {
	// Method is POST, PUT, PATCH or DELETE.
	Method string
	// Endpoint is that of a resource type, as ResourceType.Endpoint has it. ID
	// is the resource, empty for a POST; before Resolve it may be a reference
	// such as bulkId:qwerty.
	Endpoint, ID string
	// BulkID is the client's name for the operation, and for what a POST makes.
	BulkID string
	// Version is the entity tag that the resource must have, as in If-Match.
	Version string
	// Data is the body; null for a DELETE.
	Data Value
	// Fault says what is wrong with the operation itself. It counts as failed,
	// and the others go on.
	Fault *fault.Fault

	// needs are the POSTs that the operation refers to, each once.
	needs []int
}

// ParseBulk reads the body of a bulk request. An error is for the request as a
// whole: no JSON, no list of operations, or over a limit, which it names.
func ParseBulk(body []byte, limits BulkLimits) (*Bulk, error) {
	if len(body) > limits.MaxPayloadSize {
		return nil, fault.New(fault.TooLarge, "the bulk request has %d bytes, more than maxPayloadSize, which is %d", len(body), limits.MaxPayloadSize)
	}
	v, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	operations := v.Get("Operations")
	switch {
	case !listsSchema(v, BulkRequestURN):
		return nil, fault.New(fault.InvalidSyntax, "the schemas of a bulk request must be an array that holds %s", BulkRequestURN)
	case operations.kind != Array || len(operations.items) == 0:
		return nil, fault.New(fault.InvalidSyntax, "a bulk request needs Operations, an array of at least one object with method and path")
	case len(operations.items) > limits.MaxOperations:
		return nil, fault.New(fault.TooLarge, "the bulk request has %d operations, more than maxOperations, which is %d", len(operations.items), limits.MaxOperations)
	}
	b := &Bulk{Operations: make([]BulkOperation, len(operations.items)), created: map[string]int{}}
	if b.failOnErrors, err = failOnErrors(v.Get("failOnErrors")); err != nil {
		return nil, err
	}
	for i := range operations.items {
		b.read(i, operations.items[i])
	}
	for i := range b.Operations {
		b.refer(i)
	}
	return b, nil
}

func listsSchema(v Value, urn string) bool {
	for _, s := range v.Get("schemas").items {
		if equalFold(s.text, urn) {
			return true
		}
	}
	return false
}

// failOnErrors is how many errors end the request, 0 when none does.
func failOnErrors(v Value) (int, error) {
	if v.kind == Null {
		return 0, nil
	}
	n, err := strconv.Atoi(v.text)
	if v.kind != Number || err != nil || n < 1 {
		return 0, fault.New(fault.InvalidValue, "failOnErrors must be a whole number of at least 1; without it, errors end nothing")
	}
	return n, nil
}

// Enough tells whether so many failures end the request: what was not tried yet
// is left out, of the answer as well.
func (b *Bulk) Enough(failures int) bool { return b.failOnErrors > 0 && failures >= b.failOnErrors }

// Independent tells whether a step is a POST that refers to nothing else, so
// that others of its kind may be done beside it.
func (b *Bulk) Independent(step BulkStep) bool {
	o := &b.Operations[step.Operation]
	return o.Method == "POST" && o.Fault == nil && step.Part == BulkWhole && len(o.needs) == 0
}

// read fills in an operation, or its Fault.
func (b *Bulk) read(i int, v Value) {
	o := &b.Operations[i]
	o.Method, o.BulkID, o.Version, o.Data = v.Get("method").text, v.Get("bulkId").text, v.Get("version").text, v.Get("data")
	o.Fault = o.readPath(v)
	if o.Method != "POST" || o.BulkID == "" {
		return
	}
	if _, taken := b.created[o.BulkID]; taken {
		o.Fault = fault.New(fault.InvalidValue, "an earlier operation has the same bulkId; every POST needs one of its own")
		return
	}
	b.created[o.BulkID] = i
}

// readPath reads the path, and checks what RFC 7644 §3.7 asks of each method.
func (o *BulkOperation) readPath(v Value) *fault.Fault {
	if v.kind != Object {
		return fault.New(fault.InvalidSyntax, "an operation must be an object with method and path, not %s", v.kind.words())
	}
	switch o.Method {
	case "POST", "PUT", "PATCH", "DELETE":
	default:
		return fault.New(fault.InvalidSyntax, "method must be POST, PUT, PATCH or DELETE")
	}
	path := v.Get("path").text
	endpoint, id, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	o.Endpoint, o.ID = "/"+endpoint, id
	switch {
	case endpoint == "" || path[0] != '/' || strings.ContainsAny(path, "?#") || strings.Contains(id, "/"):
		return fault.New(fault.InvalidPath, "path must be that of a resource, such as /Users/2819c223, or of its type, such as /Users, for a POST")
	case o.Method == "POST" && id != "":
		return fault.New(fault.InvalidPath, "the path of a POST is that of a resource type, such as /Users, without an id")
	case o.Method != "POST" && id == "":
		return fault.New(fault.InvalidPath, "the path of a %s ends in the id of the resource, such as /Users/2819c223", o.Method)
	case o.Method == "POST" && o.BulkID == "":
		return fault.New(fault.InvalidValue, "a POST needs a bulkId, by which the answer names it")
	case o.Method != "DELETE" && o.Data.kind != Object:
		return fault.New(fault.InvalidSyntax, "a %s needs data, an object, but the operation has %s", o.Method, o.Data.kind.words())
	}
	return nil
}

// BulkResult is what became of one operation.
type BulkResult struct {
	Method, BulkID string
	// Location is the URL of the resource; empty for a POST that failed.
	Location string
	// Version is the entity tag after the operation, if there is one.
	Version string
	// Status is the HTTP status of a success. With a Fault, its own counts.
	Status int
	Fault  *fault.Fault
	// Response is the resource as JSON, where it is to be part of the answer.
	Response []byte
}

// AppendBulkResponse writes the answer to a bulk request: statuses are strings,
// and a failed operation has an Error as its response (RFC 7644 §3.7.3).
func AppendBulkResponse(dst []byte, results []BulkResult) []byte {
	dst = append(dst, `{"schemas":["`+BulkResponseURN+`"],"Operations":[`...)
	for i := range results {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = results[i].append(dst)
	}
	return append(dst, ']', '}')
}

func (r *BulkResult) append(dst []byte) []byte {
	status := r.Status
	if r.Fault != nil {
		status = r.Fault.Code.Status()
	}
	dst = appendText(append(dst, `{"method":`...), r.Method)
	dst = appendNamed(dst, `,"bulkId":`, r.BulkID)
	dst = appendNamed(dst, `,"version":`, r.Version)
	dst = appendNamed(dst, `,"location":`, r.Location)
	dst = append(strconv.AppendInt(append(dst, `,"status":"`...), int64(status), 10), '"')
	switch {
	case r.Fault != nil:
		dst = AppendError(append(dst, `,"response":`...), r.Fault)
	case len(r.Response) > 0:
		dst = append(append(dst, `,"response":`...), r.Response...)
	}
	return append(dst, '}')
}
