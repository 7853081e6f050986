package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// print says what each process did, and which rows were written.
func (d *day) print() {
	fmt.Print("\n| process | leaves finished | messages, by the state in which they left the leave | reads | writes | of them refused | warnings |\n|---|---|---|---|---|---|---|\n")
	rows := map[string]int{}
	for i, w := range d.workers {
		w.mu.Lock()
		w.traffic.mu.Lock()
		fmt.Printf("| %d | %d | %s | %s | %d | %s | %s |\n", i+1, len(w.done), list(w.outcomes), list(w.traffic.reads), w.traffic.writes, list(w.traffic.refused), list(w.troubles))
		for row, times := range w.traffic.rows {
			rows[row] += times
		}
		w.traffic.mu.Unlock()
		w.mu.Unlock()
	}
	fmt.Print("\n| kind of row | rows written | most often one row |\n|---|---|---|\n")
	written, most := map[string]int{}, map[string]int{}
	for row, times := range rows {
		kind, _, _ := strings.Cut(row, "-")
		written[kind]++
		most[kind] = max(most[kind], times)
	}
	for _, kind := range slices.Sorted(maps.Keys(written)) {
		fmt.Printf("| %s | %d | %d |\n", kind, written[kind], most[kind])
	}
	fmt.Println()
}

// list writes counts as words.
func list(counts map[string]int) string {
	if len(counts) == 0 {
		return "none"
	}
	var all []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s %d", cmp.Or(what, "nothing to do"), counts[what]))
	}
	return strings.Join(all, ", ")
}

// checkOutcomes wants each leave finished by one message of one process. What a
// killed process did last it may not have said.
func (d *day) checkOutcomes() error {
	times := map[string]int{}
	for _, w := range d.workers {
		w.mu.Lock()
		done := maps.Clone(w.done)
		w.mu.Unlock()
		for leave, n := range done {
			times[leave] += n
		}
		if len(done) == 0 {
			return errors.New("one of the processes finished no leave")
		}
	}
	for leave, n := range times {
		if n != 1 {
			return fmt.Errorf("leave %s was finished %d times", leave, n)
		}
	}
	if len(times) != d.leavers && !d.kill {
		return fmt.Errorf("the processes finished %d leaves, wanted %d", len(times), d.leavers)
	}
	return nil
}

// checkDueRows wants no due row left in the tenant's partition.
func (d *day) checkDueRows(ctx context.Context) error {
	service, err := aztables.NewServiceClientFromConnectionString(d.tables, nil)
	if err != nil {
		return err
	}
	filter := "PartitionKey eq '" + d.tenant + "' and RowKey ge 'w-' and RowKey lt 'w.'"
	pager := service.NewClient("directory").NewListEntitiesPager(&aztables.ListEntitiesOptions{Filter: &filter})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return err
		}
		if len(page.Entities) > 0 {
			return fmt.Errorf("%d due rows are left", len(page.Entities))
		}
	}
	fmt.Println("No due row is left.")
	return nil
}

// checkQueue wants no message of the tenant among the dead letters.
func (d *day) checkQueue(ctx context.Context) error {
	client, err := azservicebus.NewClientFromConnectionString(d.bus, nil)
	if err != nil {
		return err
	}
	defer client.Close(ctx)
	receiver, err := client.NewReceiverForQueue(d.queue, &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	if err != nil {
		return err
	}
	messages, err := receiver.PeekMessages(ctx, 1000, &azservicebus.PeekMessagesOptions{FromSequenceNumber: to.Ptr(int64(0))})
	if err != nil {
		return err
	}
	for _, m := range messages {
		var about struct{ Tenant string }
		if json.Unmarshal(m.Body, &about) == nil && about.Tenant == d.tenant {
			return errors.New("a message is among the dead letters")
		}
	}
	fmt.Println("No message is among the dead letters.")
	return nil
}
