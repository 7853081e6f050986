package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// previewView is what a leave would move, as /manage/v1 tells it.
type previewView struct {
	User      personView  `json:"user"`
	Recipient *personView `json:"recipient"`
	Types     []struct {
		Type    string `json:"type"`
		Records int    `json:"records"`
	} `json:"types"`
	Records int  `json:"records"`
	AtLeast bool `json:"atLeast"`
}

// recipient is who would receive.
func (p *previewView) recipient() string {
	if p.Recipient == nil {
		return "nobody: the leave would be blocked until the Master Admin or a deputy is active"
	}
	return p.Recipient.UserName
}

// count is a number of records, as far as they were counted.
func (p *previewView) count(records int) string {
	if p.AtLeast {
		return "at least " + strconv.Itoa(records)
	}
	return strconv.Itoa(records)
}

type leavePreviewCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	User   string `arg:"" help:"Id or userName of the user."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run tells what a leave of the user would move.
func (c *leavePreviewCommand) Run(ctx context.Context, m *Main) error {
	manage, id, err := m.manageUser(ctx, c.Tenant, c.User)
	if err != nil {
		return err
	}
	var p previewView
	answer, err := manage.call(ctx, http.MethodGet, userPath(c.Tenant, id)+"/leave-preview", nil, &p)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	fields := [][2]string{{"Who would leave", p.User.UserName}, {"Who would receive", p.recipient()}, {"Open records", p.count(p.Records)}}
	for _, kind := range p.Types {
		fields = append(fields, [2]string{"  " + kind.Type, p.count(kind.Records)})
	}
	return printFields(m.Stdout, fields)
}

type leaveReplayCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	Leave  string `arg:"" help:"Id of the leave."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run sends the leave on.
func (c *leaveReplayCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var l leaveView
	answer, err := manage.call(ctx, http.MethodPost, leavePath(c.Tenant, c.Leave)+"/replay", nil, &l)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	return l.print(m.Stdout)
}

// handBackTimeout is longer than any front end lets a hand-back last.
const handBackTimeout = 5 * time.Minute

type leaveHandBackCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	Leave  string `arg:"" help:"Id of the leave."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run hands the records back and lists those that stay.
func (c *leaveHandBackCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	manage.http.Timeout = handBackTimeout
	var back struct {
		Leave    leaveView    `json:"leave"`
		Returned int          `json:"returned"`
		Kept     []recordView `json:"kept"`
	}
	answer, err := manage.call(ctx, http.MethodPost, leavePath(c.Tenant, c.Leave)+"/hand-back", nil, &back)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	fmt.Fprintf(m.Stdout, "%d records are with %s again.\n", back.Returned, back.Leave.User.UserName)
	if len(back.Kept) == 0 {
		return nil
	}
	fmt.Fprintf(m.Stdout, "%d stay where they are: closed, given to somebody else or deleted since.\n\n", len(back.Kept))
	rows := make([][]string, 0, len(back.Kept))
	for _, r := range back.Kept {
		rows = append(rows, []string{r.Type, r.ID, r.Title})
	}
	return printTable(m.Stdout, []string{"TYPE", "RECORD", "TITLE"}, rows)
}
