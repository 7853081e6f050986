package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

const (
	// probePartition is the one that belongs to no tenant.
	probePartition = "~"
	// probePrefix begins the key of the row that a check writes and removes.
	probePrefix = "p-"
)

// table tries what Handover does with a table: read, write, delete. The row it
// writes is one that nobody else reads.
func (d *doctor) table(ctx context.Context, name string, t table.Table) {
	check, row := "table "+name, probePrefix+d.name
	if _, err := t.Get(ctx, probePartition, row); !fault.Is(err, fault.RowNotFound) {
		d.failed(check, orFound(err))
		return
	}
	probe := table.Operation{Action: table.Insert, Row: row, Columns: table.Columns{{Name: "At", Value: table.Time(d.now())}}}
	if _, err := t.Transact(ctx, probePartition, []table.Operation{probe}); err != nil {
		d.failed(check, err)
		return
	}
	if _, err := t.Get(ctx, probePartition, row); err != nil {
		d.failed(check, err)
	}
	if _, err := t.Transact(ctx, probePartition, []table.Operation{{Action: table.Delete, Row: row}}); err != nil {
		d.failed(check, err)
		d.find(check, worth, "the row %s of partition %s was written for this check and is still there; delete it", row, probePartition)
		return
	}
	d.find(check, fine, "read, wrote and deleted a row")
}

// orFound is the error of a read that should have found nothing.
func orFound(err error) error {
	if err == nil {
		return fault.New(fault.Internal, "a row is there that nobody has written; is this really a table of Handover?")
	}
	return err
}

const (
	// skewWorth is a difference of clocks that a machine keeping time never has.
	skewWorth = 5 * time.Second
	// skewWrong is half of what a claim on a leave allows for: its lease ends a
	// minute after the work on it has.
	skewWrong = 30 * time.Second
)

// dated carries requests to a service and reads its clock from the header Date.
type dated struct {
	next http.RoundTripper
	now  func() time.Time

	mu      sync.Mutex
	heard   bool
	skew    time.Duration
	certain time.Duration
}

// Do implements the SDK's transport.
func (d *dated) Do(r *http.Request) (*http.Response, error) {
	sent := d.now()
	answer, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		d.hear(sent, d.now(), date)
	}
	return answer, nil
}

// hear keeps the answer that says most: Date is cut to a second and written
// somewhere between sending and receiving.
func (d *dated) hear(sent, received, date time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	took := received.Sub(sent)
	if d.heard && took >= d.certain {
		return
	}
	there, here := date.Add(time.Second/2), sent.Add(took/2)
	d.heard, d.certain, d.skew = true, took, here.Sub(there)
}

// clock compares the clock here with that of the table service.
func (d *doctor) clock(service *dated) {
	const check = "clock"
	skew := service.skew.Round(time.Second / 10)
	switch {
	case !service.heard:
		d.find(check, unseen, "no service has told its time")
	case skew.Abs() >= skewWrong:
		d.find(check, wrong, "the clock here differs from Azure's by %v; leases of leaves and tokens rely on it: let the machine keep time (NTP)", skew)
	case skew.Abs() >= skewWorth:
		d.find(check, worth, "the clock here differs from Azure's by %v; let the machine keep time (NTP)", skew)
	default:
		d.find(check, fine, "within %v of the table service's", max(skew.Abs(), time.Second))
	}
}
