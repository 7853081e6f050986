package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// account wants every record of every leaver once in the journal of their leave,
// none left with them, and all with the Master Admin.
func (d *departures) account(done []leave) error {
	receiver, err := d.receiverID()
	if err != nil {
		return err
	}
	leaver := map[string]int{}
	for i, id := range d.scim.ids {
		leaver[id] = i
	}
	fmt.Printf("| phase | connections | requests | requests/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|\n")
	err = d.manage.phase("read journals", len(done), func(c *conn, i int) error {
		return d.checkJournal(c, done[i], leaver[done[i].User.ID], receiver)
	})
	if err != nil {
		return err
	}
	err = d.app.phase("ask what leavers own", len(d.scim.ids), func(c *conn, i int) error {
		page, err := d.owned(c, d.scim.ids[i], "limit=1")
		if err == nil && len(page.Records) > 0 {
			err = fmt.Errorf("%s/%s is left with a leaver", page.Records[0].Type, page.Records[0].ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	return d.checkReceiver(receiver)
}

// receiverID asks for the id of the Master Admin.
func (d *departures) receiverID() (string, error) {
	c, err := d.app.dial()
	if err != nil {
		return "", err
	}
	defer c.close()
	answer, err := d.insist(c, "GET", d.app.path+"/access?userName="+url.QueryEscape(d.receiver), nil)
	return idOf(answer), err
}

// record is a record as journal and lists name it.
type record struct{ Type, ID string }

// checkJournal wants each of a leaver's records once in the journal of the leave,
// and given to the Master Admin.
func (d *departures) checkJournal(c *conn, l leave, leaver int, receiver string) error {
	answer, err := d.insist(c, "GET", d.manage.path+"/leaves/"+l.ID, nil)
	if err != nil {
		return err
	}
	var shown struct {
		Journal []struct {
			To    string
			Moved []record
		}
	}
	if err := json.Unmarshal(answer, &shown); err != nil {
		return err
	}
	times := map[string]int{}
	for _, chunk := range shown.Journal {
		if chunk.To != receiver {
			return fmt.Errorf("the journal of leave %s names somebody else than the Master Admin", l.ID)
		}
		for _, r := range chunk.Moved {
			times[r.ID]++
		}
	}
	for i := range d.records {
		if id := d.recordID(leaver*d.records + i); times[id] != 1 {
			return fmt.Errorf("the journal of leave %s has the record %s %d times", l.ID, id, times[id])
		}
	}
	if len(times) != d.records {
		return fmt.Errorf("the journal of leave %s has %d records, wanted %d", l.ID, len(times), d.records)
	}
	return nil
}

// owned is a page of what somebody owns.
func (d *departures) owned(c *conn, owner, query string) (page struct {
	Records []record
	Next    string
}, err error,
) {
	answer, err := d.insist(c, "GET", d.app.path+"/records?status=open&owner="+owner+"&"+query, nil)
	if err == nil {
		err = json.Unmarshal(answer, &page)
	}
	return page, err
}

// checkReceiver wants every record of this run with the Master Admin.
func (d *departures) checkReceiver(receiver string) error {
	c, err := d.app.dial()
	if err != nil {
		return err
	}
	defer c.close()
	got := map[record]bool{}
	for query := "limit=500"; ; {
		page, err := d.owned(c, receiver, query)
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			if strings.HasPrefix(r.ID, d.scim.prefix+"-") {
				got[r] = true
			}
		}
		if page.Next == "" {
			break
		}
		query = "limit=500&after=" + url.QueryEscape(page.Next)
	}
	if wanted := len(d.scim.ids) * d.records; len(got) != wanted {
		return fmt.Errorf("the Master Admin has %d of %d records", len(got), wanted)
	}
	fmt.Printf("\nAll %d leaves are done; each of %d records is once in a journal and now with the Master Admin; nothing is left with a leaver.\n", len(d.scim.ids), len(got))
	return nil
}
