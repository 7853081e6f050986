package reassign

import (
	"context"
	"sync"

	"handover/handler/core/directory"
)

const (
	// courierBacklog is how many leaves may wait to be sent; beyond it the
	// sweep finds them.
	courierBacklog = 1024
	// couriers is how many are sent at once.
	couriers = 8
)

// Courier sends leaves right after they were written, beside the request that
// wrote them, so that neither a slow queue nor a broken one delays its answer.
type Courier struct {
	service *Service
	backlog chan parcel
	failed  func(error)
}

type parcel struct {
	tenant string
	leave  directory.ID
}

// NewCourier makes a courier for a service; failed is told what could not be
// sent, which the sweep will send later.
func NewCourier(service *Service, failed func(error)) *Courier {
	return &Courier{service: service, backlog: make(chan parcel, courierBacklog), failed: failed}
}

// Opened hands over a leave that was just written. It never blocks.
func (c *Courier) Opened(_ context.Context, tenant string, leave directory.ID) {
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
			if err := c.service.Send(ctx, p.tenant, p.leave); err != nil && ctx.Err() == nil {
				c.failed(err)
			}
		}
	}
}
