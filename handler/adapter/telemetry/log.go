package telemetry

import (
	"context"
	"io"
	"log/slog"
	"sync"
)

// split sends each record to the stream of its severity.
//
// The Functions host does not read our levels. It takes what comes on stdout as
// Information and what comes on stderr as Error, or as Warning where the line
// holds "warn" in any letter case. So levels below Warn go to stdout, the rest
// to stderr, and a line at Error spells a "warn" in its texts in a way that
// means the same to a JSON reader and nothing to the host.
type split struct {
	calm, warning, failure slog.Handler
}

// NewHandler writes records at level and above as JSON lines. Each stream has
// one lock, and each line is one write.
func NewHandler(stdout, stderr io.Writer, level slog.Leveler) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	loud := &locked{w: stderr}
	return split{
		calm:    slog.NewJSONHandler(stdout, options),
		warning: slog.NewJSONHandler(loud, options),
		failure: slog.NewJSONHandler(plain{loud}, options),
	}
}

// Enabled tells whether a record of the level is written at all.
func (s split) Enabled(ctx context.Context, level slog.Level) bool {
	return s.calm.Enabled(ctx, level)
}

// Handle writes the record to the stream of its level.
func (s split) Handle(ctx context.Context, r slog.Record) error {
	switch {
	case r.Level >= slog.LevelError:
		return s.failure.Handle(ctx, r)
	case r.Level >= slog.LevelWarn:
		return s.warning.Handle(ctx, r)
	}
	return s.calm.Handle(ctx, r)
}

// WithAttrs adds the attributes to every later record, whatever its stream.
func (s split) WithAttrs(attrs []slog.Attr) slog.Handler {
	return split{s.calm.WithAttrs(attrs), s.warning.WithAttrs(attrs), s.failure.WithAttrs(attrs)}
}

// WithGroup puts every later attribute into the group.
func (s split) WithGroup(name string) slog.Handler {
	return split{s.calm.WithGroup(name), s.warning.WithGroup(name), s.failure.WithGroup(name)}
}

// locked lets two handlers share one stream.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(line)
}
