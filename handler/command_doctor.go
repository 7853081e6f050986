package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"handover/handler/adapter/azure"
	"handover/handler/adapter/local"
	"handover/handler/core/fault"
)

// examineWithin bounds the whole of the doctor's work.
const examineWithin = 2 * time.Minute

type doctorCommand struct {
	As     string `enum:"serve,dev,auto" default:"auto" help:"For which command the settings are: serve, dev, or auto to tell by the environment."`
	Remote bool   `help:"Have the running Handover at HANDOVER_URL examine itself, with its own settings and identity."`
	JSON   bool   `name:"json" help:"Print the findings as JSON."`
}

// Run examines everything and prints what it found; what is wrong is an error.
func (c *doctorCommand) Run(ctx context.Context, m *Main) error {
	ctx, cancel := context.WithTimeout(ctx, examineWithin)
	defer cancel()
	d, err := c.find(ctx, m)
	if err != nil {
		return err
	}
	if err := c.print(m, d.findings); err != nil {
		return err
	}
	if n := d.wrongs(); n > 0 {
		return fault.New(fault.SettingsInvalid, "%d of %d checks found something wrong", n, len(d.findings))
	}
	return nil
}

// find examines here, or has the running Handover do it.
func (c *doctorCommand) find(ctx context.Context, m *Main) (*doctor, error) {
	if c.Remote {
		return remoteDoctor(ctx, m)
	}
	name, err := shortName(m.Random)
	if err != nil {
		return nil, err
	}
	if c.As == "auto" {
		c.As = readerOf(m.Env)
	}
	d := &doctor{as: c.As, now: m.Now, name: name}
	d.look(ctx, m.Env)
	return d, nil
}

func remoteDoctor(ctx context.Context, m *Main) (*doctor, error) {
	manage, err := m.manageClient()
	if err != nil {
		return nil, err
	}
	var found struct{ Findings []finding }
	if _, err := manage.call(ctx, http.MethodGet, "/doctor", nil, &found); err != nil {
		return nil, err
	}
	return &doctor{findings: found.Findings}, nil
}

// look examines settings first, and what they name if they are right.
func (d *doctor) look(ctx context.Context, environment []string) {
	if d.settled(environment) {
		d.examine(ctx)
		return
	}
	d.find("tables and queue", unseen, "they are looked at when the settings are right")
}

func (c *doctorCommand) print(m *Main, findings []finding) error {
	if c.JSON {
		text, err := json.Marshal(map[string][]finding{"findings": findings})
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
		return printJSON(m.Stdout, text)
	}
	rows := make([][]string, 0, len(findings))
	for _, f := range findings {
		rows = append(rows, []string{f.Check, string(f.Result), f.Says})
	}
	return printTable(m.Stdout, []string{"CHECK", "RESULT", "WHAT IT FOUND, AND WHAT TO DO"}, rows)
}

// examine looks at tables, clock and queue, wherever they are.
func (d *doctor) examine(ctx context.Context) {
	if !d.settings.onAzure() {
		d.localFile(ctx)
		return
	}
	d.azureTables(ctx)
	bus, err := openBus(d.settings)
	if err != nil {
		d.failed("queue", err)
		return
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		_ = bus.Close(ctx) // nothing was sent
	}()
	sender, err := bus.Sender(d.settings.Queue)
	if err != nil {
		d.failed("queue", err)
		return
	}
	d.queue(ctx, d.settings.Queue, busSight{sender, bus, d.settings.Queue})
}

// busSight looks at a queue of Service Bus.
type busSight struct {
	*azure.Sender
	bus   *azure.Bus
	queue string
}

// Look implements queueSight.
func (b busSight) Look(ctx context.Context) (azure.Sight, error) { return b.bus.Look(ctx, b.queue) }

func (d *doctor) azureTables(ctx context.Context) {
	service := &dated{next: http.DefaultTransport, now: d.now}
	tables, err := openTables(ctx, d.settings, service)
	if err != nil {
		d.failed("tables", err)
		return
	}
	for _, name := range []string{directoryTable, recordsTable} {
		d.table(ctx, name, tables.Table(name))
	}
	d.clock(service)
}

// localFile looks at the data file, unless a running Handover holds it. It makes
// none.
func (d *doctor) localFile(ctx context.Context) {
	const check = "data file"
	path := filepath.Join(d.settings.Data, dataFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.find(check, fine, "%s is not there yet; the first start makes it", path)
		return
	}
	file, err := local.Open(path, local.Options{Now: d.now})
	switch {
	case fault.Is(err, fault.Unavailable):
		d.find(check, unseen, "%s is in use by a running Handover; stop that to have the file checked", path)
		return
	case err != nil:
		d.failed(check, err)
		return
	}
	defer func() { _ = file.Close() }() // what was written is on the disk
	d.find(check, fine, "%s is whole", path)
	for _, name := range []string{directoryTable, recordsTable} {
		d.table(ctx, name, file.Table(name))
	}
}
