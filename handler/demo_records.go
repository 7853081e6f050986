package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/sync/errgroup"

	"handover/handler/core/fault"
)

// demoRecord is a record as /app/v1 shows it.
type demoRecord struct {
	Type   string `json:"type,omitempty"`
	ID     string `json:"id,omitempty"`
	Owner  string `json:"owner"`
	Title  string `json:"title"`
	Status string `json:"status"`
}

func (r demoRecord) name() string { return r.Type + "/" + r.ID }

// The types of the demo's records, in the order of its table.
var demoTypes = [...]string{"quote", "opportunity", "document"}

const (
	// closedOneOf is of how many records one is closed.
	closedOneOf = 5
	// leaversOneOf is of how many records one belongs to a leaver: they had
	// busy desks.
	leaversOneOf = 6
)

// register puts the records through the app API: most spread over everybody,
// some over the leavers.
func (d *demo) register(ctx context.Context) error {
	began := d.m.Now()
	d.records = d.makeRecords()
	puts, putCtx := errgroup.WithContext(ctx)
	puts.SetLimit(demoConnections)
	bar := progress(d.m.Stderr)
	var mu sync.Mutex
	done := 0
	for _, r := range d.records {
		puts.Go(func() error {
			path := "/records/" + r.Type + "/" + url.PathEscape(r.ID)
			_, err := d.app.call(putCtx, http.MethodPut, path, demoRecord{Owner: r.Owner, Title: r.Title, Status: r.Status}, nil)
			mu.Lock()
			defer mu.Unlock()
			done++
			bar(done, len(d.records), "records")
			return err
		})
	}
	if err := puts.Wait(); err != nil {
		return err
	}
	d.took.Records = d.m.Now().Sub(began)
	fmt.Fprintf(d.story, "The business application registers %d records in %d ms.\n\n", len(d.records), d.took.Records.Milliseconds())
	return nil
}

func (d *demo) makeRecords() []demoRecord {
	random := rand.New(rand.NewPCG(d.Seed, 1))
	people, leavers := d.cycle.People(), d.cycle.Leavers()
	titles := map[string]string{"quote": "Offer over %d licences", "opportunity": "Renewal %d", "document": "Contract %d"}
	records := make([]demoRecord, d.Records)
	for i := range records {
		owner := i % len(people)
		if i%leaversOneOf == 0 {
			owner = leavers[i/leaversOneOf%len(leavers)]
		}
		kind, status := demoTypes[random.IntN(len(demoTypes))], "open"
		if random.IntN(closedOneOf) == 0 {
			status = "closed"
		}
		records[i] = demoRecord{
			Type: kind, ID: fmt.Sprintf("%c-%05d", kind[0]-'a'+'A', i+1), Owner: people[owner].ID,
			Title: fmt.Sprintf(titles[kind], i+1), Status: status,
		}
	}
	return records
}

// owned reads every record of an owner with a status.
func (d *demo) owned(ctx context.Context, owner, status string) ([]demoRecord, error) {
	var list []demoRecord
	path := "/records?" + url.Values{"owner": {owner}, "status": {status}}.Encode()
	if _, err := d.app.list(ctx, path, "records", "after", &list); err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.Owner != owner || r.Status != status {
			return nil, fault.New(fault.Internal, "%s is listed under owner %s as %s, but says owner %s and %s", r.name(), owner, status, r.Owner, r.Status)
		}
	}
	return list, nil
}
