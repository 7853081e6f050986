// Command handover is a SCIM endpoint that hands leavers' records over. This
// file and its neighbours are the program: commands, settings and wiring.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"handover/handler/core/fault"
)

// collectAt is how much the heap may grow before it is collected, in percent: a
// request leaves little that lives on, and twice Go's own 100 is a fifth more
// requests a second for some 5 MiB (bench/README.md). GOGC overrules it.
const collectAt = 200

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(newMain().Run(ctx))
}

// Main is the program with everything that it takes from outside, so that tests
// run it in their own process.
type Main struct {
	Args           []string
	Env            []string
	Stdout, Stderr io.Writer
	Now            func() time.Time
	// Random is where ids and secrets come from.
	Random io.Reader
}

func newMain() *Main {
	return &Main{
		Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr,
		Now: time.Now, Random: rand.Reader,
	}
}

// commands is the grammar of the command line.
type commands struct {
	Serve serveCommand `cmd:"" help:"Be the custom handler of an Azure Functions host."`
	Dev   devCommand   `cmd:"" help:"Run everything in one process on one local file."`
	Demo  demoCommand  `cmd:"" help:"Show the whole promise on real requests, on a fresh temporary folder."`
	Play  struct {
		Entra playEntraCommand `cmd:"" help:"Play Entra's provisioning cycle against any SCIM endpoint and check every answer."`
		Okta  playOktaCommand  `cmd:"" help:"Play Okta's provisioning cycle against any SCIM endpoint and check every answer."`
	} `cmd:"" help:"Play a directory against any SCIM endpoint."`
	Doctor doctorCommand `cmd:"" help:"Check settings, storage, queue and clock, and say what to do."`
	Tenant struct {
		Create tenantCreateCommand `cmd:"" help:"Create a tenant."`
		List   tenantListCommand   `cmd:"" help:"List the tenants."`
		Show   tenantShowCommand   `cmd:"" help:"Show one tenant."`

		Change  tenantChangeCommand  `cmd:"" help:"Change settings of a tenant, all together or none."`
		Scim    tenantScimCommand    `cmd:"" help:"Switch SCIM on or off."`
		Suspend tenantSuspendCommand `cmd:"" help:"Refuse every request of the tenant's directory and application."`
		Resume  tenantResumeCommand  `cmd:"" help:"Let a suspended tenant in again."`
		Delete  tenantDeleteCommand  `cmd:"" help:"Delete a tenant and everything of it."`
	} `cmd:"" help:"Administer tenants."`
	Token struct {
		Issue  tokenIssueCommand `cmd:"" help:"Issue a SCIM secret token; it is shown once."`
		List   tokenListCommand  `cmd:"" help:"List the tokens, with their last use."`
		Revoke revokeCommand     `cmd:"" help:"End a token at once."`
	} `cmd:"" help:"Administer the secret tokens of a tenant's directory."`
	AppKey struct {
		Issue  appKeyIssueCommand `cmd:"" help:"Issue a key for the business application; it is shown once."`
		List   appKeyListCommand  `cmd:"" help:"List the keys, with their last use."`
		Revoke revokeCommand      `cmd:"" help:"End a key at once."`
	} `cmd:"" help:"Administer the keys of a tenant's business application."`
	OauthClient struct {
		Issue  oauthClientIssueCommand `cmd:"" help:"Issue an OAuth client id and secret for the directory; the secret is shown once."`
		List   oauthClientListCommand  `cmd:"" help:"List the clients, with their last use."`
		Revoke revokeCommand           `cmd:"" help:"End a client and its access tokens."`
	} `cmd:"" help:"Administer the OAuth clients of a tenant's directory."`
	Webhook struct {
		Set    webhookSetCommand    `cmd:"" help:"Say where a tenant is told what becomes of its leaves; the secret is shown once."`
		Remove webhookRemoveCommand `cmd:"" help:"Tell the tenant nothing any more."`
		Test   webhookTestCommand   `cmd:"" help:"Send an event that tells of nothing."`
	} `cmd:"" help:"Have a tenant's application told of leaves that are blocked, parked or done."`
	Role struct {
		List    roleListCommand    `cmd:"" help:"List roles, and the groups that give them."`
		Set     roleSetCommand     `cmd:"" help:"Add a role, or give one other permissions."`
		Remove  roleRemoveCommand  `cmd:"" help:"Take a role out that no group gives any more."`
		Map     roleMapCommand     `cmd:"" help:"Give the members of a group a role, or move it in the order."`
		Unmap   roleUnmapCommand   `cmd:"" help:"Let a group give no role any more."`
		Default roleDefaultCommand `cmd:"" help:"Name the role of whoever is in no mapped group."`
		Lock    roleLockCommand    `cmd:"" help:"Let a user keep a role whatever groups say."`
		Unlock  roleUnlockCommand  `cmd:"" help:"Let groups decide about a user's role again."`
	} `cmd:"" help:"Administer a tenant's roles."`
	Group struct {
		List groupListCommand `cmd:"" help:"List the groups that were pushed, with the roles that they give."`
	} `cmd:"" help:"See a tenant's groups."`
	Leave struct {
		List leaveListCommand `cmd:"" help:"List a tenant's leaves, newest first."`
		Show leaveShowCommand `cmd:"" help:"Show one leave with its journal."`

		Preview  leavePreviewCommand  `cmd:"" help:"Tell what a leave of a user would move to whom, and move nothing."`
		Replay   leaveReplayCommand   `cmd:"" help:"Send a leave on that is parked or blocked."`
		HandBack leaveHandBackCommand `cmd:"" help:"Return what a leave has moved to the user, who is active again."`
	} `cmd:"" help:"See who left and where the records went; send leaves on and hand records back."`
	Record struct {
		Put    recordPutCommand    `cmd:"" help:"Create a record, or replace it."`
		Get    recordGetCommand    `cmd:"" help:"Show one record."`
		List   recordListCommand   `cmd:"" help:"List the records of one owner."`
		Delete recordDeleteCommand `cmd:"" help:"Delete one record."`
	} `cmd:"" help:"Do with records what the business application does, with its app key."`
	Activity struct {
		List activityListCommand `cmd:"" help:"List what happened in a tenant and what was refused, newest first."`
	} `cmd:"" help:"See what happened in a tenant, and what was refused."`
	User struct {
		List  userListCommand  `cmd:"" help:"List the users, with their roles."`
		Show  userShowCommand  `cmd:"" help:"Show one user."`
		Erase userEraseCommand `cmd:"" help:"Erase what still tells who a deleted user was."`
	} `cmd:"" help:"Look after a tenant's users."`
	Completion completionCommand `cmd:"" help:"Print what lets a shell complete commands and flags."`
}

// Run parses the arguments and runs one command. The exit code is 0, or 1 with
// a sentence on stderr.
func (m *Main) Run(ctx context.Context) int {
	if err := m.run(ctx); err != nil {
		fmt.Fprintln(m.Stderr, "handover: "+sentence(err))
		return 1
	}
	return 0
}

func (m *Main) run(ctx context.Context) error {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("handover"), kong.Description("A SCIM endpoint that hands leavers' records over."),
		kong.Vars{"playedGroups": strconv.Itoa(playedGroups)},
		kong.Writers(m.Stdout, m.Stderr), kong.Exit(func(int) { helped = true }), kong.Bind(m),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(m.Args)
	switch {
	case helped:
		return nil
	case err != nil:
		return fmt.Errorf("%w; %q shows what there is", err, strings.TrimSpace("handover "+commandOf(err))+" --help")
	}
	return parsed.Run()
}

// commandOf is how far the command line could be understood.
func commandOf(err error) string {
	wrong, ok := errors.AsType[*kong.ParseError](err)
	if !ok || wrong.Context == nil {
		return ""
	}
	return wrong.Context.Command()
}

// sentence is an error for the person at the terminal: a fault's message, or
// the whole text of what is none.
func sentence(err error) string {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.Message
	}
	return err.Error()
}
