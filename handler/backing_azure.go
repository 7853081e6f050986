package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"handover/handler/adapter/azure"
)

// farewell bounds the closing of a connection that a process may do without.
const farewell = 2 * time.Second

// openBacking keeps rows and messages where the settings say.
func openBacking(ctx context.Context, settings Settings, options Options) (*backing, error) {
	if settings.onAzure() {
		return openAzure(ctx, settings, options)
	}
	return openLocal(settings, options)
}

// openAzure keeps rows in Table Storage and messages in Service Bus, in Azure or
// in the emulators. Under a Functions host it is the host that receives.
func openAzure(ctx context.Context, settings Settings, options Options) (*backing, error) {
	tables, err := openTables(ctx, settings, nil)
	if err != nil {
		return nil, err
	}
	bus, err := openBus(settings)
	if err != nil {
		return nil, err
	}
	sender, err := bus.Sender(settings.Queue)
	if err != nil {
		return nil, err
	}
	b := &backing{
		directory: tables.Table(directoryTable), records: tables.Table(recordsTable), queue: sender,
		receive: func(ctx context.Context, _, _ deliverer) { warm(ctx, sender, options) },
		close: func() error {
			ctx, cancel := context.WithTimeout(context.Background(), farewell)
			defer cancel()
			return bus.Close(ctx)
		},
	}
	if options.Triggers {
		return b, nil
	}
	receiver, err := bus.Receiver(settings.Queue, azure.ReceiverOptions{Log: options.Log})
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	dead, err := bus.DeadLetters(settings.Queue, azure.ReceiverOptions{Workers: 1, Log: options.Log})
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	b.receive = func(ctx context.Context, deliver, bury deliverer) {
		var all sync.WaitGroup
		all.Go(func() { warm(ctx, sender, options) })
		all.Go(func() { receiver.Run(ctx, deliver) })
		all.Go(func() { dead.Run(ctx, bury) })
		all.Wait()
	}
	return b, nil
}

// openTables makes the two tables where a connection string says that nobody
// else has; in Azure the deployment makes them. A transport of nil is the usual
// one.
func openTables(ctx context.Context, settings Settings, transport policy.Transporter) (*azure.Tables, error) {
	if settings.TableConnection != "" {
		tables, err := azure.OpenTables(azure.TableSettings{ConnectionString: settings.TableConnection, Transport: transport})
		if err != nil {
			return nil, err
		}
		return tables, tables.EnsureTables(ctx, directoryTable, recordsTable)
	}
	cloud, err := azure.CloudOf(settings.Cloud)
	if err != nil {
		return nil, err
	}
	credential, err := azure.Credential(azure.Identity{ClientID: settings.TableClientID, Cloud: cloud})
	if err != nil {
		return nil, err
	}
	return azure.OpenTables(azure.TableSettings{ServiceURI: settings.TableServiceURI, Credential: credential, Transport: transport})
}

func openBus(settings Settings) (*azure.Bus, error) {
	if settings.ServiceBusConnection != "" {
		return azure.OpenBus(azure.BusSettings{ConnectionString: settings.ServiceBusConnection})
	}
	cloud, err := azure.CloudOf(settings.Cloud)
	if err != nil {
		return nil, err
	}
	credential, err := azure.Credential(azure.Identity{ClientID: settings.ServiceBusClientID, Cloud: cloud})
	if err != nil {
		return nil, err
	}
	return azure.OpenBus(azure.BusSettings{Namespace: settings.ServiceBusNamespace, Credential: credential, Cloud: cloud})
}

// warm opens the link to the queue, so that the first leave need not wait for
// it. A queue that cannot be reached is said now, rather than with that leave.
func warm(ctx context.Context, sender *azure.Sender, options Options) {
	if err := sender.Warm(ctx); err != nil && ctx.Err() == nil {
		warn(options.Log, "the queue cannot be reached yet; leaves wait for it", err)
	}
}
