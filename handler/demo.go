package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"handover/handler/core/fault"
	"handover/handler/play"
)

// The one tenant of the demo.
const (
	demoTenant  = "acme"
	demoDomain  = "acme.com"
	demoForeign = "example.org"
)

// demo is one showing: what the commands do by hand, in order.
type demo struct {
	*demoCommand
	m       *Main
	story   io.Writer
	folder  string
	base    string
	manage  *client
	app     *client
	token   string
	cycle   *play.Cycle
	records []demoRecord
	took    demoTimes
}

// demoTimes is how long each part took.
type demoTimes struct {
	Start, Initial, Incremental, Records, Leave, Total time.Duration
}

func newDemo(c *demoCommand, m *Main, folder, base, operatorKey string) *demo {
	d := &demo{demoCommand: c, m: m, folder: folder, base: base, story: m.Stdout}
	if c.JSON {
		d.story = io.Discard
	}
	d.manage = newClient(base+"/manage/v1", operatorKey, demoConnections)
	return d
}

// demoConnections is how many requests of the demo are under way at once: more
// than Entra has, so that they share the commits of the file.
const demoConnections = 16

// play shows everything, and stays up unless it shall exit.
func (d *demo) play(ctx context.Context) error {
	began := d.m.Now()
	result, err := d.show(ctx)
	if err != nil {
		return err
	}
	d.took.Total = d.m.Now().Sub(began)
	if d.JSON {
		if err := d.printJSON(result); err != nil {
			return err
		}
	}
	d.farewell()
	if !d.Exit {
		<-ctx.Done()
	}
	return nil
}

func (d *demo) show(ctx context.Context) (demoResult, error) {
	result := demoResult{Users: d.Users, Groups: d.Groups, Leavers: d.Leavers}
	fmt.Fprintf(d.story, "Handover answers at %s, ready in %d ms. Data and log are in %s.\n\n", d.base, d.took.Start.Milliseconds(), d.folder)
	if err := d.createTenant(ctx); err != nil {
		return result, err
	}
	if err := d.provision(ctx); err != nil {
		return result, err
	}
	var err error
	if result.Refused, err = d.refuse(ctx); err != nil {
		return result, err
	}
	if err := d.register(ctx); err != nil {
		return result, err
	}
	if err := d.leave(ctx); err != nil {
		return result, err
	}
	result.Requests = d.cycle.Report().Requests()
	return result, d.verify(ctx, &result)
}

// createTenant is what the commands tenant create, token issue and app-key
// issue do.
func (d *demo) createTenant(ctx context.Context) error {
	cycle, err := d.newCycle()
	if err != nil {
		return err
	}
	userCap, master := int64(d.Users), cycle.People()[0].UserName
	var token, key issued
	for _, step := range []struct {
		path   string
		body   any
		result *issued
	}{
		{"/tenants", newTenant{ID: demoTenant, Name: "Acme Inc", Country: "US", Domains: []string{demoDomain}, UserCap: &userCap, MasterAdmin: master}, nil},
		{tenantPath(demoTenant) + "/tokens", newCredential{Label: "demo", Expires: "1d"}, &token},
		{tenantPath(demoTenant) + "/app-keys", newCredential{Label: "demo", Expires: "1d"}, &key},
	} {
		answer, err := d.manage.call(ctx, http.MethodPost, step.path, step.body, nil)
		if err == nil && step.result != nil {
			err = json.Unmarshal(answer, step.result)
		}
		if err != nil {
			return err
		}
	}
	d.token, d.app = token.Token, newClient(key.URL, key.Key, demoConnections)
	if d.cycle, err = d.newCycle(); err != nil {
		return err
	}
	fmt.Fprintf(d.story, "Tenant %s: verified domain %s, at most %d active users, Master Admin %s.\n\n", demoTenant, demoDomain, d.Users, master)
	return nil
}

// newCycle is the directory; before the tenant is there, it tells who will be
// in it.
func (d *demo) newCycle() (*play.Cycle, error) {
	return play.NewCycle(play.Target{URL: d.tenantURL(), Token: d.token}, play.Options{
		Users: d.Users, Groups: d.Groups, Leavers: d.Leavers, Seed: d.Seed, Domain: demoDomain,
		Connections: demoConnections, KeepEveryone: true, Progress: progress(d.m.Stderr), Now: d.m.Now,
	})
}

func (d *demo) tenantURL() string { return d.base + "/scim/" + demoTenant + "/v2" }

// provision plays the initial and the incremental cycle.
func (d *demo) provision(ctx context.Context) error {
	fmt.Fprintf(d.story, "The directory provisions %d users and %d groups, then what has changed since.\n\n", d.Users, d.Groups)
	if err := d.cycle.Connect(ctx); err != nil {
		return err
	}
	began := d.m.Now()
	if err := d.cycle.Initial(ctx); err != nil {
		return err
	}
	d.took.Initial, began = d.m.Now().Sub(began), d.m.Now()
	if err := d.cycle.Incremental(ctx); err != nil {
		return err
	}
	d.took.Incremental = d.m.Now().Sub(began)
	if err := d.cycle.Report().Print(d.story); err != nil {
		return err
	}
	return d.right()
}

// right turns the first wrong answer of the cycle into an error.
func (d *demo) right() error {
	report := d.cycle.Report()
	for _, p := range report.Phases {
		if p.Wrong > 0 {
			return fault.New(fault.Internal, "%d of %d answers were wrong, first in the phase %q: %s", report.Wrong(), report.Requests(), p.Name, p.Faults[0])
		}
	}
	return nil
}

// refuse tries a user of a domain that is not verified, and one over the cap.
func (d *demo) refuse(ctx context.Context) (int, error) {
	refused, err := d.cycle.Refused(ctx,
		play.Refusal{UserName: "sam.stranger@" + demoForeign, Status: http.StatusBadRequest},
		play.Refusal{UserName: "one.too.many@" + demoDomain, Status: http.StatusForbidden})
	if err != nil {
		return 0, err
	}
	if err := d.right(); err != nil {
		return 0, err
	}
	fmt.Fprintf(d.story, "\nRefused, as they must be: a user of the foreign domain %s (400), and user %d, over the cap (403).\n\n", demoForeign, d.Users+1)
	return refused, nil
}
