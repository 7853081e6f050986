package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// personView is somebody whom a leave names.
type personView struct {
	ID       string `json:"id"`
	UserName string `json:"userName"`
}

// leaveView is a leave as /manage/v1 shows it.
type leaveView struct {
	ID        string      `json:"id"`
	State     string      `json:"state"`
	User      personView  `json:"user"`
	Recipient *personView `json:"recipient"`
	Moved     int         `json:"moved"`
	Attempt   int         `json:"attempt"`
	Reason    string      `json:"reason"`
	Opened    time.Time   `json:"opened"`
	Changed   time.Time   `json:"changed"`
	Journal   []chunkView `json:"journal"`
}

// chunkView is one entry of a leave's journal.
type chunkView struct {
	Number     int          `json:"number"`
	At         time.Time    `json:"at"`
	HandedBack bool         `json:"handedBack"`
	Moved      []recordView `json:"moved"`
}

// recordView is a record as the journal has it.
type recordView struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Title string `json:"title"`
}

// direction is where a chunk's records went.
func (c *chunkView) direction() string {
	if c.HandedBack {
		return "handed back"
	}
	return "moved"
}

func leavePath(tenant, leave string) string {
	return tenantPath(tenant) + "/leaves/" + url.PathEscape(leave)
}

func (l *leaveView) recipient() string {
	if l.Recipient == nil {
		return ""
	}
	return l.Recipient.UserName
}

type leaveListCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	State  string `help:"Only leaves of this state, for example blocked or parked; overdue: those that should be done by now."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run lists the leaves.
func (c *leaveListCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var leaves []leaveView
	path := tenantPath(c.Tenant) + "/leaves"
	if c.State != "" {
		path += "?state=" + url.QueryEscape(c.State)
	}
	answer, err := manage.list(ctx, path, "leaves", "before", &leaves)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	rows := make([][]string, 0, len(leaves))
	for _, l := range leaves {
		rows = append(rows, []string{l.ID, l.State, l.User.UserName, l.recipient(), strconv.Itoa(l.Moved), l.Opened.UTC().Format(time.DateTime)})
	}
	return printTable(m.Stdout, []string{"LEAVE", "STATE", "WHO LEFT", "WHO RECEIVED", "MOVED", "OPENED (UTC)"}, rows)
}

type leaveShowCommand struct {
	Tenant string `arg:"" help:"Id of the tenant."`
	Leave  string `arg:"" help:"Id of the leave."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Run shows one leave and what it moved.
func (c *leaveShowCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var l leaveView
	answer, err := manage.call(ctx, http.MethodGet, leavePath(c.Tenant, c.Leave), nil, &l)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(m.Stdout, answer)
	}
	return l.print(m.Stdout)
}

// print writes the leave and, below it, its journal.
func (l *leaveView) print(w io.Writer) error {
	if err := printFields(w, [][2]string{
		{"Leave", l.ID},
		{"State", l.State},
		{"Reason", l.Reason},
		{"Who left", l.User.UserName},
		{"Who received", l.recipient()},
		{"Records moved", strconv.Itoa(l.Moved)},
		{"Attempts", strconv.Itoa(l.Attempt)},
		{"Opened (UTC)", l.Opened.UTC().Format(time.DateTime)},
		{"Changed (UTC)", l.Changed.UTC().Format(time.DateTime)},
	}); err != nil || len(l.Journal) == 0 {
		return err
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, chunk := range l.Journal {
		for _, r := range chunk.Moved {
			rows = append(rows, []string{strconv.Itoa(chunk.Number), chunk.direction(), r.Type, r.ID, r.Title})
		}
	}
	return printTable(w, []string{"CHUNK", "WHAT", "TYPE", "RECORD", "TITLE"}, rows)
}
