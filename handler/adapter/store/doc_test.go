package store_test

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handover/handler/adapter/store"
	"handover/handler/adapter/table"
	"handover/handler/core/credential"
	"handover/handler/core/directory"
	"handover/handler/core/fault"
)

// documented reads the three tables of rows in docs/tables.md: for each kind of
// row its columns.
func documented(t *testing.T) (tables [3]map[string][]string, order [3][]string) {
	file, err := os.Open("../../../docs/tables.md")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	row := regexp.MustCompile("^\\| `([a-z]-?)[^`]*` \\| ([^|]*) \\|")
	word := regexp.MustCompile(`\b(text|bool|int|time|bytes|JSON)\b`)
	section := -1
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "## ") {
			section = slices.Index([]string{"## Table directory, a tenant's partition", "## Table directory, partition `~`", "## Table records"}, lines.Text())
		}
		found := row.FindStringSubmatch(lines.Text())
		if section < 0 || found == nil {
			continue
		}
		if tables[section] == nil {
			tables[section] = map[string][]string{}
		}
		names := strings.FieldsFunc(word.ReplaceAllString(found[2], ""), func(r rune) bool { return strings.ContainsRune(" ,;()", r) })
		tables[section][found[1]] = names
		order[section] = append(order[section], found[1])
	}
	return tables, order
}

func TestDocumentListsEveryKindOfRow(t *testing.T) {
	_, order := documented(t)
	if diff := cmp.Diff(store.RowKinds, order); diff != "" {
		t.Errorf("code and docs/tables.md differ (-code +document):\n%s", diff)
	}
}

// TestDocumentListsEveryColumn fills a tenant with rows of all kinds and
// compares their columns with the document, both ways.
func TestDocumentListsEveryColumn(t *testing.T) {
	w := everyKind(t)
	tables, _ := documented(t)
	for i, partition := range []struct {
		table table.Table
		name  string
	}{{w.directory, tenant}, {w.directory, "~"}, {w.records, tenant}} {
		written := map[string][]string{}
		for row, err := range table.Rows(t.Context(), partition.table, table.Query{Partition: partition.name}) {
			if err != nil {
				t.Fatal(err)
			}
			kind := row.Row[:min(2, len(row.Row))]
			for _, c := range row.Columns {
				if name := strings.TrimRight(c.Name, "0123456789"); !slices.Contains(written[kind], name) {
					written[kind] = append(written[kind], name)
				}
			}
		}
		for _, names := range []map[string][]string{written, tables[i]} {
			for kind := range names {
				slices.Sort(names[kind])
			}
		}
		if diff := cmp.Diff(written, tables[i]); diff != "" {
			t.Errorf("rows and docs/tables.md differ (-rows +document):\n%s", diff)
		}
	}
}

// everyKind is a tenant with at least one row of every kind, each with every
// column.
func everyKind(t *testing.T) *world {
	w := newWorld(t)
	w.fillTenant()
	ann := w.user("ann")
	ann.ExternalID, ann.WorkEmail = "x", "ann@acme.com"
	ann.Lock = directory.RoleLock{Role: "Sales", Reason: "stands in", By: "operator", At: clock}
	ann = w.create(ann)
	leave := directory.OpenLeave(w.id(directory.SortUser), ann.Person(), clock)
	leave.Lease, leave.Holder, leave.Recipient = clock, "p", directory.Person{ID: ann.ID, UserName: "bob", ExternalID: "y"}
	leave.Code, leave.Reason = fault.Unavailable, "away"
	after := ann
	after.Active, after.Leave, after.LeaveState = false, leave.ID, leave.State
	activity := directory.Activity{At: clock, Kind: directory.UserDisabled, Actor: "k", Target: ann.ID, Detail: "active", User: ann.ID, Fault: fault.NotFound, LeftOut: 1}
	if _, err := w.CommitUser(t.Context(), tenant, directory.UserChange{Before: &ann, After: &after, Leave: &leave, Activity: activity}); err != nil {
		t.Fatal(err)
	}
	w.fillGroups()
	w.fillRecords(ann.ID, leave.ID)
	w.doneLeave(clock)
	w.fillPurge()
	return w
}

func (w *world) fillTenant() {
	w.Helper()
	c, _, err := credential.Issue(credential.AppKey, "app", clock, clock.Add(time.Hour), rand.Reader)
	c.LastUsed = clock
	if err == nil {
		err = w.AddCredential(w.Context(), tenant, c, directory.Activity{})
	}
	if err != nil {
		w.Fatal(err)
	}
	row, err := w.directory.Get(w.Context(), tenant, "t")
	if err != nil {
		w.Fatal(err)
	}
	full := directory.Tenant{
		Suspended: true, RetentionDays: 90, Deleting: clock, Connector: directory.ConnectorSetting{Kind: directory.HTTPConnector},
		Webhook: directory.WebhookSetting{URL: "https://crm.example.com", Hidden: "k"},
		Entra:   directory.EntraBinding{TenantID: "t", AppIDs: []string{"a"}, Subject: "s"}, Schemas: []json.RawMessage{[]byte(`{}`)},
		ID: "full", Name: "Full", Country: "US", Domains: []string{"*"}, MasterAdmin: "ann", Deputies: []string{"bob"}, DefaultRole: "Guest",
		Roles: []directory.Role{{Name: "Sales"}}, Mappings: []directory.RoleMapping{{Role: "Sales"}}, Created: clock, Modified: clock,
	}
	if _, err := w.CreateTenant(w.Context(), full, -1, directory.Activity{}); err != nil {
		w.Fatal(err)
	}
	other, err := w.directory.Get(w.Context(), "full", "t")
	if err == nil {
		operation := table.Operation{Action: table.Replace, Row: "t", IfMatch: row.ETag, Columns: other.Columns}
		_, err = w.directory.Transact(w.Context(), tenant, []table.Operation{operation})
	}
	if err != nil {
		w.Fatal(err)
	}
}

// fillPurge begins the deletion of another tenant and carries it out.
func (w *world) fillPurge() {
	w.Helper()
	before, err := w.Tenant(w.Context(), "full")
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.BeginPurge(w.Context(), directory.TenantChange{Before: before, After: before}); err != nil {
		w.Fatal(err)
	}
	if _, err := w.PurgeRows(w.Context(), directory.Purge{Tenant: "full"}); err != nil {
		w.Fatal(err)
	}
}

// fillGroups leaves a group and the intent of a change that never came.
func (w *world) fillGroups() {
	w.Helper()
	ids := w.users(40)
	g := w.group("Sales", ids[0])
	after := g
	after.Version, after.ExternalID = 2, "g1"
	g, err := w.CommitGroup(w.Context(), tenant, directory.GroupChange{Before: &g, After: &after})
	if err != nil {
		w.Fatal(err)
	}
	if err := (&scene{world: w, group: g}).change(w.openOn(killed(w.directory, 3, false), w.records), directory.MemberChange{Add: ids}); err == nil {
		w.Fatal("the change survived")
	}
}

func (w *world) fillRecords(owner, leave directory.ID) {
	w.Helper()
	r := directory.Record{Type: "quote", ID: "1", Owner: owner, Title: "Big deal", Status: directory.RecordOpen}
	if err := w.PutRecord(w.Context(), tenant, r); err != nil {
		w.Fatal(err)
	}
	to := directory.Person{ID: w.id(directory.SortUser)}
	if _, err := w.Move(w.Context(), directory.Move{Tenant: tenant, Leave: leave, Number: 1, From: directory.Person{ID: owner}, To: to, At: clock}); err != nil {
		w.Fatal(err)
	}
}
