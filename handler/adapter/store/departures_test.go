package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/handler/adapter/table/tabletest"
	"handover/handler/core/directory"
	"handover/handler/rule/reassign"
)

// TestManyLeaveAtOnce is a reorganisation: 60 people with 20 records each leave
// at once, two processes with eight workers each carry that out, every second
// message comes twice and every tenth first one is lost. Time is that of the bubble, in
// which each request takes 5 ms.
func TestManyLeaveAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people, each = 60, 20
		o := newOffice(newWorld(t))
		began := time.Now()
		owners, leaves := make([]directory.User, people), make([]directory.Leave, people)
		for i := range owners {
			owners[i] = o.owner(fmt.Sprint("leaver-", i), each)
		}
		for i := range owners {
			leaves[i] = o.disable(owners[i], began)
		}
		claims, writes := o.carryOut(t, leaves)
		var last time.Duration
		for _, l := range leaves {
			done := o.wantDone(l.ID, each)
			last = max(last, done.Changed.Sub(began))
			if n := claims[l.ID]; n != 1 {
				t.Errorf("a leave was taken %d times", n)
			}
		}
		// A lost message counts as lost after a minute, and the sweep comes each
		// minute: nobody waits longer than both and the work itself.
		if last > 3*time.Minute {
			t.Errorf("the last leave was done after %v", last)
		}
		if anns := o.openOf(o.ann.ID); anns != people*each {
			t.Errorf("ann has %d records, wanted %d", anns, people*each)
		}
		if writes != 0 {
			t.Errorf("the recipient's rows were written %d times: they hold up all leaves", writes)
		}
		o.sound()
	})
}

// carryOut runs two processes until every leave is at an end. It returns how
// often each was claimed, and how often the recipient's rows in the table
// directory were written.
func (o *office) carryOut(t *testing.T, leaves []directory.Leave) (claims map[directory.ID]int, writes int) {
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	var mu sync.Mutex
	sent := 0
	o.lose = func(m directory.Message) bool {
		mu.Lock()
		defer mu.Unlock()
		if sent++; sent%2 == 0 {
			o.messages <- m
		}
		return sent%10 == 1 && m.Attempt == 1
	}
	dir := tabletest.Faulty(tabletest.Delayed(o.directory, 5*time.Millisecond), func(c tabletest.Call) tabletest.Outcome {
		for _, op := range c.Operations {
			if strings.HasSuffix(op.Row, o.ann.ID.String()) || op.Row == "n-ann" {
				writes++
			}
		}
		return tabletest.Pass
	})
	rec := tabletest.Delayed(o.records, 5*time.Millisecond)
	for _, name := range []string{"p1", "p2"} {
		p := o.process(name, dir, rec, time.Now)
		for range 8 {
			work.Go(func() { o.workOn(ctx, t, p) })
		}
		work.Go(func() { sweepEachMinute(ctx, t, p) })
	}
	sender := o.process("p1", dir, rec, time.Now)
	for _, l := range leaves {
		work.Go(func() {
			if err := sender.Send(ctx, tenant, l.ID); err != nil {
				t.Error(err)
			}
		})
	}
	o.awaitEnds(leaves)
	return o.claims(), writes
}

// workOn takes messages as a worker of a process does.
func (o *office) workOn(ctx context.Context, t *testing.T, p *reassign.Service) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-o.messages:
			if _, err := p.Work(ctx, m); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	}
}

func sweepEachMinute(ctx context.Context, t *testing.T, p *reassign.Service) {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-minute.C:
			if _, err := p.Sweep(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	}
}

// awaitEnds waits until no leave has anything due, for an hour at most.
func (o *office) awaitEnds(leaves []directory.Leave) {
	o.Helper()
	for range 3600 {
		time.Sleep(time.Second)
		due, err := o.DueLeaves(o.Context(), tenant, clock.AddDate(100, 0, 0), len(leaves))
		if err != nil {
			o.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
	}
	o.Fatal("not every leave comes to an end")
}

// claims counts in the activity how often each leave began to run.
func (o *office) claims() map[directory.ID]int {
	o.Helper()
	count := map[directory.ID]int{}
	q := directory.ActivityQuery{Limit: 500}
	for {
		page, err := o.Activities(o.Context(), tenant, q)
		if err != nil {
			o.Fatal(err)
		}
		for _, a := range page.Lines {
			if a.Kind == directory.LeaveMoved && a.Detail == string(directory.Running) {
				count[a.Target]++
			}
		}
		if q.Before = page.Next; page.Next == "" {
			return count
		}
	}
}
