package reassign

import (
	"context"
	"sync"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

const (
	// courierBacklog is how many may wait to be sent; beyond it the sweep finds
	// them.
	courierBacklog = 1024
	// couriers is how many are sent at once.
	couriers = 8
)

// Courier sends leaves, or notices of them, right after they were written, beside
// the request that wrote them, so that neither a slow receiver nor a broken one
// delays its answer.
type Courier struct {
	send    func(ctx context.Context, tenant string, leave directory.ID) error
	backlog chan parcel
	failed  func(error)
}

type parcel struct {
	tenant string
	leave  directory.ID
}

// NewCourier makes a courier that sends in a way such as Service.Send; failed is
// told what could not be sent, which the sweep will send later.
func NewCourier(send func(ctx context.Context, tenant string, leave directory.ID) error, failed func(error)) *Courier {
	return &Courier{send: send, backlog: make(chan parcel, courierBacklog), failed: failed}
}

// Written hands over what was just written. It never blocks.
func (c *Courier) Written(_ context.Context, tenant string, leave directory.ID) {
	select {
	case c.backlog <- parcel{tenant, leave}:
	default:
	}
}

// Run sends until the context ends.
func (c *Courier) Run(ctx context.Context) {
	var group sync.WaitGroup
	for range couriers {
		group.Go(func() { c.deliver(ctx) })
	}
	group.Wait()
}

func (c *Courier) deliver(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-c.backlog:
			err := fault.Guarded(func() error { return c.send(ctx, p.tenant, p.leave) })
			if err != nil && ctx.Err() == nil {
				c.failed(err)
			}
		}
	}
}
