package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"handover/handler/core/fault"
)

// demoResult is what demo --json prints. Scripts rely on the names.
type demoResult struct {
	Users                      int `json:"users"`
	Groups                     int `json:"groups"`
	Leavers                    int `json:"leavers"`
	RecordsMoved               int `json:"recordsMoved"`
	RecordsLeftOpenWithLeavers int `json:"recordsLeftOpenWithLeavers"`
	RecordsKeptClosed          int `json:"recordsKeptClosed"`
	Refused                    int `json:"refused"`
	// Requests counts those of the directory.
	Requests int          `json:"requests"`
	Millis   demoDuration `json:"milliseconds"`
}

// demoDuration is how long the parts took, in milliseconds.
type demoDuration struct {
	Start       int64 `json:"start"`
	Initial     int64 `json:"initialCycle"`
	Incremental int64 `json:"incrementalCycle"`
	Records     int64 `json:"records"`
	Leave       int64 `json:"leave"`
	Total       int64 `json:"total"`
}

// verify reads every record of the leavers and of the Master Admin back, and
// prints where they are.
func (d *demo) verify(ctx context.Context, result *demoResult) error {
	people := d.cycle.People()
	master := people[0]
	received, err := d.owned(ctx, master.ID, "open")
	if err != nil {
		return err
	}
	now := map[string]bool{}
	for _, r := range received {
		now[r.name()] = true
	}
	var rows [][]string
	for _, i := range d.cycle.Leavers() {
		row, err := d.verifyLeaver(ctx, people[i].ID, now, result)
		if err != nil {
			return err
		}
		rows = append(rows, append([]string{people[i].UserName, master.UserName}, row...))
	}
	fmt.Fprintln(d.story, "Read back through the app API:")
	fmt.Fprintln(d.story)
	heading := []string{"WHO LEFT", "WHO RECEIVED", "QUOTES", "OPPORTUNITIES", "DOCUMENTS", "STAYED (CLOSED)", "STILL OPEN"}
	if err := printTable(d.story, heading, rows); err != nil {
		return err
	}
	if result.RecordsLeftOpenWithLeavers > 0 {
		return fault.New(fault.Internal, "%d open records are still with people who left", result.RecordsLeftOpenWithLeavers)
	}
	fmt.Fprintf(d.story, "\n%d open records moved %d ms after the first PATCH, %d closed ones stayed, none is open with a leaver.\n",
		result.RecordsMoved, d.took.Leave.Milliseconds(), result.RecordsKeptClosed)
	return nil
}

// verifyLeaver counts the records of one leaver: those that are now the
// Master Admin's by type, those that stayed closed, and those left open.
func (d *demo) verifyLeaver(ctx context.Context, leaver string, received map[string]bool, result *demoResult) ([]string, error) {
	open, err := d.owned(ctx, leaver, "open")
	if err != nil {
		return nil, err
	}
	closed, err := d.owned(ctx, leaver, "closed")
	if err != nil {
		return nil, err
	}
	moved, wasClosed := map[string]int{}, 0
	for _, r := range d.records {
		switch {
		case r.Owner != leaver:
		case r.Status == "closed":
			wasClosed++
		case received[r.name()]:
			moved[r.Type]++
			result.RecordsMoved++
		case len(open) == 0:
			return nil, fault.New(fault.Internal, "%s is neither with the leaver nor with the Master Admin", r.name())
		}
	}
	if len(closed) != wasClosed {
		return nil, fault.New(fault.Internal, "of %d closed records of a leaver, %d are still there", wasClosed, len(closed))
	}
	result.RecordsLeftOpenWithLeavers += len(open)
	result.RecordsKeptClosed += len(closed)
	row := make([]string, 0, len(demoTypes)+2)
	for _, kind := range demoTypes {
		row = append(row, strconv.Itoa(moved[kind]))
	}
	return append(row, strconv.Itoa(len(closed)), strconv.Itoa(len(open))), nil
}

// printJSON writes the result on one line, so that it can be taken off the end
// of whatever was written before.
func (d *demo) printJSON(result demoResult) error {
	ms := time.Duration.Milliseconds
	result.Millis = demoDuration{
		ms(d.took.Start), ms(d.took.Initial), ms(d.took.Incremental), ms(d.took.Records), ms(d.took.Leave), ms(d.took.Total),
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	_, err = fmt.Fprintf(d.m.Stdout, "%s\n", encoded)
	return err
}

// farewell says how to go on by hand.
func (d *demo) farewell() {
	fmt.Fprintf(d.story, "The whole demo took %.1f s.\n", d.took.Total.Seconds())
	if d.Exit {
		return
	}
	fmt.Fprintf(d.story, `
Try it by hand, with curl or in Entra's provisioning settings:

  Tenant URL    %[1]s
  Secret token  %[2]s

  curl -H "Authorization: Bearer %[2]s" "%[1]s/Users?count=3"

  HANDOVER_URL=%[3]s HANDOVER_OPERATOR_KEY=%[4]s go run ./handler leave list %[5]s

Ctrl-C ends it and removes %[6]s.
`, d.tenantURL(), d.token, d.base, d.manage.secret, demoTenant, d.folder)
}
