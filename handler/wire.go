package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Options is what a program takes from outside beside its settings.
type Options struct {
	// Listener is where it answers; the program closes it.
	Listener net.Listener
	// Triggers mounts the routes of the Functions host, in place of a queue
	// worker and a sweep of its own.
	Triggers bool
	Log      *slog.Logger
	Now      func() time.Time
	Random   io.Reader
}

// Program is a running Handover.
type Program struct {
	options Options
	server  *http.Server
}

func newProgram(_ context.Context, _ Settings, options Options) (*Program, error) {
	return &Program{options: options, server: &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: 10 * time.Second}}, nil
}

// Addr is where the program answers, host:port.
func (p *Program) Addr() string { return p.options.Listener.Addr().String() }

// Run answers until ctx ends.
func (p *Program) Run(ctx context.Context) error {
	context.AfterFunc(ctx, func() { p.server.Close() })
	if err := p.server.Serve(p.options.Listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// Close releases what the program holds.
func (p *Program) Close() error { return p.server.Close() }
