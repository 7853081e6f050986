package main

import (
	"context"
	"log/slog"

	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// tellAll has the notices posted of all tenants that may have some, beside the
// sweep: an application that hangs must not keep leaves waiting.
func (p *Program) tellAll(ctx context.Context) error {
	works, err := p.leaves.Leaves.TenantsWithWork(ctx)
	for _, work := range works {
		p.messenger.Written(ctx, work.Tenant, directory.ID{})
	}
	return err
}

// tell posts the notices of a tenant, of which one was just written or is due.
func (p *Program) tell(ctx context.Context, tenant string, _ directory.ID) error {
	return p.notices.Deliver(ctx, tenant)
}

// webhookFailed writes a line for each try that failed. Alerts rely on the code.
// The cause stays out: it has the address, whose path may be a secret.
func (p *Program) webhookFailed(tenant string, n directory.Notice, err error) {
	p.options.Log.Warn("a webhook did not take a notice", slog.String("code", string(fault.WebhookRefused)),
		slog.String("tenant", tenant), slog.String("leave", n.Leave.String()), slog.String("state", string(n.State)),
		slog.Int("try", n.Tries), slog.String("error", fault.Of(err).Message))
}
