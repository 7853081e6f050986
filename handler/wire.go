package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"handover/handler/adapter/connector"
	"handover/handler/adapter/entra"
	"handover/handler/adapter/store"
	"handover/handler/adapter/telemetry"
	"handover/handler/core/credential"
	"handover/handler/edge/trigger"
	"handover/handler/rule/access"
	"handover/handler/rule/admin"
	"handover/handler/rule/history"
	"handover/handler/rule/notify"
	"handover/handler/rule/reassign"
)

const (
	// dataFile is the name of the file in the data folder.
	dataFile = "handover.db"
	// The two tables.
	directoryTable = "directory"
	recordsTable   = "records"
)

// Options is what a program takes from outside beside its settings.
type Options struct {
	// Listener is where it answers; the program closes it.
	Listener net.Listener
	// Triggers mounts the routes of the Functions host, whose timer then does
	// the sweep.
	Triggers bool
	Log      *slog.Logger
	// Telemetry, if any, opens traces and metrics for a process.
	Telemetry func(process string) (*telemetry.Telemetry, error)
	Now       func() time.Time
	Random    io.Reader
	// EntraTransport, if any, carries the requests for Entra's signing keys.
	EntraTransport http.RoundTripper
	// ConnectorTransport, if any, carries the calls of business applications.
	ConnectorTransport http.RoundTripper
	// Env is the environment, for the doctor, who looks at it anew.
	Env []string
	// Step, if any, is called before and after everything durable that the
	// program does: a test that kills the program does it there.
	Step func()
}

// Program is a running Handover.
type Program struct {
	options   Options
	server    *http.Server
	backing   *backing
	leaves    *reassign.Service
	work      *watchedWork
	courier   *reassign.Courier
	notices   *notify.Service
	messenger *reassign.Courier
	admin     *admin.Service
	history   *history.Service
	refusals  *history.Refusals
	trigger   *trigger.Trigger
	telemetry *telemetry.Telemetry
	keys      *credential.Keyring
}

// newProgram opens the store and wires rules and edges to it. It answers
// nothing before Run.
func newProgram(ctx context.Context, settings Settings, options Options) (*Program, error) {
	process, err := shortName(options.Random)
	if err != nil {
		return nil, err
	}
	if options.Step == nil {
		options.Step = func() {}
	}
	backing, err := openBacking(ctx, settings, options)
	if err != nil {
		return nil, err
	}
	p := &Program{options: options, backing: backing}
	if options.Telemetry != nil {
		if p.telemetry, err = options.Telemetry(process); err != nil {
			return nil, errors.Join(err, backing.close())
		}
	}
	if err := p.assemble(settings, process); err != nil {
		return nil, errors.Join(err, backing.close())
	}
	return p, nil
}

// assemble makes rules and edges, each with what it needs of those before it.
func (p *Program) assemble(settings Settings, process string) error {
	s := p.store()
	gate, err := p.gate(settings, s)
	if err != nil {
		return err
	}
	outbound := p.outbound(settings)
	connectors, err := p.connectors(settings, s, outbound)
	if err != nil {
		return err
	}
	p.makeNotices(s, outbound)
	p.makeLeaves(settings, s, connectors, process)
	p.makeHistory(s)
	p.admin = &admin.Service{
		Tenants: s, Purges: s, Users: s, Groups: s, Leaves: s, Journal: s, Countries: settings.Countries,
		Now: p.options.Now, Random: p.options.Random, Changed: gate.Forget, PurgeGrace: purgeGrace(p.backing.alone), Conceal: p.conceal,
	}
	p.makeTrigger(settings)
	p.server = &http.Server{
		Handler: p.telemetry.HTTP(p.routes(settings, s, gate)), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(p.options.Log.Handler(), slog.LevelWarn),
	}
	return nil
}

func (p *Program) makeNotices(s *store.Store, outbound http.RoundTripper) {
	p.notices = &notify.Service{
		Notices: s, Leaves: s, Tenants: s, Journal: s, Now: p.options.Now, Failed: p.webhookFailed,
		Webhook: p.telemetry.Webhook(connector.NewWebhook(outbound, p.reveal(credential.ForWebhooks), p.options.Now)),
	}
	p.messenger = reassign.NewCourier(p.tell, func(err error) {
		warn(p.options.Log, "a notice could not be sent; the sweep sends it", err)
	})
}

func (p *Program) makeLeaves(settings Settings, s *store.Store, connectors connectors, process string) {
	p.leaves = &reassign.Service{
		Users: s, Leaves: s, Notices: s, Tenants: s, Connector: connectors, Journal: s,
		Queue: p.telemetry.Queue(steppedQueue{p.backing.queue, p.options.Step}), NoticeWritten: p.messenger.Written,
		Now: p.options.Now, Random: p.options.Random, Process: process, Limits: reassign.LimitsWithin(time.Duration(settings.FunctionTimeout)),
	}
	p.courier = reassign.NewCourier(p.leaves.Send, func(err error) {
		warn(p.options.Log, "a leave could not be sent; the sweep sends it", err)
	})
}

func (p *Program) makeHistory(s *store.Store) {
	p.history = &history.Service{History: s, Tenants: s, Users: s, Leaves: s, Now: p.options.Now}
	p.refusals = history.NewRefusals(s.Note, p.options.Now, func(err error) {
		warn(p.options.Log, "a refusal could not be written down", err)
	})
}

func (p *Program) makeTrigger(settings Settings) {
	p.work = &watchedWork{
		Service: p.leaves, telemetry: p.telemetry, concerns: concerns{log: p.options.Log, now: p.options.Now},
		retention: &retention{history: p.history, log: p.options.Log, now: p.options.Now},
		purge:     p.admin.PurgeDeleted, tell: p.tellAll,
	}
	p.trigger = &trigger.Trigger{
		Work: p.work, Log: p.options.Log, Now: p.options.Now,
		Timeout: time.Duration(settings.FunctionTimeout) * 8 / 10, Pause: time.Second,
		Observe: p.observe(),
	}
}

func (p *Program) store() *store.Store {
	return store.New(store.Config{
		Directory: p.telemetry.Table(directoryTable, steppedTable{p.backing.directory, p.options.Step}),
		Records:   p.telemetry.Table(recordsTable, steppedTable{p.backing.records, p.options.Step}),
		Now:       p.options.Now, Random: p.options.Random,
	})
}

// gate decides who may pass: by the credentials of the store, by Entra's tokens
// and by the operator's key.
func (p *Program) gate(settings Settings, s *store.Store) (*access.Gate, error) {
	cloud, err := entra.CloudOf(settings.Cloud)
	if err != nil {
		return nil, err
	}
	if settings.Keys != "" {
		if p.keys, err = credential.ParseKeyring(settings.Keys); err != nil {
			return nil, err
		}
	}
	return access.New(access.Config{
		Tenants: s, Now: p.options.Now, OperatorKeys: []string{settings.OperatorKey}, Keys: p.keys,
		Entra:     entra.New(entra.Config{Cloud: cloud, Now: p.options.Now, Transport: p.options.EntraTransport}),
		Operators: access.Operators{TenantID: settings.OperatorTenant, AppID: settings.OperatorAudience},
		Rate:      access.Rate{PerSecond: settings.Rate, Burst: settings.Burst},
	}), nil
}
