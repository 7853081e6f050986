// Command bare is the yardstick beside the load generator: the transactions of a
// create and the read of a GET on Table Storage with nothing but aztables, 8 at a
// time, so that what Handover adds to them can be told.
//
//	go run ./bench/bare --tables "<TableConnection>"
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	connection := flag.String("tables", "", "connection string of Table Storage")
	callers := flag.Int("connections", 8, "requests in flight")
	creates := flag.Int("users", 2000, "transactions of a create: six rows, one of them the counter's")
	reads := flag.Int("reads", 8000, "point reads")
	flag.Parse()
	if *connection == "" {
		return errors.New(`name the tables with --tables "<TableConnection>"; make azure-local prints one`)
	}
	service, err := aztables.NewServiceClientFromConnectionString(*connection, nil)
	if err != nil {
		return err
	}
	client := service.NewClient(fmt.Sprintf("bare%d", time.Now().UnixNano()))
	if _, err := client.CreateTable(ctx, nil); err != nil {
		return err
	}
	fmt.Printf("| phase | requests in flight | operations | operations/s |\n|---|---|---|---|\n")
	err = phase("create: one transaction of six rows", *callers, *creates, func(i int) error { return create(ctx, client, i) })
	if err != nil {
		return err
	}
	err = phase("one point read", *callers, *reads, func(i int) error {
		_, err := client.GetEntity(ctx, "acme", row("u", i*7919%*creates), nil)
		return err
	})
	if err != nil {
		return err
	}
	return phase("GET: a point read beside the range of a user's groups", *callers, *reads/8, func(i int) error {
		return get(ctx, client, i*7919%*creates)
	})
}

// get reads what GET /Users/{id} reads.
func get(ctx context.Context, client *aztables.Client, i int) error {
	read := make(chan error, 1)
	go func() {
		_, err := client.GetEntity(ctx, "acme", row("u", i), nil)
		read <- err
	}()
	filter := fmt.Sprintf("PartitionKey eq 'acme' and RowKey ge '%s' and RowKey lt '%s.'", row("r", i), row("r", i))
	pager := client.NewListEntitiesPager(&aztables.ListEntitiesOptions{Filter: &filter})
	var err error
	for pager.More() && err == nil {
		_, err = pager.NextPage(ctx)
	}
	return errors.Join(err, <-read)
}

func row(kind string, i int) string { return fmt.Sprintf("%s-%08d", kind, i) }

// create writes the rows that a user takes: the document, three indexes, a line
// of activity and the counter.
func create(ctx context.Context, client *aztables.Client, i int) error {
	document := strings.Repeat("d", 700)
	actions := make([]aztables.TransactionAction, 0, 6)
	for _, kind := range []string{"u", "n", "x", "e", "a"} {
		entity := map[string]any{"PartitionKey": "acme", "RowKey": row(kind, i), "Id": row("u", i)}
		if kind == "u" {
			entity["D"] = document
		}
		action, err := actionOf(aztables.TransactionTypeAdd, entity)
		if err != nil {
			return err
		}
		actions = append(actions, action)
	}
	counter, err := actionOf(aztables.TransactionTypeInsertMerge, map[string]any{"PartitionKey": "acme", "RowKey": "q", "U": i})
	if err != nil {
		return err
	}
	_, err = client.SubmitTransaction(ctx, append(actions, counter), nil)
	return err
}

func actionOf(kind aztables.TransactionType, entity map[string]any) (aztables.TransactionAction, error) {
	body, err := json.Marshal(entity)
	return aztables.TransactionAction{ActionType: kind, Entity: body}, err
}

func phase(name string, callers, n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	began := time.Now()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return fmt.Errorf("%s: %w", name, *err)
	}
	fmt.Printf("| %s | %d | %d | %.0f |\n", name, callers, n, float64(n)/time.Since(began).Seconds())
	return nil
}
