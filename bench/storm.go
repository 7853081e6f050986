package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// neighbourPace is what Entra may send to one tenant: 25 requests a second.
	neighbourPace = time.Second / 25
	// neighbourUsers is how many users the neighbour reads from.
	neighbourUsers = 100
)

// storm measures what one tenant at full speed does to another one that keeps to
// 25 requests a second: the neighbour's times alone, and then beside the storm.
func (b *bench) storm(neighbour *bench, length time.Duration) error {
	fmt.Printf("\n| storm | connections | requests | requests/s | p50 ms | p99 ms | 429 |\n|---|---|---|---|---|---|---|\n")
	if err := neighbour.prepare(neighbourUsers); err != nil {
		return err
	}
	if len(b.ids) == 0 {
		if err := b.prepare(neighbourUsers); err != nil {
			return err
		}
	}
	alone, err := neighbour.paced(length)
	if err != nil {
		return err
	}
	alone.print("neighbour alone", 1, length)
	beside, err := b.besideStorm(neighbour, length)
	if err != nil {
		return err
	}
	beside.print("neighbour beside the storm", 1, length)
	fmt.Printf("\nThe storm makes the neighbour's p99 %.2f times what it is alone.\n", ms(beside.p(99))/ms(alone.p(99)))
	return nil
}

// prepare creates users to read.
func (b *bench) prepare(n int) error {
	c, err := b.dial()
	if err != nil {
		return err
	}
	defer c.close()
	for i := range n {
		answer, err := c.do("POST", b.path+"/Users", userBody(b.prefix, i), http.StatusCreated)
		if err != nil {
			return err
		}
		b.ids = append(b.ids, idOf(answer))
		time.Sleep(neighbourPace)
	}
	return nil
}

// besideStorm runs the neighbour while every connection of b asks as fast as it
// is answered.
func (b *bench) besideStorm(neighbour *bench, length time.Duration) (timings, error) {
	ends := time.Now().Add(length)
	storms := make([]timings, b.connections)
	failures := make([]error, b.connections)
	var workers sync.WaitGroup
	for i := range storms {
		workers.Go(func() { storms[i], failures[i] = b.unpaced(ends) })
	}
	beside, err := neighbour.paced(length)
	workers.Wait()
	var whole timings
	for _, one := range storms {
		whole.took, whole.throttled = append(whole.took, one.took...), whole.throttled+one.throttled
	}
	whole.print("storm", b.connections, length)
	return beside, errors.Join(append(failures, err)...)
}

// timings are what requests took, and how many were answered 429 in no time.
type timings struct {
	took      []time.Duration
	throttled int
}

// paced reads users, one after 40 ms each. A request that comes late because the
// one before it was slow counts from when it should have begun.
func (b *bench) paced(length time.Duration) (timings, error) {
	c, err := b.dial()
	if err != nil {
		return timings{}, err
	}
	defer c.close()
	var t timings
	began := time.Now()
	for due := began; due.Before(began.Add(length)); due = due.Add(neighbourPace) {
		time.Sleep(time.Until(due))
		if _, err := c.do("GET", b.path+"/Users/"+b.ids[len(t.took)%len(b.ids)], nil, http.StatusOK); err != nil {
			return t, fmt.Errorf("the neighbour: %w", err)
		}
		t.took = append(t.took, time.Since(due))
	}
	return t, nil
}

// unpaced reads users until a time; refusals for the rate are counted.
func (b *bench) unpaced(ends time.Time) (timings, error) {
	c, err := b.dial()
	if err != nil {
		return timings{}, err
	}
	defer c.close()
	var t timings
	for i := 0; time.Now().Before(ends); i++ {
		began := time.Now()
		status, _, err := c.ask("GET", b.path+"/Users/"+b.ids[i%len(b.ids)], nil)
		switch {
		case err != nil:
			return t, fmt.Errorf("the storm: %w", err)
		case status == http.StatusTooManyRequests:
			t.throttled++
		case status != http.StatusOK:
			return t, fmt.Errorf("the storm was answered %d", status)
		default:
			t.took = append(t.took, time.Since(began))
		}
	}
	return t, nil
}

// p is a percentile.
func (t *timings) p(percent int) time.Duration {
	if len(t.took) == 0 {
		return 0
	}
	return t.took[(len(t.took)-1)*percent/100]
}

func (t *timings) print(name string, connections int, length time.Duration) {
	slices.Sort(t.took)
	fmt.Printf("| %s | %d | %d | %.0f | %.3f | %.3f | %d |\n", name, connections, len(t.took)+t.throttled,
		float64(len(t.took)+t.throttled)/length.Seconds(), ms(t.p(50)), ms(t.p(99)), t.throttled)
}
