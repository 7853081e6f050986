package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"

	"handover/handler/adapter/telemetry"
	"handover/handler/core/fault"
)

type serveCommand struct{}

// Run serves until the process is ended. It never returns without an error:
// the Functions host does not start a handler again that exited with 0.
func (serveCommand) Run(ctx context.Context, m *Main) error {
	settings, err := readSettings(m.Env, "serve")
	if err != nil {
		return err
	}
	settings.Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(settings.Port))
	program, err := m.start(ctx, settings, true)
	if err != nil {
		return err
	}
	defer program.Close()
	if err := program.Run(ctx); err != nil {
		return err
	}
	return fault.New(fault.Unavailable, "serve was asked to stop; the Functions host starts it again")
}

// start listens first, so that a taken port is found before anything is
// written, and then opens the program.
func (m *Main) start(ctx context.Context, settings Settings, triggers bool) (*Program, error) {
	listener, err := listen(ctx, settings.Listen)
	if err != nil {
		return nil, err
	}
	return m.open(ctx, settings, Options{
		Listener: listener, Triggers: triggers,
		Log: slog.New(telemetry.NewHandler(m.Stdout, m.Stderr, settings.LogLevel)),
	})
}

// open completes the options with what Main takes from outside. The listener is
// closed if the program cannot be opened.
func (m *Main) open(ctx context.Context, settings Settings, options Options) (*Program, error) {
	options.Now, options.Random, options.Env = m.Now, m.Random, m.Env
	if telemetry.Wanted(m.Env) {
		options.Telemetry = func(process string) (*telemetry.Telemetry, error) {
			return telemetry.Open(ctx, telemetry.Config{Now: m.Now, Process: process, Failed: func(err error) {
				options.Log.Warn("traces or metrics could not be sent", slog.String("error", err.Error()))
			}})
		}
	}
	program, err := newProgram(ctx, settings, options)
	if err != nil {
		return nil, errors.Join(err, options.Listener.Close())
	}
	return program, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "cannot listen on %s: the port is taken or not allowed; stop what uses it, or set HANDOVER_LISTEN to another, for example 127.0.0.1:8081", address).WithCause(err)
	}
	return listener, nil
}
