package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"handover/handler/core/fault"
)

const (
	// demoPatience is how long the demo waits for the records to move.
	demoPatience = 60 * time.Second
	// demoGlance is how often it looks.
	demoGlance = 20 * time.Millisecond
)

// leave disables the leavers by SCIM PATCH and waits until their records have
// moved.
func (d *demo) leave(ctx context.Context) error {
	fmt.Fprintf(d.story, "%d people leave: the directory disables them.\n\n", d.Leavers)
	began := d.m.Now()
	if err := cmp.Or(d.cycle.Leave(ctx), d.right()); err != nil {
		return err
	}
	glances := time.NewTicker(demoGlance)
	defer glances.Stop()
	for {
		waiting, err := d.waiting(ctx)
		if err != nil {
			return err
		}
		d.took.Leave = d.m.Now().Sub(began)
		if waiting == "" {
			return nil
		}
		if d.took.Leave > demoPatience {
			return fault.New(fault.Unavailable, "after %v the records of the leavers have not moved: %s", demoPatience, waiting)
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "stopped while the records moved")
		case <-glances.C:
		}
	}
}

// waiting tells about a leave that is not done yet; "" when all are.
func (d *demo) waiting(ctx context.Context) (string, error) {
	var leaves []leaveView
	if _, err := d.manage.list(ctx, tenantPath(demoTenant)+"/leaves", "leaves", "before", &leaves); err != nil {
		return "", err
	}
	latest := map[string]leaveView{}
	for _, l := range leaves {
		if _, newer := latest[l.User.ID]; !newer {
			latest[l.User.ID] = l
		}
	}
	people := d.cycle.People()
	for _, i := range d.cycle.Leavers() {
		l := latest[people[i].ID]
		switch l.State {
		case "done":
		case "":
			return "", fault.New(fault.Internal, "%s was disabled, but no leave was written", people[i].UserName)
		case "blocked", "parked", "cancelled", "stopped":
			return "", fault.New(fault.Internal, "the leave of %s is %s: %s", people[i].UserName, l.State, cmp.Or(l.Reason, "no reason is given"))
		default:
			return fmt.Sprintf("the leave of %s is %s", people[i].UserName, l.State), nil
		}
	}
	return "", nil
}
