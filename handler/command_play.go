package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"

	"handover/handler/core/fault"
	"handover/handler/play"
)

// playFlags are what playing any directory takes.
type playFlags struct {
	URL         string `name:"url" required:"" help:"Tenant URL, as pasted into the directory."`
	Token       string `required:"" help:"Secret token."`
	Users       int    `default:"50" help:"Users to provision."`
	Leavers     int    `default:"3" help:"Users who leave."`
	Domain      string `default:"acme.com" help:"Domain of every userName and e-mail address."`
	Seed        uint64 `default:"1" help:"Decides names, memberships and who changes."`
	Connections int    `default:"8" help:"Requests under way at once."`
	JSON        bool   `name:"json" help:"Print the report as JSON."`
}

type playEntraCommand struct {
	playFlags
	Groups   groupsFlag   `default:"${playedGroups}" help:"Groups to provision; given without a number, ${playedGroups} that go through all that can happen to a group."`
	Dialect  play.Dialect `default:"default" enum:"default,aadOptscim062020" help:"How a PATCH is written; the second adds the flag of that name to the Tenant URL."`
	Managers bool         `help:"Assign managers in all the shapes that Entra has, and remove them."`
	Roles    bool         `help:"Assign application roles in all three ways."`
}

type playOktaCommand struct {
	playFlags
	Groups int      `default:"${playedGroups}" help:"Groups to push."`
	App    play.App `default:"wizard" enum:"wizard,oin" help:"Kind of application: made with the wizard (everything by PUT), or of the catalogue (deactivates by PATCH)."`
}

// playedGroups is how many groups are played where nobody says.
const playedGroups = 5

// groupsFlag is a number of groups, or stands alone: then everything that can
// happen to a group is played.
type groupsFlag struct {
	count int
	alone bool
}

// Decode takes the number behind the flag, if there is one.
func (g *groupsFlag) Decode(ctx *kong.DecodeContext) error {
	g.count, g.alone = playedGroups, true
	next := ctx.Scan.Peek()
	if !next.IsValue() {
		return nil
	}
	n, err := strconv.Atoi(next.String())
	if err != nil {
		return fmt.Errorf("takes a number, not %q", next.String())
	}
	ctx.Scan.Pop()
	g.count, g.alone = n, false
	return nil
}

// Run plays the cycle and prints what was answered. A wrong answer is exit 1.
func (c *playEntraCommand) Run(ctx context.Context, m *Main) error {
	options := c.options(m, c.Groups.count)
	options.Dialect, options.GroupChanges, options.ManagerShapes, options.Roles = c.Dialect, c.Groups.alone, c.Managers, c.Roles
	return c.run(ctx, m, play.Entra, options)
}

// Run plays the cycle and prints what was answered. A wrong answer is exit 1.
func (c *playOktaCommand) Run(ctx context.Context, m *Main) error {
	options := c.options(m, c.Groups)
	options.App = c.App
	return c.run(ctx, m, play.Okta, options)
}

func (f *playFlags) options(m *Main, groups int) play.Options {
	return play.Options{
		Users: f.Users, Groups: groups, Leavers: f.Leavers, Domain: f.Domain, Seed: f.Seed,
		Connections: f.Connections, Progress: progress(m.Stderr), Now: m.Now,
	}
}

type directoryPlay func(context.Context, play.Target, play.Options) (play.Report, error)

func (f *playFlags) run(ctx context.Context, m *Main, directory directoryPlay, options play.Options) error {
	report, err := directory(ctx, play.Target{URL: f.URL, Token: f.Token}, options)
	if err != nil {
		return err
	}
	if err := f.print(m, report); err != nil {
		return err
	}
	if wrong := report.Wrong(); wrong > 0 {
		return fault.New(fault.InvalidValue, "%d of %d answers were wrong", wrong, report.Requests())
	}
	return nil
}

func (f *playFlags) print(m *Main, report play.Report) error {
	if !f.JSON {
		return report.Print(m.Stdout)
	}
	encoded, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	return printJSON(m.Stdout, encoded)
}
