package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"handover/handler/core/fault"
)

type tenantDeleteCommand struct {
	Tenant  string `arg:"" help:"Id of the tenant."`
	Confirm string `required:"" help:"The id once more: everything of the tenant is deleted, and nothing brings it back."`
	NoWait  bool   `help:"Do not wait until everything is gone."`
	JSON    bool   `name:"json" help:"Print the answer as JSON."`
}

// watchEvery is how often a deletion is asked how far it is.
const watchEvery = 200 * time.Millisecond

// Run deletes the tenant and shows how far that is.
func (c *tenantDeleteCommand) Run(ctx context.Context, m *Main) error {
	manage, err := m.manageClient()
	if err != nil {
		return err
	}
	var shown tenantView
	path := tenantPath(c.Tenant)
	answer, err := manage.call(ctx, http.MethodDelete, path+"?confirm="+url.QueryEscape(c.Confirm), nil, &shown)
	draw := progress(m.Stderr)
	for err == nil && !c.NoWait && !shown.deleted() {
		draw(int(shown.Deletion.Removed), int(max(1, shown.Deletion.Rows)), "deleting rows")
		select {
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "stopped waiting; the deletion goes on by itself, and \"tenant show\" tells how far it is")
		case <-time.After(watchEvery):
		}
		shown = tenantView{}
		answer, err = manage.call(ctx, http.MethodGet, path, nil, &shown)
	}
	switch {
	case err != nil && fault.Is(err, fault.NotFound) && answer == nil && shown.ID == "" && !c.NoWait:
		return m.deleted(c, tenantView{ID: c.Tenant})
	case err != nil:
		return err
	case c.JSON:
		return printJSON(m.Stdout, answer)
	}
	return m.deleted(c, shown)
}

// deleted says what became of the deletion.
func (m *Main) deleted(c *tenantDeleteCommand, t tenantView) error {
	switch {
	case t.Deletion == nil && c.JSON:
		return m.printValue(map[string]any{"id": t.ID})
	case t.Deletion == nil:
		_, err := fmt.Fprintf(m.Stdout, "%s is deleted.\n", t.ID)
		return err
	case !t.deleted():
		_, err := fmt.Fprintf(m.Stdout, "%s is being deleted; \"tenant show %s\" tells how far that is.\n", t.ID, t.ID)
		return err
	}
	_, err := fmt.Fprintf(m.Stdout, "%s is deleted: %d rows are gone. The id is free again within some minutes.\n", t.ID, t.Deletion.Removed)
	return err
}
