package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"handover/handler/adapter/telemetry"
	"handover/handler/core/fault"
)

type demoCommand struct {
	Users   int    `default:"200" help:"Users that the directory provisions; the tenant's cap, too."`
	Groups  int    `default:"12" help:"Groups that the directory provisions."`
	Records int    `default:"3000" help:"Quotes, opportunities and documents that they own."`
	Leavers int    `default:"5" help:"Users who leave."`
	Seed    uint64 `default:"1" help:"Decides names, memberships, owners and who leaves."`
	Exit    bool   `help:"End when all is shown, rather than stay up."`
	JSON    bool   `name:"json" help:"Print one JSON object in place of the story."`
}

// Run starts a Handover of its own on a fresh folder, plays the demo against it
// over real HTTP and stays up to be tried by hand.
func (c *demoCommand) Run(ctx context.Context, m *Main) error {
	if c.Users < 10 || c.Groups < 0 || c.Records < 0 || c.Leavers < 1 || c.Leavers > c.Users/2 {
		return fault.New(fault.InvalidValue, "the demo needs at least 10 users, and from 1 to half of them as leavers; for example --users 200 --leavers 5")
	}
	folder, err := os.MkdirTemp("", "handover-demo-")
	if err != nil {
		return fault.New(fault.SettingsInvalid, "cannot make a temporary folder in %s: allow this user to write there, or set TMPDIR to another folder", os.TempDir()).WithCause(err)
	}
	if err := c.on(ctx, m, folder); err != nil {
		return fmt.Errorf("the demo stopped: %s (its data and log are in %s)", sentence(err), folder)
	}
	return os.RemoveAll(folder)
}

// on runs the demo on a folder. The log goes into a file there.
func (c *demoCommand) on(ctx context.Context, m *Main, folder string) error {
	log, err := os.Create(filepath.Join(folder, "handover.log"))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer log.Close()
	settings, err := demoSettings(folder, m.Random)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, settings.Listen)
	if err != nil {
		listener, err = listen(ctx, "127.0.0.1:0")
	}
	if err != nil {
		return err
	}
	began := m.Now()
	program, err := m.open(ctx, settings, Options{
		Listener: listener, Log: slog.New(telemetry.NewHandler(log, log, settings.LogLevel)),
	})
	if err != nil {
		return err
	}
	defer program.Close()
	d := newDemo(c, m, folder, "http://"+program.Addr(), settings.OperatorKey)
	d.took.Start = m.Now().Sub(began)
	return beside(ctx, program.Run, d.play)
}

// demoSettings are the defaults on the demo's folder: the environment of
// whoever tries it decides nothing.
func demoSettings(folder string, random io.Reader) (Settings, error) {
	settings, err := readSettings(nil, "dev")
	if err != nil {
		return Settings{}, err
	}
	key, err := freshSecret(random)
	if err != nil {
		return Settings{}, err
	}
	signing, err := freshSecret(random)
	settings.Data, settings.OperatorKey, settings.Keys = folder, key, "demo:"+signing
	return settings, err
}

// beside runs the work while the service runs: the work's end stops the
// service, and a service that ends early stops the work.
func beside(ctx context.Context, service, work func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() {
		defer stop()
		served <- service(ctx)
	}()
	err := work(ctx)
	stop()
	if serviceErr := <-served; serviceErr != nil {
		return serviceErr
	}
	return err
}
