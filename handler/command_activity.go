package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// activityLine is a line of a tenant's history as /manage/v1 shows it.
type activityLine struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Actor   string    `json:"actor"`
	Target  string    `json:"target"`
	Detail  string    `json:"detail"`
	Result  string    `json:"result"`
	Fault   string    `json:"fault"`
	LeftOut int       `json:"leftOut"`
}

// result is what came of it, in words.
func (l *activityLine) result() string {
	words := strings.TrimSpace(l.Result + " " + l.Fault)
	if l.LeftOut > 0 {
		words += fmt.Sprintf(", and %d before it", l.LeftOut)
	}
	return words
}

type activityListCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	User   string `help:"Only what concerns the user with this id."`
	Fault  string `help:"Only what was refused with this code, as in userCapReached."`
	Kind   string `help:"Only lines of this kind, as in user.disabled."`
	Most   int    `default:"200" help:"How many lines to show at most; 0 for all."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run lists what happened in a tenant and what was refused, newest first.
func (c *activityListCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	query := url.Values{}
	for name, value := range map[string]string{"user": c.User, "fault": c.Fault, "kind": c.Kind} {
		if value != "" {
			query.Set(name, value)
		}
	}
	var lines []activityLine
	answer, err := manage.listUpTo(ctx, tenantPath(c.Tenant)+"/activity?"+query.Encode(), "activity", "before", c.Most, &lines)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	rows := make([][]string, 0, len(lines))
	for _, l := range lines {
		rows = append(rows, []string{l.At.UTC().Format(time.DateTime), l.Kind, l.result(), l.Detail, l.Target, l.Actor})
	}
	return printTable(m.Stdout, []string{"WHEN (UTC)", "WHAT", "RESULT", "ABOUT", "TARGET", "WHO"}, rows)
}

// erasure is one step of an erasure as /manage/v1 tells of it.
type erasure struct {
	Users    []string `json:"users"`
	Leaves   int      `json:"leaves"`
	Chunks   int      `json:"chunks"`
	Activity int      `json:"activity"`
	Next     string   `json:"next,omitempty"`
}

type userEraseCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	User   string `arg:"" help:"Id or userName of a deleted user."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run erases what still tells who a deleted user was, step by step.
func (c *userEraseCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var whole erasure
	request := map[string]string{"user": c.User}
	for {
		var step erasure
		if _, err := manage.call(ctx, http.MethodPost, tenantPath(c.Tenant)+"/erasures", request, &step); err != nil {
			return err
		}
		whole.Users, whole.Leaves, whole.Chunks = step.Users, whole.Leaves+step.Leaves, whole.Chunks+step.Chunks
		whole.Activity += step.Activity
		if request["next"] = step.Next; step.Next == "" {
			break
		}
		fmt.Fprintf(m.Stderr, "%d lines of the history are erased; looking further back\n", whole.Activity)
	}
	if c.JSON {
		return m.printValue(whole)
	}
	return printFields(m.Stdout, [][2]string{
		{"Ids that stay", strings.Join(whole.Users, ", ")},
		{"Leaves without the name", fmt.Sprint(whole.Leaves)},
		{"Parts of the journal without titles", fmt.Sprint(whole.Chunks)},
		{"Lines of history without details", fmt.Sprint(whole.Activity)},
	})
}
