package scimapi

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"handover/handler/core/fault"
	"handover/handler/core/scim"
)

const (
	// maxBulkOperations is how many operations one bulk request may hold; at two
	// round trips each it then ends within the 230 s that Azure's front end
	// waits.
	maxBulkOperations = 1000
	// bulkWidth is how many creates of a bulk request go on at once: about as
	// many as the store puts into two transactions.
	bulkWidth = 32
)

// bulk answers POST /Bulk (RFC 7644 §3.7). Each operation goes through the very
// functions that answer single requests.
func (e *endpoint) bulk(ctx context.Context, c *call) (*answer, error) {
	request, err := scim.ParseBulk(c.body, scim.BulkLimits{MaxOperations: maxBulkOperations, MaxPayloadSize: int(e.BodyLimit)})
	if err != nil {
		return nil, err
	}
	run := bulkRun{
		endpoint: e, Bulk: request, call: c,
		results: make([]*scim.BulkResult, len(request.Operations)), ids: make(map[string]string),
	}
	if err := run.all(ctx); err != nil {
		return nil, err
	}
	var tried []scim.BulkResult
	for _, result := range run.results {
		if result != nil {
			tried = append(tried, *result)
		}
	}
	return &answer{status: http.StatusOK, body: scim.AppendBulkResponse(nil, tried)}, nil
}

// tooLarge names the limit of a bulk request's body as /ServiceProviderConfig
// does (RFC 7644 §3.7.4). Any other error stays.
func (e *endpoint) tooLarge(r *http.Request, err error) error {
	if !fault.Is(err, fault.TooLarge) || !strings.HasSuffix(r.Pattern, "/Bulk") {
		return err
	}
	return fault.New(fault.TooLarge, "the bulk request has more bytes than maxPayloadSize, which is %d", e.BodyLimit).WithCause(err)
}

// bulkRun is a bulk request while it is carried out.
type bulkRun struct {
	endpoint *endpoint
	*scim.Bulk
	call *call

	mu sync.Mutex
	// results are those of the operations; nil as long as one was not tried.
	results []*scim.BulkResult
	// ids are those of what was made, by bulkId.
	ids      map[string]string
	failures int
}

// all does the steps in order, until enough have failed.
func (b *bulkRun) all(ctx context.Context) error {
	steps := b.Order()
	for len(steps) > 0 && !b.Enough(b.failures) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := b.together(steps)
		b.wave(ctx, steps[:n])
		steps = steps[n:]
	}
	return nil
}

// together is how many of the next steps may go on at once: creates that refer
// to nothing and compete for no name, so that they come to the same in any
// order, and no more of them than may fail.
func (b *bulkRun) together(steps []scim.BulkStep) int {
	names := map[string]bool{}
	n := 0
	for n < len(steps) && b.Independent(steps[n]) && (n == 0 || !b.Enough(b.failures+n)) {
		o := &b.Operations[steps[n].Operation]
		name := o.Endpoint + "/" + strings.ToLower(o.Data.Get(uniqueName(o.Endpoint)).Text())
		if names[name] {
			break
		}
		names[name] = true
		n++
	}
	return max(n, 1)
}

// uniqueName is the attribute of which a tenant has each value once, "" where
// bulk operations have no business.
func uniqueName(endpoint string) string {
	switch endpoint {
	case "/Users":
		return "userName"
	case "/Groups":
		return "displayName"
	}
	return ""
}

// wave does steps side by side and waits for all of them.
func (b *bulkRun) wave(ctx context.Context, steps []scim.BulkStep) {
	var all sync.WaitGroup
	free := make(chan struct{}, bulkWidth)
	for _, step := range steps {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			b.step(ctx, step)
		})
	}
	all.Wait()
}

// step does one step and keeps what became of it.
func (b *bulkRun) step(ctx context.Context, step scim.BulkStep) {
	o := &b.Operations[step.Operation]
	done := scim.BulkResult{Method: o.Method, BulkID: o.BulkID}
	if begun := b.results[step.Operation]; begun != nil {
		if begun.Fault != nil {
			return // what could not be begun is not completed
		}
		done = *begun
	}
	var resolved scim.BulkOperation
	if resolved, done.Fault = b.Resolve(step, b.id); done.Fault == nil {
		b.carryOut(ctx, step, resolved, &done)
	}
	if done.Fault != nil && step.Part == scim.BulkRest {
		done.Fault = fault.New(done.Fault.Code, "the resource was made, but without its references to others: %s", done.Fault.Message)
	}
	b.keep(step, done)
}

func (b *bulkRun) keep(step scim.BulkStep, done scim.BulkResult) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.results[step.Operation] = &done
	if done.Fault != nil {
		b.failures++
	} else if done.Method == http.MethodPost {
		b.ids[done.BulkID] = done.Location[strings.LastIndexByte(done.Location, '/')+1:]
	}
}

// id is the id of what the POST with a bulkId has made.
func (b *bulkRun) id(bulkID string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id, made := b.ids[bulkID]
	return id, made
}

// carryOut does one operation as the single request would be done.
func (b *bulkRun) carryOut(ctx context.Context, step scim.BulkStep, o scim.BulkOperation, done *scim.BulkResult) {
	if o.ID != "" {
		done.Location = b.call.base + o.Endpoint + "/" + o.ID
	}
	answered, err := b.single(ctx, step, o)
	if err != nil {
		done.Fault = b.endpoint.Exchange.Part(ctx, err)
		b.endpoint.refused(ctx, o.Method, strings.TrimPrefix(o.Endpoint, "/"), o.ID, err)
		return
	}
	done.Status, done.Version = answered.status, answered.version
	if answered.location != "" {
		done.Location = answered.location
	}
	if step.Part == scim.BulkRest {
		done.Status = http.StatusCreated
	}
}

// single is the answer to one operation. Nothing of the resource but its id is
// read or written for it, since the answer to a bulk request shows no resources.
func (b *bulkRun) single(ctx context.Context, step scim.BulkStep, o scim.BulkOperation) (answered *answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Panicked(p)
		}
	}()
	do, err := b.endpoint.routes.inBulk(o)
	if err != nil {
		return nil, err
	}
	c := *b.call
	c.part, c.id, c.query, c.ifNoneMatch = &o.Data, o.ID, query{attributes: "id"}, ""
	if c.ifMatch = o.Version; step.Part == scim.BulkRest {
		c.ifMatch = ""
	}
	return do(ctx, &c)
}

// inBulk is what does an operation of a bulk request.
func (all routes) inBulk(o scim.BulkOperation) (operation, error) {
	at := all[strings.TrimPrefix(o.Endpoint, "/")]
	methods := at.all.methods
	if o.ID != "" {
		methods = at.one.methods
	}
	if do := methods[o.Method]; do != nil && uniqueName(o.Endpoint) != "" {
		return do, nil
	}
	return nil, fault.New(fault.NotFound, "the operations of a bulk request are for /Users and /Groups")
}
