package azure_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// overlap is how long a request is held, so that requests overlap that do not
// wait for one another: far longer than a busy machine needs to begin the second.
const overlap = 250 * time.Millisecond

// watch carries requests out and notes from when to when each was on its way.
type watch struct {
	http.Client
	mu    sync.Mutex
	on    bool
	delay time.Duration
	seen  []interval
}

type interval struct{ start, end time.Time }

// Do implements policy.Transporter.
func (w *watch) Do(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	on, delay := w.on, w.delay
	w.mu.Unlock()
	if !on {
		return w.Client.Do(req)
	}
	start := time.Now()
	time.Sleep(delay)
	// Azurite answers one after the other: on a busy machine the last of many may
	// wait for longer than one try may take.
	resp, err := w.Client.Do(req.WithContext(context.WithoutCancel(req.Context())))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, interval{start, time.Now()})
	return resp, err
}

// cost is what an operation may take: requests, and how many of them have to
// wait for one another.
type cost struct{ Requests, Depth int }

// during counts what run sends. The depth is the most requests of which each
// began after the one before had ended. No request is held where each may wait
// for the one before.
func (w *watch) during(budget cost, run func()) cost {
	w.mu.Lock()
	w.on, w.delay, w.seen = true, 0, nil
	if budget.Depth < budget.Requests {
		w.delay = overlap
	}
	w.mu.Unlock()
	run()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = false
	slices.SortFunc(w.seen, func(a, b interval) int { return a.end.Compare(b.end) })
	c := cost{Requests: len(w.seen)}
	var last time.Time
	for _, i := range w.seen {
		if !i.start.Before(last) {
			c.Depth, last = c.Depth+1, i.end
		}
	}
	return c
}
