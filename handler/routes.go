package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"handover/handler/adapter/store"
	"handover/handler/edge/appapi"
	"handover/handler/edge/exchange"
	"handover/handler/edge/manageapi"
	"handover/handler/edge/scimapi"
	"handover/handler/edge/tokenapi"
	"handover/handler/rule/access"
	"handover/handler/rule/provision"
	"handover/handler/rule/records"
)

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
				Users: s, Groups: s, Near: p.backing.alone, Now: p.options.Now, Random: p.options.Random, LeaveOpened: p.courier.Written,
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
