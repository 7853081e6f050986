package exchange

import (
	"context"
	"log/slog"

	"handover/handler/core/fault"
)

// Part is the fault of one part of a request whose answer as a whole is a
// success. Where the part failed by a fault of ours, that gets a line in the log
// and the fault a reference to it.
func (x *Exchange) Part(ctx context.Context, err error) *fault.Fault {
	f := fault.Of(err)
	if f == nil || f.Code.Status() < 500 || hungUp(ctx, err) {
		return f
	}
	reference := x.Reference()
	x.Log.LogAttrs(ctx, slog.LevelError, "part of a request", slog.String("tenant", LineOf(ctx).Tenant),
		slog.String("fault", string(f.Code)), slog.String("reference", reference), slog.String("error", err.Error()))
	return fault.New(f.Code, "%s (reference %s)", f.Message, reference).WithRetryAfter(f.RetryAfter)
}
