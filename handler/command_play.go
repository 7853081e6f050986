package main

import (
	"context"
	"encoding/json"
	"fmt"

	"handover/handler/core/fault"
	"handover/handler/play"
)

type playEntraCommand struct {
	URL         string `name:"url" required:"" help:"Tenant URL, as pasted into the directory."`
	Token       string `required:"" help:"Secret token."`
	Users       int    `default:"50" help:"Users to provision."`
	Groups      int    `default:"5" help:"Groups to provision."`
	Leavers     int    `default:"3" help:"Users who leave."`
	Domain      string `default:"acme.com" help:"Domain of every userName and e-mail address."`
	Seed        uint64 `default:"1" help:"Decides names, memberships and who changes."`
	Connections int    `default:"8" help:"Requests under way at once."`
	JSON        bool   `name:"json" help:"Print the report as JSON."`
}

// Run plays the cycle and prints what was answered. A wrong answer is exit 1.
func (c *playEntraCommand) Run(ctx context.Context, m *Main) error {
	report, err := play.Entra(ctx, play.Target{URL: c.URL, Token: c.Token}, play.Options{
		Users: c.Users, Groups: c.Groups, Leavers: c.Leavers, Domain: c.Domain, Seed: c.Seed,
		Connections: c.Connections, Progress: progress(m.Stderr), Now: m.Now,
	})
	if err != nil {
		return err
	}
	if err := c.print(m, report); err != nil {
		return err
	}
	if wrong := report.Wrong(); wrong > 0 {
		return fault.New(fault.InvalidValue, "%d of %d answers were wrong", wrong, report.Requests())
	}
	return nil
}

func (c *playEntraCommand) print(m *Main, report play.Report) error {
	if !c.JSON {
		return report.Print(m.Stdout)
	}
	encoded, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	return printJSON(m.Stdout, encoded)
}
