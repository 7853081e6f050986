package main

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"handover/handler/adapter/connector"
	"handover/handler/adapter/entra"
	"handover/handler/adapter/store"
	"handover/handler/adapter/telemetry"
	"handover/handler/core/credential"
	"handover/handler/core/fault"
	"handover/handler/edge/appapi"
	"handover/handler/edge/exchange"
	"handover/handler/edge/manageapi"
	"handover/handler/edge/scimapi"
	"handover/handler/edge/tokenapi"
	"handover/handler/edge/trigger"
	"handover/handler/rule/access"
	"handover/handler/rule/admin"
	"handover/handler/rule/history"
	"handover/handler/rule/notify"
	"handover/handler/rule/provision"
	"handover/handler/rule/reassign"
	"handover/handler/rule/records"
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
	s := p.store()
	gate, err := p.gate(settings, s)
	if err != nil {
		return nil, errors.Join(err, backing.close())
	}
	outbound := p.outbound(settings)
	connectors, err := p.connectors(settings, s, outbound)
	if err != nil {
		return nil, errors.Join(err, backing.close())
	}
	p.notices = &notify.Service{
		Notices: s, Leaves: s, Tenants: s, Journal: s, Now: options.Now, Failed: p.webhookFailed,
		Webhook: p.telemetry.Webhook(connector.NewWebhook(outbound, p.reveal(credential.ForWebhooks), options.Now)),
	}
	p.messenger = reassign.NewCourier(p.tell, func(err error) {
		warn(options.Log, "a notice could not be sent; the sweep sends it", err)
	})
	p.leaves = &reassign.Service{
		Users: s, Leaves: s, Notices: s, Tenants: s, Connector: connectors, Journal: s, Queue: p.telemetry.Queue(steppedQueue{backing.queue, options.Step}),
		Now: options.Now, Random: options.Random, Process: process, Limits: reassign.LimitsWithin(time.Duration(settings.FunctionTimeout)),
		NoticeWritten: p.messenger.Written,
	}
	p.courier = reassign.NewCourier(p.leaves.Send, func(err error) {
		warn(options.Log, "a leave could not be sent; the sweep sends it", err)
	})
	p.history = &history.Service{History: s, Tenants: s, Users: s, Leaves: s, Now: options.Now}
	p.refusals = history.NewRefusals(s.Note, options.Now, func(err error) {
		warn(options.Log, "a refusal could not be written down", err)
	})
	p.admin = &admin.Service{
		Tenants: s, Purges: s, Users: s, Groups: s, Leaves: s, Journal: s, Countries: settings.Countries,
		Now: options.Now, Random: options.Random, Changed: gate.Forget, PurgeGrace: purgeGrace(backing.alone), Conceal: p.conceal,
	}
	p.work = &watchedWork{
		Service: p.leaves, telemetry: p.telemetry, concerns: concerns{log: options.Log, now: options.Now},
		retention: &retention{history: p.history, log: options.Log, now: options.Now},
		purge:     p.admin.PurgeDeleted,
		tell:      p.tellAll,
	}
	p.trigger = &trigger.Trigger{
		Work: p.work, Log: options.Log, Now: options.Now,
		Timeout: time.Duration(settings.FunctionTimeout) * 8 / 10, Pause: time.Second,
		Observe: p.observe(),
	}
	p.server = &http.Server{
		Handler: p.telemetry.HTTP(p.routes(settings, s, gate)), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(options.Log.Handler(), slog.LevelWarn),
	}
	return p, nil
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

// routes puts the edges behind their first path segment. No ServeMux stands in
// front of them: it would answer unclean paths with a redirect, which
// directories do not follow.
func (p *Program) routes(settings Settings, s *store.Store, gate *access.Gate) http.Handler {
	x := &exchange.Exchange{Log: p.options.Log, Now: p.options.Now, Reference: p.reference, Observe: p.observe()}
	base := exchange.BaseURL(settings.BaseURL)
	people := &records.Service{
		Users: s, Members: s, Records: s, Now: p.options.Now,
		Recipient: p.leaves.Recipient, EnsureLeave: p.leaves.EnsureLeave,
	}
	edges := map[string]http.Handler{
		"scim": scimapi.New(scimapi.Config{
			Gate: gate, Keys: p.keys, Exchange: x, BaseURL: base, BodyLimit: settings.BodyLimit, Refused: p.refusals.Refused,
			Provision: provision.New(provision.Config{
				Users: s, Groups: s, Now: p.options.Now, Random: p.options.Random, LeaveOpened: p.courier.Written,
			}),
		}),
		"oauth2": tokenapi.New(tokenapi.Config{Gate: gate, Exchange: x}),
		"app":    appapi.New(appapi.Config{Gate: gate, Exchange: x, Records: people, Preview: p.leaves.Preview}),
		"manage": manageapi.New(manageapi.Config{Examine: p.examine, Operator: gate.Operator, Exchange: x, BaseURL: base, Admin: p.admin, People: people, History: p.history, Leaves: p.leaves, TryWebhook: p.notices.Try}),
	}
	nowhere := x.Wrap(exchange.RenderJSON, exchange.NoRoute)
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(access.From(r.Context(), exchange.Address(r)))
		first, _, _ := strings.Cut(strings.TrimLeft(r.URL.Path, "/"), "/")
		if edge, ok := edges[first]; ok {
			edge.ServeHTTP(w, r)
			return
		}
		nowhere.ServeHTTP(w, r)
	})
	if p.options.Triggers {
		return p.trigger.Front(front)
	}
	return front
}

// purgeGrace is how long the id of a deleted tenant stays taken. Azure's front end
// cuts requests off after 230 s, and other processes let callers in for 5 s more; a
// process that is alone knows all requests that there are.
func purgeGrace(alone bool) time.Duration {
	if alone {
		return 10 * time.Second
	}
	return 5 * time.Minute
}

// examine has the doctor look at what this process runs on.
func (p *Program) examine(ctx context.Context) []manageapi.Finding {
	ctx, cancel := context.WithTimeout(ctx, examineWithin)
	defer cancel()
	d := &doctor{as: "dev", now: p.options.Now, name: p.reference()}
	if p.options.Triggers {
		d.as = "serve"
	}
	d.look(ctx, p.options.Env)
	findings := make([]manageapi.Finding, 0, len(d.findings))
	for _, f := range d.findings {
		findings = append(findings, manageapi.Finding{Check: f.Check, Result: string(f.Result), Says: f.Says})
	}
	return findings
}

// reference ties an answer of ours to its log line.
func (p *Program) reference() string {
	name, err := shortName(p.options.Random)
	if err != nil {
		return "none"
	}
	return name
}

// Addr is where the program answers, host:port.
func (p *Program) Addr() string { return p.options.Listener.Addr().String() }

// Run answers until ctx ends, then lets requests under way finish for a moment.
// Nothing depends on that moment: what is cut off is found at the next start.
func (p *Program) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { p.courier.Run(ctx) })
	background.Go(func() { p.messenger.Run(ctx) })
	background.Go(func() { p.refusals.Run(ctx) })
	background.Go(func() { p.backing.receive(ctx, p.telemetry.Deliver(p.trigger.Deliver), p.trigger.DeliverDead) })
	background.Go(func() { p.recoverAndSweep(ctx) })
	ended := make(chan error, 1)
	go func() { ended <- p.server.Serve(p.options.Listener) }()
	select {
	case err := <-ended:
		return fault.New(fault.Unavailable, "the service can no longer listen on %s", p.Addr()).WithCause(err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := p.server.Shutdown(patience); err != nil {
		return p.server.Close()
	}
	return nil
}

// observe is what edges tell of each request to; nil where nobody listens.
func (p *Program) observe() func(context.Context, exchange.Observation) {
	if p.telemetry == nil {
		return nil
	}
	return func(ctx context.Context, o exchange.Observation) { p.telemetry.Observe(ctx, telemetry.Request(o)) }
}

// Close releases what the program holds.
func (p *Program) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	return errors.Join(p.server.Close(), p.backing.close(), p.telemetry.Close(ctx))
}

// shortName is 12 random hex digits.
func shortName(random io.Reader) (string, error) {
	var raw [6]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fault.New(fault.Internal, "no randomness for a name").WithCause(err)
	}
	return hex.EncodeToString(raw[:]), nil
}
