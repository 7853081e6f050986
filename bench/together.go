package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// together lets all leavers go as fast as the answers come, waits until the last
// leave is done, and holds journals and records against what there was. What a
// leave took is what its own row says.
func (d *departures) together() error {
	began := time.Now()
	if err := d.scim.phase("PATCH active=False", len(d.scim.ids), d.disable); err != nil {
		return err
	}
	done, err := d.await(began)
	if err != nil {
		return err
	}
	d.summary(done, time.Since(began))
	return d.account(done)
}

// await looks again and again until all leaves of this run are done. A look reads
// them all, so it is to take a small part of the time.
func (d *departures) await(began time.Time) ([]leave, error) {
	c, err := d.manage.dial()
	if err != nil {
		return nil, err
	}
	defer c.close()
	for time.Since(began) < time.Hour {
		looked := time.Now()
		done, open, err := d.survey(c)
		if err != nil {
			return nil, err
		}
		if open == 0 && len(done) == len(d.scim.ids) {
			return done, nil
		}
		time.Sleep(max(500*time.Millisecond, 9*time.Since(looked)))
	}
	return nil, errors.New("the leaves are not done after an hour")
}

// survey reads all leaves of this run: those that are done, and how many are
// open.
func (d *departures) survey(c *conn) (done []leave, open int, err error) {
	ours := map[string]bool{}
	for _, id := range d.scim.ids {
		ours[id] = true
	}
	query := "limit=500"
	for {
		page, err := d.page(c, query)
		if err != nil {
			return nil, 0, err
		}
		for _, l := range page.Leaves {
			switch {
			case !ours[l.User.ID]:
			case l.State != "done":
				open++
			case l.Moved != d.records:
				return nil, 0, fmt.Errorf("a leave of %d records has moved %d", d.records, l.Moved)
			default:
				done = append(done, l)
			}
		}
		if page.Next == "" {
			return done, open, nil
		}
		query = "limit=500&before=" + page.Next
	}
}

// summary prints what the leaves took, and when the first and the last of them
// were done.
func (d *departures) summary(done []leave, length time.Duration) {
	var t timings
	opened, changed, attempts := done[0].Opened, []time.Time{}, 0
	for _, l := range done {
		attempts += l.Attempt
		t.took = append(t.took, l.Changed.Sub(l.Opened))
		changed = append(changed, l.Changed)
		if l.Opened.Before(opened) {
			opened = l.Opened
		}
	}
	t.row(fmt.Sprintf("%d leaves of %d records at once, opened to done", len(done), d.records), d.scim.connections, length)
	slices.SortFunc(changed, time.Time.Compare)
	after := func(at time.Time) float64 { return at.Sub(opened).Seconds() }
	fmt.Printf("\nAfter the first of them was opened, the first leave was done after %.1f s, half of them after %.1f s, the last after %.1f s; the longest took %.1f s. %d messages were sent; %d answers were 503.\n\n",
		after(changed[0]), after(changed[len(changed)/2]), after(changed[len(changed)-1]), t.p(100).Seconds(), attempts, d.busy.Load())
}
