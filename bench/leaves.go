package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// maxTries is how often a request is sent that is answered 503.
const maxTries = 60

// departures measures leaves: from the answered PATCH that disables somebody to
// the state done.
type departures struct {
	// scim, app and manage are the three APIs of one tenant.
	scim, app, manage *bench
	// receiver is the userName of the Master Admin, as the tenant names it.
	receiver string
	records  int
	// busy counts the answers 503.
	busy atomic.Int64
}

func newDepartures(scim *bench, appKey, operatorKey, receiver string, records int) (*departures, error) {
	tenant, found := strings.CutPrefix(strings.TrimSuffix(scim.path, "/v2"), "/scim/")
	if !found || appKey == "" || operatorKey == "" {
		return nil, errors.New("leaves need --app-key and --operator-key beside --url and --token")
	}
	beside := func(path, key string) *bench {
		other := *scim
		other.hosts = scim.hosts[:1]
		other.path, other.token, other.content, other.ids = path+tenant, key, "application/json", nil
		return &other
	}
	return &departures{
		scim: scim, app: beside("/app/v1/", appKey), manage: beside("/manage/v1/tenants/", operatorKey),
		receiver: receiver, records: records,
	}, nil
}

func (d *departures) measure(leavers int, together bool) error {
	fmt.Printf("| phase | connections | requests | requests/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|\n")
	if err := d.prepare(leavers); err != nil {
		return err
	}
	if together {
		return d.together()
	}
	return d.oneByOne()
}

// prepare creates the Master Admin, if need be, and the leavers with their
// records.
func (d *departures) prepare(leavers int) error {
	c, err := d.scim.dial()
	if err != nil {
		return err
	}
	defer c.close()
	body := fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"active":true}`, d.receiver)
	status, answer, err := c.ask("POST", d.scim.path+"/Users", body)
	if err != nil {
		return err
	}
	if status != http.StatusCreated && status != http.StatusConflict {
		return fmt.Errorf("the Master Admin could not be created: %d %s", status, answer)
	}
	if err := d.scim.create("create leavers", leavers); err != nil {
		return err
	}
	return d.app.phase("put records", leavers*d.records, func(c *conn, i int) error {
		path := d.app.path + "/records/quote/" + d.recordID(i)
		body := fmt.Appendf(nil, `{"owner":"%s","title":"Offer %d","status":"open"}`, d.scim.ids[i/d.records], i)
		_, err := c.do("PUT", path, body, http.StatusOK)
		return err
	})
}

// recordID is the id of a record of this run.
func (d *departures) recordID(i int) string { return fmt.Sprintf("%s-%d", d.scim.prefix, i) }

// disable takes somebody's access away.
func (d *departures) disable(c *conn, i int) error {
	body := patchBody(`{"op":"Replace","path":"active","value":"False"}`)
	_, err := d.insist(c, "PATCH", d.scim.path+"/Users/"+d.scim.ids[i], body)
	return err
}

// insist asks again, as a directory does, where the storage was busy.
func (d *departures) insist(c *conn, method, path string, body []byte) ([]byte, error) {
	for try := 1; ; try++ {
		status, answer, err := c.ask(method, path, body)
		switch {
		case err != nil || status == http.StatusOK:
			return answer, err
		case status != http.StatusServiceUnavailable || try == maxTries:
			return nil, fmt.Errorf("%s %s answered %d: %s", method, path, status, bytes.TrimSpace(answer))
		}
		d.busy.Add(1)
		time.Sleep(time.Second)
	}
}

// oneByOne lets the leavers go one after another, and wants the application to
// see each disabled at once.
func (d *departures) oneByOne() error {
	scim, err := d.scim.dial()
	if err != nil {
		return err
	}
	defer scim.close()
	app, err := d.app.dial()
	if err != nil {
		return err
	}
	defer app.close()
	manage, err := d.manage.dial()
	if err != nil {
		return err
	}
	defer manage.close()
	var t timings
	began := time.Now()
	for i := range d.scim.ids {
		if err := d.disable(scim, i); err != nil {
			return err
		}
		answered := time.Now()
		access, err := app.do("GET", d.app.path+"/access?userName="+url.QueryEscape(userName(d.scim.prefix, i)), nil, http.StatusOK)
		if err != nil || !bytes.Contains(access, []byte(`"active":false`)) {
			return errors.Join(err, errors.New("a leaver still has access after the answered PATCH"))
		}
		if err := d.awaitNewest(manage, d.scim.ids[i]); err != nil {
			return err
		}
		t.took = append(t.took, time.Since(answered))
	}
	t.row(fmt.Sprintf("leave of %d records, PATCH answered to done", d.records), 1, time.Since(began))
	return nil
}

// row prints the times as a row of the table of phases.
func (t *timings) row(name string, connections int, length time.Duration) {
	slices.Sort(t.took)
	fmt.Printf("| %s | %d | %d | %.0f | %.3f | %.3f |\n", name, connections, len(t.took),
		float64(len(t.took))/length.Seconds(), ms(t.p(50)), ms(t.p(99)))
}

// leave is a leave as /manage/v1 lists it.
type leave struct {
	ID, State       string
	Moved, Attempt  int
	User            struct{ ID string }
	Opened, Changed time.Time
}

// leaves is a page of them, newest first.
type leaves struct {
	Leaves []leave
	Next   string
}

func (d *departures) page(c *conn, query string) (leaves, error) {
	var page leaves
	answer, err := d.insist(c, "GET", d.manage.path+"/leaves?"+query, nil)
	if err == nil {
		err = json.Unmarshal(answer, &page)
	}
	return page, err
}

// awaitNewest waits until the newest leave, which is a user's, is done.
func (d *departures) awaitNewest(c *conn, user string) error {
	for range 10_000 {
		page, err := d.page(c, "limit=1")
		if err != nil {
			return err
		}
		if len(page.Leaves) == 1 && page.Leaves[0].User.ID == user && page.Leaves[0].State == "done" {
			return d.check(page)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.New("the leave is not done after 20 s")
}

// check wants every leave to have moved all records.
func (d *departures) check(page leaves) error {
	for _, l := range page.Leaves {
		if l.Moved != d.records {
			return fmt.Errorf("a leave of %d records has moved %d", d.records, l.Moved)
		}
	}
	return nil
}
