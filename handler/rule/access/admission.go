package access

import (
	"context"
	"fmt"

	"handover/handler/core/credential"
	"handover/handler/core/directory"
)

// Admission is a caller who was let in, for good or until Confirm says
// otherwise.
type Admission struct {
	// Caller is who calls, as far as the process knows.
	Caller Caller
	// pending gives the verdict of a refresh that is under way; nil when
	// the snapshot was fresh.
	pending <-chan verdict
}

type verdict struct {
	caller Caller
	err    error
}

// Admit is Authenticate for reads: where the snapshot is out of date but would
// let the caller in, it does not wait for the refresh. The data may be read
// beside it, but nothing of it may be answered, and nothing written, before
// Confirm.
func (g *Gate) Admit(ctx context.Context, tenant, token string, kind credential.Kind) (Admission, error) {
	a, err := g.admit(ctx, tenant, token, kind)
	if err == nil {
		err = g.throttle.take(tenant)
	}
	return a, err
}

func (g *Gate) admit(ctx context.Context, tenant, token string, kind credential.Kind) (Admission, error) {
	p, ok := g.prove(tenant, token, kind)
	if !ok || !directory.ValidTenantID(tenant) {
		return Admission{}, g.failed(ctx, tenant, refused())
	}
	t, fresh := g.tenants.peek(tenant)
	var c answer[credential.Credential]
	if p.row() != "" {
		var freshRow bool
		c, freshRow = g.credentials.peek(credentialKey{tenant, p.row()})
		fresh = fresh && freshRow
	}
	caller, err := g.judge(ctx, p, t, c)
	switch {
	case fresh:
		return Admission{Caller: caller}, g.failed(ctx, tenant, err)
	case err == nil:
		return Admission{Caller: caller, pending: g.refresh(ctx, tenant, p)}, nil
	}
	v := <-g.refresh(ctx, tenant, p)
	return Admission{Caller: v.caller}, v.err
}

// Settled tells whether Confirm has nothing to wait for.
func (a Admission) Settled() bool { return a.pending == nil }

// Confirm waits for the refresh, if there is one, and gives its verdict, with
// the settings of the tenant as they are now. It may be called once.
func (a Admission) Confirm(ctx context.Context) (Caller, error) {
	if a.Settled() {
		return a.Caller, nil
	}
	select {
	case v := <-a.pending:
		return v.caller, v.err
	case <-ctx.Done():
		return Caller{}, fmt.Errorf("access: confirm: %w", ctx.Err())
	}
}

func (g *Gate) refresh(ctx context.Context, tenant string, p proof) <-chan verdict {
	pending := make(chan verdict, 1)
	go func() {
		caller, err := g.lookAndJudge(ctx, tenant, p)
		pending <- verdict{caller, g.failed(ctx, tenant, err)}
	}()
	return pending
}

func (g *Gate) lookAndJudge(ctx context.Context, tenant string, p proof) (caller Caller, err error) {
	defer survive(&err)
	t, c, err := g.look(ctx, tenant, p)
	if err != nil {
		return Caller{}, fmt.Errorf("access: refresh the snapshot: %w", err)
	}
	return g.judge(ctx, p, t, c)
}
